"""An answer that the request's own limit truncated is not a failure; any other truncated answer is."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.core.model import JSON, Case, Exchange, Step, Verdict
from conformance.judge.control import ASSUMED, Control
from conformance.judge.verdict import CUT_OFF, DISOBEYED, judge_exchanges
from conformance.target.profile import Profile
from tests.support.examples.responses import response
from tests.support.wire import CHAT, MESSAGES, RESPONSES, chat_answer, exchange, messages_answer, openai_error

ENDS = ["stop", "end_turn", "completed"]
WANTED: dict[str, JSON] = {"outcome": "success", "answer": {"contains": "hello", "stop": ENDS}}
LIMITED: dict[str, JSON] = {"outcome": "success", "answer": {"stop": ["length"]}}
DISOBEYS = Control(offered=True, answers=True, obeys=False)


def verdict(family: str, *exchanges: Exchange, expect: JSON = WANTED, control: Control = ASSUMED) -> Verdict:
    steps = tuple(Step({}, expect) for _ in exchanges)
    case = Case(f"{family}/p/one", "An answer", family, "p", family, "must", "https://h", (), steps, "p.yaml", 5)
    return judge_exchanges(case, exchanges, Profile(), control)


def chat(used: int, limit: int | None = 16, reason: str = "length", **asked: Any) -> Exchange:
    answer = chat_answer("")
    answer["choices"][0]["finish_reason"] = reason
    answer["usage"] = {"prompt_tokens": 1, "completion_tokens": used, "total_tokens": 1 + used}
    ask = {"model": "m", "messages": [], **({} if limit is None else {"max_completion_tokens": limit}), **asked}
    return exchange(CHAT, answer, ask=ask)


def messages(used: int) -> Exchange:
    answer = {**messages_answer(""), "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}]}
    answer |= {"stop_reason": "max_tokens", "usage": {"input_tokens": 3, "output_tokens": used}}
    return exchange(MESSAGES, answer, ask={"model": "m", "max_tokens": 64, "messages": []})


def test_thinking_until_the_limit_is_not_a_failure() -> None:
    for found in (verdict(CHAT, chat(16)), verdict(MESSAGES, messages(64))):
        assert (found.outcome, found.reason) == ("unverified", CUT_OFF)
        assert not any(finding.rule.startswith("case.") for finding in found.findings)


@pytest.mark.parametrize(("thought", "outcome"), [(16, "unverified"), (0, "failed")])
def test_only_thinking_explains_a_truncated_response_without_text(thought: int, outcome: str) -> None:
    answer = response(status="incomplete", incomplete_details={"reason": "max_output_tokens"})
    answer["usage"] = {**answer["usage"], "input_tokens": 1, "output_tokens": 16, "total_tokens": 17}
    answer["usage"]["output_tokens_details"] = {"reasoning_tokens": thought}
    answer["output"] = []
    cut = exchange(RESPONSES, answer, ask={"model": "m", "max_output_tokens": 16, "input": "Hello"})
    assert verdict(RESPONSES, cut).outcome == outcome


@pytest.mark.parametrize(
    "cut",
    [chat(3), chat(15, limit=None), chat(16, reason="stop"), messages(12)],
    ids=["below the limit", "no limit", "not cut", "messages below the limit"],
)
def test_an_answer_that_ends_too_early_fails(cut: Exchange) -> None:
    assert verdict(cut.family, cut).outcome == "failed"


def uncounted(text: str, used: int | None) -> Exchange:
    """An answer of Messages that says that a limit of 24 tokens cut it, with a wrong count of its tokens."""
    answer = {**messages_answer(text), "stop_reason": "max_tokens", "usage": {"input_tokens": 3, "output_tokens": used}}
    asked = {
        "model": "m",
        "max_tokens": 24,
        "messages": [{"role": "user", "content": "Reply with exactly: Hello, all of you there"}],
    }
    return exchange(MESSAGES, answer, ask=asked)


@pytest.mark.parametrize("used", [0, None])
def test_the_length_of_a_text_tells_whether_an_uncounted_one_reached_the_limit(used: int | None) -> None:
    found = verdict(MESSAGES, uncounted(RAMBLING, used))
    assert not any(finding.rule.startswith("case.") for finding in found.findings)
    for text in ("Too short", "Hello, all of you there"):
        cut = verdict(MESSAGES, uncounted(text, used))
        assert "case.answer-stop" in {finding.rule for finding in cut.findings}


def unlimited(text: str, used: int | None, prompt: int = 9, reason: str = "length", **message: Any) -> Exchange:
    """An answer to a request without a limit, which asks for the word Hello."""
    answer = chat_answer(text)
    answer["choices"][0] |= {"finish_reason": reason, "message": {**answer["choices"][0]["message"], **message}}
    total = prompt + (used or 0)
    answer["usage"] = used and {"prompt_tokens": prompt, "completion_tokens": used, "total_tokens": total}
    return exchange(CHAT, answer, ask={"messages": [{"role": "user", "content": "Reply with exactly: Hello"}]})


RAMBLING = "Hello! " + "I can help you with that and more, " * 6
CALLED = {"tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}]}


@pytest.mark.parametrize(
    "answers",
    [
        [unlimited(RAMBLING, 128)],
        [unlimited(RAMBLING, None)],
        [unlimited("", 16)],
        [unlimited("", 16, tool_calls=[{**CALLED["tool_calls"][0], "function": {"name": "f", "arguments": '{"a'}}])],
        [unlimited(RAMBLING, 128), unlimited(RAMBLING, 128, prompt=40)],
        [unlimited(RAMBLING, 128), unlimited(RAMBLING, 97, prompt=40)],
        [unlimited(RAMBLING, 128), unlimited("Hello", 3, reason="stop")],
    ],
    ids=[
        "long",
        "not counted",
        "hidden reasoning",
        "half a call",
        "the same limit",
        "one context",
        "a short whole one",
    ],
)
def test_a_servers_own_limit_is_not_held_against_the_gateway(answers: list[Exchange]) -> None:
    found = verdict(CHAT, *answers)
    assert (found.outcome, found.reason) == ("unverified", CUT_OFF)


@pytest.mark.parametrize(
    "answers",
    [
        [unlimited("Hello", 3)],
        [unlimited("Hello there", None)],
        [unlimited("Hello", 300)],
        [unlimited("", 40, **CALLED)],
        [unlimited(RAMBLING, 128), unlimited(RAMBLING, 90)],
        [unlimited(RAMBLING, 128), unlimited(RAMBLING, 400, reason="stop")],
    ],
    ids=["short", "short, not counted", "exactly as requested", "a whole call", "two limits", "a longer whole one"],
)
def test_a_whole_answer_that_is_called_cut_off_fails(answers: list[Exchange]) -> None:
    found = verdict(CHAT, *answers)
    assert (found.outcome, "case.answer-stop" in {finding.rule for finding in found.findings}) == ("failed", True)


def test_the_context_of_the_profile_may_cut_an_answer() -> None:
    for size, outcome in ((20, "unverified"), (40, "failed")):
        profile = Profile(limits={"context_tokens": size})
        case = Case("c/p/one", "One", CHAT, "p", CHAT, "must", "https://h", (), (Step({}, WANTED),), "p.yaml", 5)
        assert judge_exchanges(case, (chat(19, limit=64),), profile, ASSUMED).outcome == outcome


def test_a_truncation_reported_with_another_apis_value_is_judged() -> None:
    assert verdict(CHAT, chat(16, reason="max_tokens")).outcome == "failed"


def test_a_cut_that_was_wanted_is_judged() -> None:
    wanted = {"outcome": "success", "answer": {"contains": "hello", "stop": ["length"]}}
    assert verdict(CHAT, chat(16), expect=wanted).outcome == "failed"


def test_only_findings_after_a_truncated_answer_are_excused() -> None:
    good, refused = exchange(CHAT, chat_answer("Hello")), exchange(CHAT, openai_error("No."), 400)
    assert verdict(CHAT, good, chat(16), refused).outcome == "unverified"
    assert verdict(CHAT, refused, chat(16)).outcome == "failed"


def test_a_model_that_does_not_obey_may_say_less_than_the_limit() -> None:
    brief = chat(3, reason="stop")
    found = verdict(CHAT, brief, expect=LIMITED, control=DISOBEYS)
    assert (found.outcome, found.reason) == ("unverified", DISOBEYED)
    assert verdict(CHAT, brief, expect=LIMITED).outcome == "failed"


def test_a_model_that_does_not_obey_may_never_come_to_a_stop_sequence() -> None:
    wanted = {"outcome": "success", "answer": {"stop": ["stop_sequence"]}, "equal": {"/stop_sequence": "5"}}
    whole = exchange(MESSAGES, messages_answer())
    assert verdict(MESSAGES, whole, expect=wanted, control=DISOBEYS).outcome == "unverified"
    assert verdict(MESSAGES, whole, expect=wanted).outcome == "failed"


@pytest.mark.parametrize(
    "found",
    [chat(16, reason="stop"), chat(3, limit=None, reason="stop"), chat(3, reason="content_filter")],
    ids=["at the limit", "no limit", "another reason"],
)
def test_a_model_that_does_not_obey_excuses_no_other_end(found: Exchange) -> None:
    assert verdict(CHAT, found, expect=LIMITED, control=DISOBEYS).outcome == "failed"


def test_a_model_that_does_not_obey_is_not_blamed_beside_a_step_that_does_not_apply() -> None:
    refused = exchange(CHAT, openai_error("Not here."), 404)
    steps = (Step({}, WANTED), Step({}, WANTED))
    case = Case("c/p/one", "Two", CHAT, "p", CHAT, "must", "https://h", ("vision",), steps, "p.yaml", 5)
    found = judge_exchanges(case, (exchange(CHAT, chat_answer("No")), refused), Profile(), DISOBEYS)
    assert found.outcome == "not_applicable"
