"""A case and its exchanges to a verdict: every way that it can end, and who is to blame."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from wire import (
    CHAT,
    MESSAGES,
    anthropic_error,
    chat_answer,
    exchange,
    messages_answer,
    messages_events,
    named,
    openai_error,
)

from conformance.control import ASSUMED, Control
from conformance.judge import judge
from conformance.model import JSON, Case, Exchange, Level, Step, Verdict
from conformance.profile import Profile

SUCCESS: Mapping[str, JSON] = {"outcome": "success", "answer": {"contains": "hello"}}
REFUSAL: Mapping[str, JSON] = {"outcome": "refusal"}
EITHER: Mapping[str, JSON] = {"outcome": "either"}
DISOBEYS = Control(offered=True, answers=True, obeys=False)
SILENT = Control(offered=True, answers=False, obeys=False)


def case(*expects: Mapping[str, JSON], needs: tuple[str, ...] = (), level: Level = "must", family: str = CHAT) -> Case:
    steps = tuple(Step({}, expect) for expect in expects)
    title, source = "A request gets an answer", "https://example.org"
    return Case(f"{family}/probe/one", title, family, "probe", family, level, source, needs, steps, "probe.yaml", 5)


def verdict(
    what: Case, *exchanges: Exchange, claims: Mapping[str, bool] | None = None, control: Control = ASSUMED
) -> Verdict:
    return judge(what, exchanges, Profile(capabilities=claims or {}), control)


def ended(found: Verdict) -> tuple[str, set[str]]:
    return found.outcome, {finding.rule for finding in found.findings if finding.level in ("must", "should")}


GOOD = exchange(CHAT, chat_answer("Hello"))
WRONG_TEXT = exchange(CHAT, chat_answer("Goodbye"))
BROKEN = exchange(CHAT, {**chat_answer("Hello"), "choices": "none"})
BAD_REQUEST = exchange(CHAT, openai_error("Unknown parameter: 'x'."), 400)
NO_ANSWER = exchange(CHAT, b"", headers=(), status=None, ended="timeout", problem="no end within 60 s")
UNREACHABLE = exchange(CHAT, b"", headers=(), status=None, ended="unreachable", problem="ConnectError: refused")


def busy(status: int) -> Exchange:
    headers = (("content-type", "application/json"), ("x-request-id", "req_1"), ("retry-after", "2"))
    error = openai_error("Slow down.", type="requests", code="rate_limit_exceeded")
    return exchange(CHAT, error, status, headers=headers)


def test_what_is_as_expected_passes() -> None:
    assert ended(verdict(case(SUCCESS), GOOD)) == ("passed", set())
    assert ended(verdict(case(REFUSAL), BAD_REQUEST)) == ("passed", set())
    assert ended(verdict(case(EITHER), GOOD)) == ("passed", set())
    assert ended(verdict(case(EITHER), BAD_REQUEST)) == ("passed", set())


def test_a_verdict_holds_its_exchanges_and_their_time() -> None:
    found = verdict(case(SUCCESS, SUCCESS), GOOD, GOOD)
    assert found.exchanges == (GOOD, GOOD)
    assert found.seconds == pytest.approx(1.0)
    assert found.reason == ""


def test_a_broken_contract_fails_whatever_was_expected() -> None:
    outcome, rules = ended(verdict(case({"outcome": "success"}), BROKEN))
    assert outcome == "failed"
    assert rules
    assert not any(rule.startswith("case.") for rule in rules)


def test_an_expectation_that_is_not_met_fails() -> None:
    assert ended(verdict(case(SUCCESS), WRONG_TEXT)) == ("failed", {"case.answer-text"})
    assert ended(verdict(case(SUCCESS), BAD_REQUEST)) == ("failed", {"case.accepted"})
    assert ended(verdict(case(REFUSAL), GOOD)) == ("failed", {"case.refused"})


def test_only_a_should_warns() -> None:
    unprocessable = exchange(CHAT, openai_error("Unknown parameter: 'x'."), 422)
    outcome, rules = ended(verdict(case(REFUSAL), unprocessable))
    assert outcome == "warned"
    assert "case.status-422" in rules


def test_a_case_that_is_a_should_warns_where_it_is_not_met() -> None:
    assert ended(verdict(case(SUCCESS, level="should"), WRONG_TEXT)) == ("warned", {"case.answer-text"})
    assert ended(verdict(case(SUCCESS, level="should"), BAD_REQUEST)) == ("warned", {"case.accepted"})
    assert ended(verdict(case({"outcome": "success"}, level="should"), BROKEN))[0] == "failed"


@pytest.mark.parametrize("status", [408, 429, 503, 504, 529])
@pytest.mark.parametrize("expect", [SUCCESS, EITHER])
def test_a_busy_moment_is_unverified(status: int, expect: Mapping[str, JSON]) -> None:
    found = verdict(case(expect), busy(status))
    assert found.outcome == "unverified"
    assert found.reason.startswith(f"the gateway answered {status}: ")
    assert not any(finding.rule.startswith("case.") for finding in found.findings)


def test_a_server_error_is_no_busy_moment() -> None:
    error = exchange(CHAT, openai_error("The server had an error.", type="server_error"), 500)
    assert ended(verdict(case(SUCCESS), error)) == ("failed", {"case.accepted"})


@pytest.mark.parametrize(
    ("status", "outcome"), [(429, "unverified"), (529, "unverified"), (503, "failed"), (504, "failed")]
)
def test_a_wrong_body_that_looks_like_an_outage_fails_but_a_rate_limit_comes_first(status: int, outcome: str) -> None:
    assert verdict(case(REFUSAL), busy(status)).outcome == outcome


def test_a_status_that_was_asked_for_is_no_busy_moment() -> None:
    assert ended(verdict(case({"outcome": "refusal", "status": [429]}), busy(429))) == ("passed", set())


def test_a_busy_answer_is_still_held_to_the_contract() -> None:
    outcome, rules = ended(verdict(case(SUCCESS), exchange(CHAT, {"error": "busy"}, 503)))
    assert outcome == "failed"
    assert rules
    assert not any(rule.startswith("case.") for rule in rules)


@pytest.mark.parametrize("expect", [SUCCESS, REFUSAL, EITHER])
def test_a_gateway_that_is_gone_is_unverified(expect: Mapping[str, JSON]) -> None:
    found = verdict(case(expect), UNREACHABLE)
    assert (ended(found), found.reason) == (
        ("unverified", set()), "the gateway could not be reached (ConnectError: refused)",
    )  # fmt: skip


@pytest.mark.parametrize("expect", [SUCCESS, REFUSAL, EITHER])
def test_silence_fails_unless_the_endpoint_is_always_silent(expect: Mapping[str, JSON]) -> None:
    assert ended(verdict(case(expect), NO_ANSWER)) == ("failed", {"case.answered"})
    found = verdict(case(expect), NO_ANSWER, control=SILENT)
    assert ended(found) == ("unverified", set())
    assert "plain requests either" in found.reason


def test_a_stream_that_tells_of_an_overload_is_unverified() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    found = exchange(MESSAGES, named([*messages_events()[:4], error]), stream=True)
    given = verdict(case({"outcome": "success", "answer": {"contains": "Hello"}}, family=MESSAGES), found)
    assert ended(given) == ("unverified", set())
    assert given.reason == "the stream was given up in the middle: overloaded_error"


def test_a_stream_that_tells_of_a_defect_fails() -> None:
    error = {"type": "error", "error": {"type": "api_error", "message": "Internal server error"}}
    found = exchange(MESSAGES, named([*messages_events()[:4], error]), stream=True)
    assert (
        verdict(case({"outcome": "success", "answer": {"contains": "Hello"}}, family=MESSAGES), found).outcome
        == "failed"
    )


@pytest.mark.parametrize("status", [400, 403, 404, 422, 501])
def test_a_refusal_of_what_was_never_claimed_does_not_apply(status: int) -> None:
    refused = exchange(CHAT, openai_error("Images are not supported."), status)
    found = verdict(case(SUCCESS, needs=("vision",)), refused)
    assert found.outcome == "not_applicable"
    assert "does not claim vision" in found.reason
    assert not any(finding.rule.startswith("case.") for finding in found.findings)


def test_a_refusal_of_what_was_claimed_fails() -> None:
    assert ended(verdict(case(SUCCESS, needs=("vision",)), BAD_REQUEST, claims={"vision": True})) == (
        "failed", {"case.accepted"},
    )  # fmt: skip
    both = case(SUCCESS, needs=("vision", "audio"))
    assert verdict(both, BAD_REQUEST, claims={"vision": True}).outcome == "not_applicable"


@pytest.mark.parametrize("need", ["tools", "keys"])
def test_what_every_gateway_does_needs_no_claim(need: str) -> None:
    assert verdict(case(SUCCESS, needs=(need,)), BAD_REQUEST).outcome == "failed"
    keys = exchange(CHAT, openai_error("Keys are not supported."), 400)
    assert verdict(case(SUCCESS, needs=(need,)), keys).outcome == "failed"


@pytest.mark.parametrize(
    ("need", "message", "fields"),
    [
        ("tools", "This model does not support tools.", {}),
        ("tools", "tool_choice isn't supported here", {}),
        ("tools", "Not for this model.", {"param": "tools", "code": "unsupported_parameter"}),
        ("stop_sequences", "Unsupported parameter: 'stop' is not supported with this model.", {"param": "stop"}),
        ("stop_sequences", "stop_sequences: not yet supported", {}),
        ("usage_in_stream", "Unsupported: stream_options", {}),
    ],
)
def test_a_model_may_say_in_plain_words_what_it_does_not_support(need: str, message: str, fields: Any) -> None:
    refused = exchange(CHAT, openai_error(message, **fields), 400)
    found = verdict(case(SUCCESS, needs=(need,)), refused)
    assert found.outcome == "not_applicable"
    assert f"does not claim {need}" in found.reason
    assert verdict(case(SUCCESS, needs=(need,)), refused, claims={need: True}).outcome == "failed"
    assert verdict(case(SUCCESS), refused).outcome == "failed"


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("The role 'tool' is not supported.", 400),
        ("Invalid value for tools.", 400),
        ("Unsupported parameter: 'stop'.", 400),
        ("Tools are not supported.", 404),
        ("Tools are not supported.", 500),
    ],
)
def test_no_other_words_excuse_a_gateway_that_refuses_tools(message: str, status: int) -> None:
    refused = exchange(CHAT, openai_error(message), status)
    assert verdict(case(SUCCESS, needs=("tools",)), refused).outcome == "failed"


@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_optional_endpoint_that_is_not_there_need_not_refuse_a_wrong_body(status: int) -> None:
    counting = case(REFUSAL, needs=("count_tokens",), family="count_tokens")
    absent = exchange(MESSAGES, anthropic_error("Not Found"), status)
    assert verdict(counting, absent).outcome == "not_applicable"
    assert verdict(counting, absent, claims={"count_tokens": True}).outcome == "failed"
    chat = case(REFUSAL, needs=("vision",))
    assert verdict(chat, exchange(CHAT, openai_error("Not Found"), status)).outcome == "failed"


def test_a_refusal_that_breaks_the_contract_fails_also_where_nothing_was_claimed() -> None:
    outcome, rules = ended(verdict(case(SUCCESS, needs=("vision",)), exchange(CHAT, "<html>no</html>", 400)))
    assert outcome == "failed"
    assert "case.accepted" not in rules


def test_an_answer_to_what_was_never_claimed_is_judged() -> None:
    assert ended(verdict(case(SUCCESS, needs=("vision",)), GOOD)) == ("passed", set())
    assert ended(verdict(case(SUCCESS, needs=("vision",)), WRONG_TEXT)) == ("failed", {"case.answer-text"})


def test_an_error_of_the_server_is_no_refusal() -> None:
    error = exchange(CHAT, openai_error("The server had an error.", type="server_error"), 500)
    assert verdict(case(SUCCESS, needs=("vision",)), error).outcome == "failed"


def test_a_refusal_of_what_was_done_a_step_before_fails() -> None:
    replayed = replace(case(SUCCESS, SUCCESS, needs=("reasoning",)), steps=(_asking("thinking"), _asking("thinking")))
    assert verdict(replayed, GOOD, BAD_REQUEST).outcome == "failed"


def test_a_refusal_of_what_no_step_asked_for_before_does_not_apply() -> None:
    continued = replace(case(SUCCESS, needs=("responses_state",)), steps=(_asking("store"), _asking("previous")))
    assert verdict(continued, GOOD, BAD_REQUEST).outcome == "not_applicable"
    elsewhere = replace(BAD_REQUEST, request=replace(BAD_REQUEST.request, url="https://example.org/v1/other"))
    again = replace(continued, steps=(_asking("store"), _asking("store")))
    assert verdict(again, GOOD, elsewhere).outcome == "not_applicable"


def _asking(name: str) -> Step:
    return Step({"body": {"model": "m", name: True}}, SUCCESS)


def test_a_wanted_refusal_is_judged_also_where_nothing_was_claimed() -> None:
    assert ended(verdict(case(REFUSAL, needs=("vision",)), BAD_REQUEST)) == ("passed", set())


def test_words_prove_nothing_where_the_model_does_not_obey() -> None:
    found = verdict(case(SUCCESS), WRONG_TEXT, control=DISOBEYS)
    assert ended(found) == ("unverified", set())
    assert "did not do as the control request asked" in found.reason
    assert ended(verdict(case(SUCCESS), GOOD, control=DISOBEYS)) == ("passed", set())


def test_a_model_that_does_not_obey_excuses_nothing_else() -> None:
    broken = exchange(CHAT, {**chat_answer("Goodbye"), "choices": "none"})
    outcome, rules = ended(verdict(case(SUCCESS), broken, control=DISOBEYS))
    assert outcome == "failed"
    assert "case.answer-text" not in rules
    stop: Mapping[str, JSON] = {"outcome": "success", "answer": {"contains": "hello", "stop": ["content_filter"]}}
    assert ended(verdict(case(stop), WRONG_TEXT, control=DISOBEYS)) == ("failed", {"case.answer-stop"})


def test_a_model_that_fills_in_no_values_only_warns() -> None:
    called = chat_answer("")
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city": "text"}'}}
    called["choices"][0]["message"] |= {"content": None, "tool_calls": [call]}
    called["choices"][0]["finish_reason"] = "tool_calls"
    wanted = {"tool_calls": [{"name": "get_weather", "arguments": {"city": "Oslo"}}]}
    expect: Mapping[str, JSON] = {"outcome": "success", "answer": wanted}
    tools = {"tools": [{"type": "function", "function": {"name": "get_weather"}}]}
    found = exchange(CHAT, called, ask=tools)
    assert ended(verdict(case(expect), found)) == ("failed", {"case.tool-arguments"})
    dull = replace(ASSUMED, fills=False)
    assert ended(verdict(case(expect), found, control=dull)) == ("warned", {"case.tool-arguments"})


WEATHER = {"tools": [{"type": "function", "function": {"name": "get_weather"}}]}


def calling(*cities: str) -> Exchange:
    """A completion that calls for the weather of cities, as it may without being told to."""
    answer = chat_answer("")
    calls = [
        {"id": f"call_{city}", "type": "function",
         "function": {"name": "get_weather", "arguments": json.dumps({"city": city})}} for city in cities
    ]  # fmt: skip
    answer["choices"][0]["message"] |= {"content": None, "tool_calls": calls}
    answer["choices"][0]["finish_reason"] = "tool_calls"
    return exchange(CHAT, answer, ask=WEATHER)


def offering(expect: JSON) -> Case:
    """A case whose only step offers the tool."""
    return replace(case(expect), steps=(Step({"body": WEATHER}, expect),))


def test_a_call_that_nobody_needed_is_the_models_unless_it_has_shown_to_abstain() -> None:
    expect: JSON = {"outcome": "success", "answer": {"contains": "hello", "stop": ["stop"], "tool_calls": []}}
    broken = {"case.answer-text", "case.answer-stop", "case.tool-called"}
    assert ended(verdict(offering(expect), calling("Oslo"))) == ("failed", broken)
    eager = replace(ASSUMED, abstains=False)
    assert ended(verdict(offering(expect), calling("Oslo"), control=eager)) == ("unverified", set())


def test_a_call_that_is_missing_is_the_models_unless_it_has_shown_to_make_two() -> None:
    wanted = [{"name": "get_weather"}, {"name": "get_weather"}]
    expect: JSON = {"outcome": "success", "answer": {"tool_calls": wanted}}
    assert ended(verdict(offering(expect), calling("Oslo"))) == ("failed", {"case.tool-called"})
    slow = replace(ASSUMED, pairs=False)
    assert ended(verdict(offering(expect), calling("Oslo"), control=slow)) == ("unverified", set())
    assert ended(verdict(offering(expect), calling("Oslo", "Lima"), control=slow)) == ("passed", set())


def test_a_model_that_says_little_is_not_cut_off() -> None:
    stop: Mapping[str, JSON] = {"outcome": "success", "answer": {"stop": ["length"]}}
    short = exchange(CHAT, chat_answer("Hello"), ask={"max_tokens": 64})
    assert ended(verdict(case(stop), short, control=DISOBEYS)) == ("unverified", set())
    assert ended(verdict(case(stop), GOOD)) == ("failed", {"case.answer-stop"})
    member: Mapping[str, JSON] = {"outcome": "success", "equal": {"/status": "incomplete"}}
    assert ended(verdict(case(member), short, control=DISOBEYS)) == ("unverified", set())


def test_a_converted_body_is_not_called_ignored_by_a_model_that_does_not_obey() -> None:
    expect: Mapping[str, JSON] = {
        "outcome": "refusal", "unless_converted": {"from": MESSAGES, "answer": {"contains": "hello"}},
    }  # fmt: skip
    assert ended(verdict(case(expect), WRONG_TEXT)) == ("failed", {"case.body-ignored", "case.conversion-undeclared"})
    assert ended(verdict(case(expect), WRONG_TEXT, control=DISOBEYS)) == (
        "unverified", {"case.conversion-undeclared"},
    )  # fmt: skip


def test_a_case_that_could_not_go_on_is_unverified() -> None:
    found = verdict(case({"outcome": "success"}, SUCCESS), GOOD)
    assert (found.outcome, found.findings) == ("unverified", ())
    assert found.reason == "a step gave nothing for the next one to go on with"


def test_a_case_that_could_not_go_on_for_a_broken_rule_fails() -> None:
    assert ended(verdict(case(SUCCESS, SUCCESS), WRONG_TEXT)) == ("failed", {"case.answer-text"})
    assert ended(verdict(case(SUCCESS, SUCCESS), BAD_REQUEST)) == ("failed", {"case.accepted"})


def test_a_case_of_which_nothing_was_sent_is_unverified() -> None:
    assert verdict(case(SUCCESS)).outcome == "unverified"


def test_a_busy_moment_in_an_earlier_step_is_unverified() -> None:
    found = verdict(case(SUCCESS, {"outcome": "success", "same_as": 1}), busy(429), GOOD)
    assert ended(found) == ("unverified", set())
    assert "429" in found.reason


def test_what_was_broken_before_a_busy_moment_stays() -> None:
    assert ended(verdict(case(SUCCESS, SUCCESS), WRONG_TEXT, busy(429))) == ("failed", {"case.answer-text"})


def test_findings_name_their_step() -> None:
    found = verdict(case(SUCCESS, SUCCESS, SUCCESS), GOOD, WRONG_TEXT, GOOD)
    assert [(finding.rule, finding.step) for finding in found.findings] == [("case.answer-text", 1)]


def test_a_step_may_look_back() -> None:
    first, second = (
        exchange(MESSAGES, messages_answer("Hello")),
        exchange(MESSAGES, {**messages_answer("Hello"), "content": []}),
    )
    expect: Mapping[str, JSON] = {"outcome": "success", "same_as": 1}
    given = case({"outcome": "success"}, expect, family=MESSAGES)
    assert ended(verdict(given, first, first)) == ("passed", set())
    assert "case.same-answer" in ended(verdict(given, first, second))[1]


def test_a_cut_answer_fails() -> None:
    cut = replace(GOOD, ended="cut", problem="RemoteProtocolError: peer closed", chunks=GOOD.chunks[:0])
    assert "case.answered" in ended(verdict(case(SUCCESS), cut))[1]


def test_a_redirect_is_no_answer() -> None:
    outcome, rules = ended(verdict(case(SUCCESS), exchange(CHAT, "", 302, headers=(("location", "/login"),))))
    assert outcome == "failed"
    assert "case.answered" in rules


@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"null", b"[]", b'"text"', b"[" * 100_000, b"data: x\n\n", b"{}"], ids=range(8)
)
@pytest.mark.parametrize("expect", [SUCCESS, REFUSAL, EITHER])
@pytest.mark.parametrize("status", [200, 204, 302, 400, 500])
def test_no_body_makes_it_raise(body: bytes, expect: Mapping[str, JSON], status: int) -> None:
    for family in (CHAT, MESSAGES):
        kinds: dict[str, Any] = {} if body else {"headers": ()}
        found = verdict(case(expect, family=family), exchange(family, body, status, **kinds))
        assert found.outcome in ("passed", "failed", "warned")


def test_an_error_in_the_other_vendors_envelope_fails() -> None:
    assert (
        verdict(case(REFUSAL), exchange(CHAT, anthropic_error("x: unknown", "invalid_request_error"), 400)).outcome
        == "failed"
    )


def test_a_model_that_does_not_recall_is_not_taken_for_a_gateway_that_forgets() -> None:
    forgetful = Control(offered=True, answers=True, obeys=True, recalls=False)
    assert ended(verdict(case(SUCCESS), WRONG_TEXT, control=forgetful)) == ("unverified", set())
    assert ended(verdict(case(SUCCESS), WRONG_TEXT)) == ("failed", {"case.answer-text"})


def test_what_is_asked_for_word_for_word_takes_no_memory() -> None:
    forgetful = Control(offered=True, answers=True, obeys=True, recalls=False)
    asked = replace(case(SUCCESS), steps=(Step({"body": {"input": "Reply with exactly: Hello"}}, SUCCESS),))
    assert ended(verdict(asked, WRONG_TEXT, control=forgetful)) == ("failed", {"case.answer-text"})
