"""The ranking of cases by the faults that they notice and by the features of their requests."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core.model import Case, Step
from conformance.suite.features import features
from conformance.suite.notices import Cost, Notices
from conformance.suite.ranking import ranked


def made(name: str, body: Any = None, to: str = "messages", outcome: Any = "success") -> Case:
    step = Step(
        {"body": body, "headers": {"x-trace": "1"}, "to": to}, {"outcome": outcome, "answer": {"contains": "a"}}
    )
    return Case(name, "", "messages", "text", "messages", "must", "", (), (step,), "", 1)


def ids(faults: dict[str, str], noticed: dict[str, str], *cases: Case) -> list[str]:
    costs = {case.id: Cost(1, 0) for case in cases}
    found = Notices(costs, {}, {fault: frozenset(names) for fault, names in noticed.items()})
    return [candidate.id for candidate in ranked(cases, found, faults)]


def test_a_reported_defect_counts_more_than_invented_faults() -> None:
    noticed = {"one": "a", "two": "a", "reported": "b"}
    assert ids({"one": "", "two": "", "reported": "https://x.test"}, noticed, made("a"), made("b")) == ["b", "a"]
    assert ids({"one": "", "two": "", "reported": ""}, noticed, made("a"), made("b")) == ["a", "b"]


def test_only_the_given_faults_count() -> None:
    assert ids({"one": ""}, {"one": "b", "two": "a"}, made("a"), made("b")) == ["b", "a"]


def test_a_case_with_another_feature_comes_before_one_of_the_same_kind() -> None:
    plain, same, other = made("a", {"n": 1}), made("b", {"n": 2}), made("c", {"seed": 1})
    assert ids({"one": ""}, {"one": "abc"}, plain, same, other) == ["a", "c", "b"]


def test_a_case_that_was_not_tried_is_an_error() -> None:
    with pytest.raises(KeyError):
        list(ranked([made("a")], Notices(), {}))


def test_the_features_are_members_options_headers_and_expectations() -> None:
    tools = [{"type": "function", "function": {"name": "f"}}, {"type": "custom"}]
    body = {"tools": tools, "stream": True, "effort": "high", "prompt": "What is it?"}
    assert features(made("a", body, to="responses")) == {
        "messages text",
        "responses /tools",
        "responses /tools/*/type=function",
        "responses /tools/*/type=custom",
        "responses /tools/*/function",
        "responses /tools/*/function/name",
        "responses /stream",
        "responses /stream=True",
        "responses /effort",
        "responses /effort=high",
        "responses /prompt",
        *EXPECTED,
    }


EXPECTED = {
    "responses header x-trace",
    "responses headers",
    "responses to",
    "responses expects outcome",
    "responses expects answer",
    "responses expects answer contains",
}


def test_the_members_of_a_request_that_is_refused_do_not_count() -> None:
    assert features(made("a", {"tools": 1}, "responses", outcome="refusal")) == {"messages text", *EXPECTED}
