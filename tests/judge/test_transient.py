"""Transient errors and outages are unverified; errors that the gateway causes are failures."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from conformance.core.model import JSON
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
