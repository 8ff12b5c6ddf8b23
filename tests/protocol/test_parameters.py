"""The table of parameters: its form, its values against the request schemas, and its counterparts."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from jsonschema import Draft202012Validator

from conformance.core import data_files
from conformance.core.pointer import each, tokens
from conformance.protocol.parameters import Parameter, Place, merged, parameters, request_body, value_in
from conformance.protocol.schema_check import breaches
from tests.support.upstream_bodies import FAMILIES, plain, put, sent

TABLE = data_files.table("upstream/parameters.yaml")
ALL = list(parameters().values())
ENDS = list(itertools.permutations(FAMILIES, 2))
"""(endpoint of the client's request, another family)."""

NARROWER = {
    "messages": {"mcp_servers"},
}
"""Members that our request schemas do not list, and that the vendors have.

anthropic-sdk-python anthropic/types/beta/message_create_params.py.
"""

OTHER_MEANING = {
    ("service_tier", "messages"),
    ("metadata", "messages"),
    ("tool_choice", "messages"),
    ("context_management", "messages"),
}
"""(member, family): the family has a member of this name, with other values."""


def of(endpoint: str) -> list[Parameter]:
    return [one for one in ALL if one.endpoint == endpoint]


def schema(family: str) -> str:
    return f"{family}/request.schema.json"


def test_the_table_is_of_its_form() -> None:
    form = data_files.schema("upstream/parameters.schema.json")
    Draft202012Validator.check_schema(form)
    assert [error.message for error in Draft202012Validator(form).iter_errors(TABLE)] == []


def test_the_table_has_enough_parameters() -> None:
    counts = Counter(one.endpoint for one in ALL)
    assert counts["chat_completions"] >= 40
    assert counts["responses"] >= 35
    assert counts["messages"] >= 30
    assert len(ALL) >= 100


@pytest.mark.parametrize("endpoint", FAMILIES)
def test_the_request_is_valid_and_has_the_parameter_and_the_token(endpoint: str) -> None:
    for one in of(endpoint):
        assert "$token" in str(request_body(one)), one.id
        assert value_in(sent(one), one.at) is not None, one.id
        assert [*breaches(schema(endpoint), sent(one))] == [], one.id


def test_the_schemas_notice_a_wrong_value() -> None:
    for one in (parameters()["chat_completions", "n"], parameters()["responses", "top_logprobs"]):
        assert [*breaches(schema(one.endpoint), {**sent(one), one.at[1:]: "two"})]


@pytest.mark.parametrize(("endpoint", "family"), ENDS)
def test_a_counterpart_fits_the_other_family(endpoint: str, family: str) -> None:
    found = [(one.id, problems(one, family, place)) for one in of(endpoint) for place in one.places(family)]
    assert [(name, wrong) for name, wrong in found if wrong] == []


def problems(one: Parameter, family: str, place: Place) -> list[str]:
    """The objections of the family's request schema to the value at the place."""
    body = plain(family)
    at = put(body, place.at, value_in(sent(one), one.at) if place.value is None else place.value)
    members = {*data_files.schema(schema(family))["properties"], *NARROWER.get(family, ())}
    found = [breach for breach in breaches(schema(family), body) if (breach.where.pointer or "").startswith(at)]
    unknown = [] if tokens(at)[0] in members else [f"{family} has no member {tokens(at)[0]}"]
    return [*unknown, *(f"{breach.where.pointer}: {breach.expected}" for breach in found)]


def test_a_counterpart_that_does_not_fit_is_noticed() -> None:
    one = parameters()["chat_completions", "n"]
    assert problems(one, "responses", Place("/n"))
    assert problems(one, "messages", Place("/system"))
    assert problems(one, "messages", Place("/candidates"))


@pytest.mark.parametrize(("endpoint", "family"), ENDS)
def test_a_parameter_without_a_counterpart_is_none_of_the_family(endpoint: str, family: str) -> None:
    for one in of(endpoint):
        first = tokens(one.at)[0]
        if one.places(family) or len(tokens(one.at)) > 1 or (first, family) in OTHER_MEANING:
            continue
        allowed = data_files.schema(schema(family))["properties"].get(first, {"not": {}})
        assert allowed.get("not") == {}, f"{family} has {first}"


def test_a_merge_patch_is_that_of_rfc_7396() -> None:
    assert merged({"a": 1, "b": {"c": 2}}, {"a": None, "b": {"d": [None]}}) == {"b": {"c": 2, "d": [None]}}
    assert merged({"a": [1]}, {"a": [2]}) == {"a": [2]}
    assert merged("text", {"a": 1}) == {"a": 1}


def test_null_is_no_value() -> None:
    assert value_in({"a": None, "b": 0}, "/a") is None
    assert value_in({"a": None, "b": 0}, "/b") == 0
    assert [*each({"a": None}, "/a")] == [("/a", None)]
