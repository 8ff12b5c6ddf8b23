"""Verdicts on a case and its exchanges: every outcome."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import JSON, Breach, Exchange, Verdict
from conformance.judge import contract
from conformance.judge.checks import Check
from conformance.judge.control import ASSUMED
from conformance.judge.verdict import judge_case
from conformance.protocol.reading import Reading
from conformance.target.profile import Profile
from tests.support.judging import BAD_REQUEST, BROKEN, EITHER, GOOD, REFUSAL, SUCCESS, WRONG_TEXT, case, ended, verdict
from tests.support.wire import CHAT, MESSAGES, anthropic_error, exchange, messages_answer, openai_error


def test_an_expected_answer_passes() -> None:
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


def test_a_mistake_that_is_answered_with_a_5xx_fails_in_a_should_case_too() -> None:
    """The SDKs send the request again after a 5xx, so the mistake costs time and money whatever the case is about."""

    def answered(status: int, expect: Mapping[str, JSON] = REFUSAL, *marks: str) -> tuple[str, set[str]]:
        kind = "server_error" if status >= 500 else "invalid_request_error"
        error = exchange(CHAT, openai_error(type=kind), status)
        return ended(verdict(replace(case(expect, level="should"), marks=marks), error))

    assert answered(500) == answered(502) == ("failed", {"case.status"})
    for status in (404, 501):
        assert answered(status)[0] == "warned"
    assert answered(500, EITHER)[0] == "warned", "the request may be valid"
    assert answered(500, REFUSAL, "later")[0] == "warned", "the case is newer than the requirement set"


def test_a_case_that_could_not_go_on_is_unverified() -> None:
    found = verdict(case({"outcome": "success"}, SUCCESS), GOOD)
    assert (found.outcome, found.findings) == ("unverified", ())
    assert found.reason == "a step did not return the value that the next step needs"


def test_a_case_that_could_not_go_on_for_a_broken_rule_fails() -> None:
    assert ended(verdict(case(SUCCESS, SUCCESS), WRONG_TEXT)) == ("failed", {"case.answer-text"})
    assert ended(verdict(case(SUCCESS, SUCCESS), BAD_REQUEST)) == ("failed", {"case.accepted"})


def test_a_case_of_which_nothing_was_sent_is_unverified() -> None:
    assert verdict(case(SUCCESS)).outcome == "unverified"


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


def test_a_redirect_is_not_an_answer() -> None:
    outcome, rules = ended(verdict(case(SUCCESS), exchange(CHAT, "", 302, headers=(("location", "/login"),))))
    assert outcome == "failed"
    assert "case.answered" in rules


@pytest.mark.fuzz
@pytest.mark.parametrize(
    "body", [b"", b"\xff\xfe", b"null", b"[]", b'"text"', b"[" * 100_000, b"data: x\n\n", b"{}"], ids=range(8)
)
@pytest.mark.parametrize("expect", [SUCCESS, REFUSAL, EITHER])
@pytest.mark.parametrize("status", [200, 204, 302, 400, 500])
def test_any_body_is_judged_without_an_exception(body: bytes, expect: Mapping[str, JSON], status: int) -> None:
    for family in (CHAT, MESSAGES):
        kinds: dict[str, Any] = {} if body else {"headers": ()}
        found = verdict(case(expect, family=family), exchange(family, body, status, **kinds))
        assert found.outcome in ("passed", "failed", "warned")


def test_an_error_in_the_other_vendors_envelope_fails() -> None:
    assert (
        verdict(case(REFUSAL), exchange(CHAT, anthropic_error("x: unknown", "invalid_request_error"), 400)).outcome
        == "failed"
    )


def test_an_internal_error_makes_the_case_unverified(monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(reading: Reading) -> Iterator[Breach]:
        raise TypeError("unhashable type")
        yield

    mistake = Check(stumbles, (), (), "any", frozenset())
    monkeypatch.setattr(contract, "applicable", lambda reading: [mistake])
    found = judge_case(case(SUCCESS), [GOOD], Profile(), ASSUMED)
    assert (found.outcome, found.exchanges) == ("unverified", (GOOD,))
    assert found.reason == "internal error in the suite, please report it (TypeError: unhashable type)"


def test_a_run_that_ended_before_the_case_knows_failures_only() -> None:
    unsent = "not sent: the budget is spent"

    def ended_early(*exchanges: Exchange) -> Verdict:
        return judge_case(case(SUCCESS, SUCCESS), exchanges, Profile(), ASSUMED, unsent)

    for exchanges in ((GOOD,), (GOOD, GOOD), (WRONG_TEXT,), (GOOD, WRONG_TEXT), ()):
        assert (ended_early(*exchanges).outcome, ended_early(*exchanges).reason) == ("unverified", unsent)
    for exchanges in ((BROKEN,), (GOOD, BROKEN), (BAD_REQUEST,)):
        assert ended_early(*exchanges).outcome == "failed"
