"""The fate of a parameter: what arrives at an upstream of each family, and the rules that a loss breaks."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import JSON, Case, Exchange
from conformance.judge import expectations
from conformance.judge.expectations.context import Context
from conformance.judge.expectations.held import RULES
from conformance.judge.fates import UNNAMED, Fate, fate, same
from conformance.protocol import rulebook
from conformance.protocol.parameters import Parameter, parameters, value_in
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile
from tests.support.upstream_bodies import FAMILIES, both_ends, front, plain, put, replaced, sent, translated, without
from tests.support.wire import CHAT, MESSAGES, RESPONSES, chat_answer, openai_error

ENDS = list(itertools.product(FAMILIES, FAMILIES))
"""(endpoint of the client's request, family of the upstream)."""

DROPPED, ALTERED = "upstream.parameter.dropped", "upstream.parameter.altered"
DROPPED_ADVISORY, ALTERED_ADVISORY = f"{DROPPED}-advisory", f"{ALTERED}-advisory"
SILENT, UNKNOWN = "upstream.parameter.without-counterpart", "upstream.parameter.unknown-there"


def of(endpoint: str) -> list[Parameter]:
    return [one for one in parameters().values() if one.endpoint == endpoint]


def told(one: Parameter, family: str, body: JSON) -> Fate:
    return fate(one, both_ends(one, family, body))


def broken(one: Parameter, found: Exchange) -> list[tuple[str, str]]:
    """(rule, expected) for each breach of the expectation about the parameter."""
    case = Case("x/y/z", "", "x", "y", found.family, "must", "", (), (), "x.yaml", 1)
    expect: Any = {"outcome": "either", "parameter": one.id}
    breaches = expectations.breaches(expect, Reading(found), Context(case, Profile(), []))
    return [(breach.rule, breach.expected) for breach in breaches if breach.rule.startswith("upstream.")]


@pytest.mark.parametrize(("endpoint", "family"), ENDS)
def test_a_parameter_that_arrives_breaks_nothing(endpoint: str, family: str) -> None:
    for one in of(endpoint):
        for place in one.places(family):
            body = translated(one, family, place)
            found = told(one, family, body)
            assert found.kind in ("forwarded", "translated"), (one.id, place)
            assert not found.unknown_there, one.id
            assert broken(one, both_ends(one, family, body)) == [], one.id


@pytest.mark.parametrize(("endpoint", "family"), ENDS)
def test_a_parameter_that_is_missing_is_dropped(endpoint: str, family: str) -> None:
    for one in of(endpoint):
        body = without(sent(one), one.at) if family == endpoint else plain(family)
        if any(value_in(body, place.at) is not None for place in one.places(family)):
            continue  # the plain request has this parameter, such as a limit of tokens
        found = told(one, family, body)
        assert (found.kind, found.family, found.got) == ("dropped", family, None), one.id
        expected = {
            ("must", True): {DROPPED},
            ("should", True): {DROPPED_ADVISORY},
            ("must", False): {SILENT},
        }.get((one.matters_to(family), bool(one.places(family))), set())
        assert {rule for rule, _ in broken(one, both_ends(one, family, body))} == expected, one.id


@pytest.mark.parametrize(("endpoint", "family"), [ends for ends in ENDS if len({*ends}) == 2])
def test_a_parameter_that_is_passed_on_untranslated_is_unknown_there(endpoint: str, family: str) -> None:
    for one in of(endpoint):
        if any(place.at == one.at for place in one.places(family)) or one.at.startswith("/tools/1"):
            continue
        body = plain(family)
        put(body, one.at, value_in(sent(one), one.at))
        found = told(one, family, body)
        if found.kind == "translated":
            continue  # the other family has the same member under another pointer
        assert (found.kind, found.unknown_there) == ("forwarded", True), one.id
        assert {rule for rule, _ in broken(one, both_ends(one, family, body))} == {UNKNOWN}, one.id


def drop(at: str) -> Callable[[JSON], JSON]:
    return lambda body: without(body, at)


def set_to(at: str, value: JSON) -> Callable[[JSON], JSON]:
    return lambda body: replaced(body, at, value)


SEEDED: list[tuple[str, str, str, Callable[[JSON], JSON], str]] = [
    (CHAT, "stop", CHAT, drop("/stop"), DROPPED),
    (CHAT, "temperature", CHAT, set_to("/temperature", 1), ALTERED),
    (CHAT, "seed", CHAT, drop("/seed"), DROPPED_ADVISORY),
    (CHAT, "user", CHAT, set_to("/user", "gateway"), ALTERED_ADVISORY),
    (CHAT, "max_tokens", CHAT, set_to("/max_tokens", 4096), ALTERED),
    (CHAT, "tools-strict", CHAT, drop("/tools/*/function/strict"), DROPPED),
    (CHAT, "tools-parameters", CHAT, drop("/tools/0/function/parameters/additionalProperties"), ALTERED),
    (CHAT, "image-detail", CHAT, drop("/messages/*/content/*/image_url/detail"), DROPPED_ADVISORY),
    (CHAT, "tool_calls-arguments", CHAT, set_to("/messages/1/tool_calls/0/function/arguments", "{}"), ALTERED),
    (CHAT, "stop", MESSAGES, drop("/stop_sequences"), DROPPED),
    (CHAT, "stop", MESSAGES, set_to("/stop_sequences", ["###"]), ALTERED),
    (CHAT, "tool_choice-required", MESSAGES, set_to("/tool_choice/type", "auto"), ALTERED),
    (CHAT, "response_format-schema", RESPONSES, drop("/text/format"), DROPPED),
    (CHAT, "verbosity", RESPONSES, set_to("/text/verbosity", "medium"), ALTERED),
    (CHAT, "n", RESPONSES, lambda body: body, SILENT),
    (CHAT, "logit_bias", MESSAGES, lambda body: {**body, "logit_bias": {"50256": -100}}, UNKNOWN),
    (RESPONSES, "instructions", RESPONSES, set_to("/instructions", "You are helpful."), ALTERED),
    (RESPONSES, "store", RESPONSES, set_to("/store", True), ALTERED),
    (RESPONSES, "reasoning-encrypted_content", RESPONSES, drop("/input/*[type=reasoning]"), DROPPED),
    (RESPONSES, "include-logprobs", RESPONSES, drop("/include"), DROPPED),
    (RESPONSES, "text-format-schema", CHAT, drop("/response_format"), DROPPED),
    (RESPONSES, "parallel_tool_calls", MESSAGES, set_to("/tool_choice/disable_parallel_tool_use", False), ALTERED),
    (RESPONSES, "metadata", CHAT, drop("/metadata"), DROPPED_ADVISORY),
    (RESPONSES, "previous_response_id", CHAT, lambda body: body, SILENT),
    (MESSAGES, "block-cache_control", MESSAGES, drop("/messages/*/content/*/cache_control/ttl"), ALTERED),
    (MESSAGES, "system-blocks", MESSAGES, set_to("/system", "Speak like a sailor.\nBe brief."), ALTERED),
    (MESSAGES, "thinking-signature", MESSAGES, drop("/messages/1/content/0/signature"), ALTERED),
    (MESSAGES, "image-data", MESSAGES, set_to("/messages/0/content/0/source/data", "AAAA"), ALTERED),
    (MESSAGES, "tool_result-is_error", MESSAGES, drop("/messages/*/content/*/is_error"), DROPPED),
    (MESSAGES, "document-citations", CHAT, lambda body: body, SILENT),
    (MESSAGES, "tool_use-input", CHAT, set_to("/messages/1/tool_calls/0/function/arguments", '{"days": 3}'), ALTERED),
    (MESSAGES, "system", RESPONSES, set_to("/instructions", "Speak like a sailor. Be helpful."), ALTERED),
    (MESSAGES, "metadata-user_id", RESPONSES, set_to("/user", "someone"), ALTERED_ADVISORY),
    (MESSAGES, "top_k", RESPONSES, lambda body: {**body, "top_k": 41}, UNKNOWN),
]


@pytest.mark.parametrize(
    ("endpoint", "parameter", "family", "change", "rule"),
    SEEDED,
    ids=[
        f"{endpoint}-{parameter}-{family}-{number}" for number, (endpoint, parameter, family, *_) in enumerate(SEEDED)
    ],
)
def test_seeded_losses_are_named_by_rule_and_parameter(
    endpoint: str, parameter: str, family: str, change: Callable[[JSON], JSON], rule: str
) -> None:
    one = parameters()[endpoint, parameter]
    [(found, expected)] = broken(one, both_ends(one, family, change(translated(one, family))))
    assert found == rule
    assert expected.startswith(f"{parameter}: ")


def test_there_are_enough_seeded_losses() -> None:
    assert len(SEEDED) >= 30
    assert {family for _, _, family, *_ in SEEDED} == {endpoint for endpoint, *_ in SEEDED} == set(FAMILIES)


def test_every_rule_about_parameters_exists_and_is_seeded() -> None:
    own = {rule for rule in rulebook.rules() if rule.startswith("upstream.parameter.")}
    assert own == {rule for *_, rule in SEEDED}
    assert own == set(RULES["parameter"])


STOP = parameters()[CHAT, "stop"]


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (openai_error("Unsupported parameter: 'stop'.", param="stop"), ""),
        (openai_error("claude-3 does not support this."), ""),
        (openai_error("The stop words are not possible here."), ""),
        (openai_error("Bad request."), UNNAMED),
    ],
)
def test_a_refusal_counts_as_one_and_says_whether_it_names_the_parameter(error: JSON, note: str) -> None:
    found = fate(STOP, front(STOP, error, 400))
    assert (found.kind, found.note) == ("refused", note)


@pytest.mark.parametrize("status", [200, 401, 429, 500, 502])
def test_nothing_upstream_without_a_refusal_is_not_sent(status: int) -> None:
    answer = chat_answer() if status == 200 else openai_error("No.")
    assert fate(STOP, front(STOP, answer, status)).kind == "not_sent"


def test_a_request_that_is_not_two_sided_is_not_judged() -> None:
    assert broken(STOP, front(STOP, chat_answer())) == []
    assert broken(STOP, front(STOP, openai_error("No 'stop' here."), 400)) == []


def test_a_refusal_after_a_loss_does_not_excuse_it() -> None:
    lossy = both_ends(STOP, CHAT, without(sent(STOP), "/stop"))
    refused = front(STOP, openai_error("Something about 'stop'."), 400, behind=lossy.behind)
    assert [rule for rule, _ in broken(STOP, refused)] == [DROPPED]


def test_a_parameter_that_arrived_in_one_of_several_requests_did_arrive() -> None:
    lossy, whole = both_ends(STOP, CHAT, without(sent(STOP), "/stop")), both_ends(STOP, CHAT, sent(STOP))
    for behind in ((*lossy.behind, *whole.behind), (*whole.behind, *lossy.behind)):
        assert fate(STOP, replace(lossy, behind=behind)).kind == "forwarded"
    assert fate(STOP, replace(lossy, behind=lossy.behind * 2)).kind == "dropped"


def test_a_text_may_be_inside_a_longer_one_where_the_table_says_so() -> None:
    document = parameters()[MESSAGES, "document-text"]
    words = {"role": "user", "content": "<document>The quay is closed.</document>\nSay one word."}
    assert told(document, CHAT, {"messages": [words]}).kind == "translated"
    system = parameters()[MESSAGES, "system"]
    longer = {"messages": [{"role": "system", "content": "Be helpful. Speak like a sailor."}]}
    assert told(system, CHAT, longer).kind == "altered"


def test_a_body_that_is_not_json_carries_nothing() -> None:
    found = both_ends(STOP, CHAT, {})
    request = replace(found.behind[0].request, body=b"stop=END")
    assert fate(STOP, replace(found, behind=(replace(found.behind[0], request=request),))).kind == "dropped"


def test_a_leftover_beside_the_translation_is_unknown_there() -> None:
    body = {**translated(STOP, MESSAGES), "stop": ["###", "END"]}
    assert (told(STOP, MESSAGES, body).kind, told(STOP, MESSAGES, body).unknown_there) == ("translated", True)
    assert [rule for rule, _ in broken(STOP, both_ends(STOP, MESSAGES, body))] == [UNKNOWN]


def test_a_translation_at_the_same_place_is_no_leftover() -> None:
    custom = parameters()[RESPONSES, "tools-custom"]
    tool = {"type": "custom", "name": "paint", "input_schema": {"type": "object"}}
    found = told(custom, MESSAGES, {**plain(MESSAGES), "tools": [tool]})
    assert (found.kind, found.unknown_there) == ("translated", False)


def test_spellings_of_one_value_are_the_same() -> None:
    assert same(1, 1.0)
    assert not same(1, True)
    assert not same({"a": 0}, {"a": False})
    assert same({"a": [1], "b": 2}, {"b": 2.0, "a": [1]})
    assert not same([1, 2], [2, 1])
    assert not same("1", 1)
    assert same({}, {"user_location": None})
    assert not same({"a": None}, {"a": 0})
    assert same('{"a": 1}', '{"a":1.0}', "/input/0/arguments")
    assert not same('{"a": 1}', '{"a":1.0}', "/input/0/output")
    assert not same("{", '{"a": 1}', "/input/0/arguments")
    assert same({"type": "object"}, {"type": "object", "$defs": {}, "required": []}, "/tools/0/input_schema")
    assert not same({"maximum": 7}, {}, "/tools/0/input_schema")
    assert not same({"additionalProperties": False}, {}, "/tools/0/input_schema")


def test_legal_spellings_of_a_family_are_forwarded() -> None:
    developer = parameters()[CHAT, "developer"]
    asked: dict[str, JSON] = sent(developer)
    asked["messages"][0] = {"role": "system", "content": [{"type": "text", "text": "Speak like a sailor."}]}
    assert told(developer, CHAT, asked).kind == "forwarded"
    cap = parameters()[CHAT, "max_tokens"]
    assert told(cap, CHAT, {**without(sent(cap), "/max_tokens"), "max_completion_tokens": 58}).kind == "forwarded"


def test_another_tool_or_message_is_not_the_parameter() -> None:
    document = parameters()[MESSAGES, "document-text"]
    found = told(
        document, CHAT, {"messages": [{"role": "user", "content": [{"type": "text", "text": "Say one word."}]}]}
    )
    assert found.kind == "dropped"
    include = parameters()[RESPONSES, "include-logprobs"]
    assert told(include, RESPONSES, {**sent(include), "include": ["reasoning.encrypted_content"]}).kind == "dropped"
