"""The facts about an exchange, from which the scope of a problem is made, and the rules it was held against."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from conformance.core.model import JSON, Exchange, Step
from conformance.judge import facts, held
from conformance.judge.expectations.held import RULES
from conformance.judge.facts import table
from conformance.protocol import rulebook
from conformance.protocol.reading import Reading
from tests.support.judging import BAD_REQUEST, EITHER, GOOD, REFUSAL, SUCCESS, case, verdict
from tests.support.wire import CHAT, MESSAGES, RESPONSES, chat_answer, exchange, openai_error

TEXT = {"role": "user", "content": "Hi"}
TOOL = {"type": "function", "function": {"name": "f"}}


def facts_of(sent: JSON, family: str = CHAT, answer: JSON = None) -> set[str]:
    """The facts about a request with this body, and the answer to it."""
    one = exchange(family, answer if answer is not None else chat_answer("Hello"))
    return of(replace(one, request=replace(one.request, body=json.dumps(sent, ensure_ascii=False).encode())), family)


def of(one: Exchange, family: str = CHAT) -> set[str]:
    return set(facts.facts(case(SUCCESS, family=family), 0, Reading(one)))


@pytest.mark.parametrize(
    ("sent", "family", "fact"),
    [
        ({"stream": True, "messages": [TEXT]}, CHAT, "streamed"),
        ({"stream_options": {"include_usage": True}}, CHAT, "usage-asked"),
        ({"n": 2}, CHAT, "several-choices"),
        ({"max_tokens": 5}, MESSAGES, "limit-asked"),
        ({"tools": [TOOL]}, CHAT, "tools"),
        ({"tools": [TOOL, TOOL]}, CHAT, "several-tools"),
        ({"tool_choice": "required"}, CHAT, "forced"),
        ({"tool_choice": {"type": "any"}}, MESSAGES, "forced"),
        ({"tool_choice": "none"}, CHAT, "no-tool-allowed"),
        ({"tools": [{"type": "custom"}]}, RESPONSES, "custom-tool"),
        ({"tools": [{"type": "web_search"}]}, RESPONSES, "hosted-tool"),
        ({"messages": [TEXT, {"role": "tool", "content": "x"}]}, CHAT, "tool-result"),
        ({"messages": [TEXT, {"role": "assistant", "content": "x"}]}, CHAT, "history"),
        ({"input": [{"type": "function_call"}]}, RESPONSES, "history"),
        ({"system": "Be brief."}, MESSAGES, "instructed"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, CHAT, "images"),
        ({"input": [{"role": "user", "content": [{"type": "input_file"}]}]}, RESPONSES, "documents"),
        ({"response_format": {"type": "json_schema"}}, CHAT, "structured"),
        ({"reasoning": {"effort": "low"}}, RESPONSES, "reasoning-asked"),
        ({"previous_response_id": "resp_1"}, RESPONSES, "continued"),
        ({"store": True}, RESPONSES, "stored"),
        ({"background": True}, RESPONSES, "background"),
        ({"messages": [{"role": "user", "content": "Grüße"}]}, CHAT, "non-ascii-sent"),
        ({"temperature": None}, CHAT, "null-sent"),
        ({"temperature": 1}, CHAT, "parameter=temperature"),
        ({"model": "m-1"}, CHAT, "model=m-1"),
        ({"input": "Hi"}, CHAT, "foreign-body"),
    ],
)
def test_a_fact_about_the_request(sent: JSON, family: str, fact: str) -> None:
    assert fact in facts_of(sent, family)
    assert fact not in facts_of({"messages": [TEXT]}, family)


@pytest.mark.parametrize(
    "sent",
    [
        {"stream": False},
        {"n": 1},
        {"n": True},
        {"tools": []},
        {"tool_choice": "auto"},
        {"stop": None},
        {"store": False},
    ],
)
def test_a_usual_value_is_not_a_fact(sent: JSON) -> None:
    named = {fact for fact in facts_of(sent) if "=" not in fact}
    assert named <= {"null-sent"}


def test_a_place_in_the_request_begins_with_a_member() -> None:
    """The facts are found by the members that a request has."""
    places = [place for fact in facts.table().values() for place in fact.sent or ()]
    assert places
    assert not [place for place in places if place.startswith("/*")]


@pytest.mark.parametrize(
    "sent", [None, [], "text", 5, {"messages": {"role": 1}}, {"tools": "x", "n": "2", "input": {}}]
)
def test_a_body_may_have_any_form(sent: JSON) -> None:
    assert f"endpoint={CHAT}" in facts_of(sent)


def test_facts_about_the_answer() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    called = chat_answer("")
    called["choices"][0]["message"]["tool_calls"] = [call, {**call, "id": "call_2"}]
    cut = chat_answer("Grüße")
    cut["choices"][0]["finish_reason"] = "length"
    assert {"called", "several-calls"} <= facts_of({}, answer=called)
    assert {"truncated", "non-ascii"} <= facts_of({}, answer=cut)
    assert {"error", "status=400"} <= of(BAD_REQUEST)
    assert not {"called", "truncated", "error"} & of(GOOD)


def test_facts_about_the_case() -> None:
    step = replace(
        case(SUCCESS, REFUSAL), id="chat_completions/tools/forced[stream=true]@eu#2", area="tools", route="eu"
    )
    own = set(facts.facts(step, 1, Reading(BAD_REQUEST)))
    assert {"area=tools", "case=tools/forced", "mistake=tools/forced", "route=eu"} <= own
    assert not any(fact.startswith("mistake=") for fact in facts.facts(step, 0, Reading(GOOD)))


def test_facts_about_the_upstream() -> None:
    one = case(SUCCESS)
    step = replace(one.steps[0], upstream={"family": MESSAGES}, expect={"outcome": "either", "parameter": "stop"})
    own = set(facts.facts(replace(one, steps=(step,)), 0, Reading(GOOD)))
    assert {"upstream=messages", "about=stop"} <= own
    assert not any(fact.startswith(("upstream=", "about=")) for fact in of(GOOD))


def test_a_path_beside_the_endpoints_counts_for_the_endpoint_of_the_case() -> None:
    one = case(SUCCESS, family=RESPONSES)
    beside = replace(one, steps=(Step({"to": "elsewhere"}, one.steps[0].expect),))
    answer = replace(GOOD, family="elsewhere")
    assert {"endpoint=responses", "other-path"} <= set(facts.facts(beside, 0, Reading(answer)))
    other = replace(one, steps=(Step({"to": MESSAGES}, one.steps[0].expect),))
    assert "endpoint=messages" in facts.facts(other, 0, Reading(GOOD))


def test_facts_about_keys_and_headers() -> None:
    request = replace(
        GOOD.request, auth=(), headers=(("X-Trace", "1"), ("content-type", "application/json")), method="GET"
    )
    assert {"credential=no valid key", "header=x-trace", "method=GET"} <= of(replace(GOOD, request=request))


def test_every_fact_is_in_the_table_and_can_be_said() -> None:
    for name, fact in table().items():
        is_said = fact.adjective or fact.phrase or fact.noun or name == "endpoint"
        assert is_said, f"{name} has no words"
        assert fact.value == ("{}" in fact.phrase + fact.adjective) or name == "endpoint", name


def test_an_answer_is_held_against_the_rules_of_its_kind() -> None:
    groups = verdict(case(SUCCESS), GOOD).observed[0].held
    assert {"chat_completions/json", "chat_completions/final", "case/success", "case/contains"} <= set(groups)
    assert "chat_completions/stream" not in groups
    rules = frozenset().union(*map(held.rules, groups))
    assert {"chat.usage.total", "chat.id", "http.header.request-id", "case.answer-text"} <= rules
    assert "chat.stream.done-missing" not in rules
    assert "chat.stream.done-missing" in held.rules("chat_completions/stream")


@pytest.mark.parametrize(("expect", "one"), [(REFUSAL, BAD_REQUEST), (EITHER, BAD_REQUEST)])
def test_a_refusal_is_held_against_the_rules_of_errors(expect: JSON, one: Exchange) -> None:
    rules = frozenset().union(*map(held.rules, verdict(case(expect), one).observed[0].held))
    assert {"case.status", "case.refused", "error.openai.code"} <= rules
    assert "case.accepted" not in rules


def test_an_answer_that_was_not_read_to_its_end_is_held_against_nothing() -> None:
    assert verdict(case(SUCCESS), replace(GOOD, ended="left")).observed[0].held == ()


def test_a_group_of_a_later_version_is_empty() -> None:
    assert held.rules("case/unheard-of") == frozenset()


def test_the_rules_of_expectations_exist() -> None:
    named = {rule for rules in RULES.values() for rule in rules}
    assert named <= rulebook.rules().keys()
    assert {rule for rule in rulebook.rules() if rule.startswith("case.")} <= named


def test_observed_has_an_entry_for_each_exchange() -> None:
    assert len(verdict(case(SUCCESS, SUCCESS), GOOD, GOOD).observed) == 2
    assert held.held(Step({}, SUCCESS), Reading(exchange(CHAT, openai_error("No."), 400)))  # type: ignore[arg-type]
