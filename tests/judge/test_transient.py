"""Transient errors and outages are unverified; errors that the gateway causes are failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from conformance.core.model import JSON, Attempt, Exchange, Verdict
from conformance.judge.control import ASSUMED, Control
from conformance.judge.verdict import judge_exchanges
from conformance.target.profile import Profile
from tests.support.judging import (
    EITHER,
    GOOD,
    NO_ANSWER,
    REFUSAL,
    SILENT,
    SUCCESS,
    UNREACHABLE,
    WRONG_TEXT,
    busy,
    case,
    ended,
    verdict,
)
from tests.support.wire import CHAT, MESSAGES, exchange, messages_events, named, openai_error


@pytest.mark.parametrize("status", [408, 429, 503, 504, 529])
@pytest.mark.parametrize("expect", [SUCCESS, EITHER])
def test_a_transient_error_is_unverified(status: int, expect: Mapping[str, JSON]) -> None:
    found = verdict(case(expect), busy(status))
    assert found.outcome == "unverified"
    assert found.reason.startswith(f"the gateway answered {status}: ")
    assert not any(finding.rule.startswith("case.") for finding in found.findings)


def test_the_reason_repeats_the_servers_words() -> None:
    mock = exchange(CHAT, openai_error("no fixture matched"), 503)
    assert verdict(case(SUCCESS), mock).reason == 'the gateway answered 503: "no fixture matched"'
    assert verdict(case(SUCCESS), exchange(CHAT, b"", 503)).reason == "the gateway answered 503: overloaded"


@pytest.mark.parametrize("status", [429, 503])
def test_an_error_that_names_a_mistake_of_the_request_is_not_transient(status: int) -> None:
    mistake = openai_error("No tools here.", type="server_error", code="unsupported_parameter")
    assert verdict(case(SUCCESS), exchange(CHAT, mistake, status)).outcome == "failed"
    assert verdict(case(SUCCESS), busy(status)).outcome == "unverified"


def test_a_server_error_is_not_transient() -> None:
    error = exchange(CHAT, openai_error("The server had an error.", type="server_error"), 500)
    assert ended(verdict(case(SUCCESS), error)) == ("failed", {"case.accepted"})


@pytest.mark.parametrize(
    ("status", "outcome"), [(429, "unverified"), (529, "unverified"), (503, "failed"), (504, "failed")]
)
def test_a_wrong_body_that_looks_like_an_outage_fails_but_a_rate_limit_comes_first(status: int, outcome: str) -> None:
    assert verdict(case(REFUSAL), busy(status)).outcome == outcome


def test_an_expected_status_is_not_transient() -> None:
    assert ended(verdict(case({"outcome": "refusal", "status": [429]}), busy(429))) == ("passed", set())


def test_an_overload_error_is_still_checked_against_the_contract() -> None:
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
def test_a_timeout_fails_unless_the_endpoint_always_times_out(expect: Mapping[str, JSON]) -> None:
    assert ended(verdict(case(expect), NO_ANSWER)) == ("failed", {"case.answered"})
    found = verdict(case(expect), NO_ANSWER, control=SILENT)
    assert ended(found) == ("unverified", set())
    assert "control request either" in found.reason


def test_a_stream_with_an_overload_error_is_unverified() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    found = exchange(MESSAGES, named([*messages_events()[:4], error]), stream=True)
    given = verdict(case({"outcome": "success", "answer": {"contains": "Hello"}}, family=MESSAGES), found)
    assert ended(given) == ("unverified", set())
    assert given.reason == "the stream was aborted with overloaded_error"


def test_a_stream_with_another_error_fails() -> None:
    error = {"type": "error", "error": {"type": "api_error", "message": "Internal server error"}}
    found = exchange(MESSAGES, named([*messages_events()[:4], error]), stream=True)
    assert (
        verdict(case({"outcome": "success", "answer": {"contains": "Hello"}}, family=MESSAGES), found).outcome
        == "failed"
    )


def test_a_busy_moment_in_an_earlier_step_is_unverified() -> None:
    found = verdict(case(SUCCESS, {"outcome": "success", "same_as": 1}), busy(429), GOOD)
    assert ended(found) == ("unverified", set())
    assert "429" in found.reason


def test_findings_before_a_transient_error_stay() -> None:
    assert ended(verdict(case(SUCCESS, SUCCESS), WRONG_TEXT, busy(429))) == ("failed", {"case.answer-text"})


CUT = replace(GOOD, ended="cut", problem="ReadError", chunks=GOOD.chunks[:1])
OOPS = exchange(CHAT, openai_error("Oops.", type="server_error"), 500)
REFUSED = exchange(CHAT, openai_error("Unknown parameter: 'x'.", code="unknown_parameter"), 400)


def tried(*ended: tuple[int | None, str]) -> tuple[Attempt, ...]:
    """Attempts before the last one, with these statuses and ends."""
    return tuple(Attempt(0, f"status {status}", 0.1, status, end) for status, end in ended)  # type: ignore[arg-type]


def judged(
    expect: Mapping[str, JSON], found: Exchange, attempts: tuple[Attempt, ...], control: Control = ASSUMED
) -> Verdict:
    return judge_exchanges(case(expect), [found], Profile(), control, attempts)


@pytest.mark.parametrize("expect", [SUCCESS, REFUSAL, EITHER])
@pytest.mark.parametrize(
    ("attempts", "outcome"),
    [
        ((), "failed"),
        (tried((200, "cut"), (None, "cut")), "failed"),
        (tried((200, "cut"), (503, "complete")), "unverified"),
        (tried((None, "unreachable")), "unverified"),
    ],
)
def test_a_broken_connection_is_a_failure_if_each_try_breaks(
    expect: Mapping[str, JSON], attempts: tuple[Attempt, ...], outcome: str
) -> None:
    found = judged(expect, CUT, attempts)
    assert found.outcome == outcome
    if outcome == "unverified":
        assert found.findings == ()
        assert found.reason == "the connection broke, but not at each try of the request (ReadError)"


@pytest.mark.parametrize("expect", [REFUSAL, EITHER])
@pytest.mark.parametrize("given", [exchange(CHAT, b"oops", 500), exchange(CHAT, openai_error("Bad gateway."), 502)])
def test_an_error_of_a_proxy_instead_of_another_error_fails_while_plain_requests_are_answered(
    expect: Mapping[str, JSON], given: Exchange
) -> None:
    attempts = tried((given.status, "complete"), (given.status, "complete"))
    outcome, rules = ended(judged(expect, given, attempts))
    assert outcome == "failed"
    assert "case.status" in rules
    down = judged(expect, given, attempts, replace(ASSUMED, up=False))
    assert (down.outcome, down.findings, down.lacks) == ("unverified", (), ("up",))


def test_an_error_of_the_api_or_an_answer_that_is_due_is_judged_in_an_outage_as_well() -> None:
    down = replace(ASSUMED, up=False)
    assert judged(REFUSAL, OOPS, (), down).outcome == "failed"
    assert judged(SUCCESS, exchange(CHAT, b"oops", 500), (), down).outcome == "failed"


@pytest.mark.parametrize(
    ("attempts", "got"),
    [
        (tried((500, "complete")), "status 500, and then status 400"),
        (tried((500, "complete"), (502, "complete")), "status 500, status 502, and then status 400"),
        (tried((200, "cut")), "status 200, and then status 400"),
        (tried((429, "complete"), (503, "complete"), (None, "unreachable")), None),
        ((), None),
    ],
)
def test_an_intermittent_failure_is_told_and_fails_nothing(attempts: tuple[Attempt, ...], got: str | None) -> None:
    found = judged(REFUSAL, REFUSED, attempts)
    told = [(finding.rule, finding.level, finding.got) for finding in found.findings]
    assert told == ([("case.intermittent", "may", got)] if got else [])
    assert found.outcome == "passed"
