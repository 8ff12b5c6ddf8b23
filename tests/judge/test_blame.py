"""Attributes broken rules to the gateway or to its upstream, if the case was also run on the upstream."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.core.model import Exchange, Finding, Level, Outcome, Verdict
from conformance.judge.blame import blamed
from conformance.suite.load import load_cases
from tests.support.paths import ROOT
from tests.support.wire import CHAT, chat_answer, exchange, openai_error

CASE = load_cases(ROOT / "cases")[0]


def finding(rule: str, step: int = 0, level: Level = "must") -> Finding:
    return Finding(rule, level, step=step, expected="this", got="that")


def verdict(outcome: Outcome, *findings: Finding) -> Verdict:
    return Verdict(CASE, outcome, findings)


def blames(found: Verdict) -> list[tuple[str, str]]:
    return [(finding.rule, finding.blame) for finding in found.findings]


def test_a_rule_that_both_break_is_the_upstreams_and_a_rule_that_only_the_gateway_breaks_is_the_gateways() -> None:
    found = blamed(verdict("failed", finding("a"), finding("b")), verdict("failed", finding("a")))
    assert blames(found) == [("a", "upstream"), ("b", "gateway")]
    assert found.outcome == "failed"
    assert found.upstream is not None


def test_a_failure_of_the_upstream_alone_is_unverified() -> None:
    found = blamed(verdict("failed", finding("a"), finding("b", level="should")), verdict("failed", finding("a")))
    assert blames(found) == [("a", "upstream"), ("b", "gateway")]
    assert found.outcome == "unverified"
    assert found.reason == "the upstream itself breaks a when it is asked directly, so the gateway is not to blame"


def test_the_same_rule_at_another_step_is_another_mistake() -> None:
    found = blamed(verdict("failed", finding("a", 1)), verdict("failed", finding("a", 0)))
    assert blames(found) == [("a", "gateway")]
    assert found.outcome == "failed"


def test_an_unverified_upstream_does_not_excuse_the_gateway() -> None:
    for outcome in ("unverified", "not_applicable"):
        found = blamed(verdict("failed", finding("a")), verdict(outcome, finding("a")))
        assert blames(found) == [("a", "")]
        assert found.outcome == "failed"


FORMAT = "chat.object.shape"


def called() -> Exchange:
    """An answer with a tool call and no text."""
    answer = chat_answer("")
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    answer["choices"][0]["message"] |= {"content": None, "tool_calls": [call]}
    return exchange(CHAT, answer)


ANSWER, OTHER_ANSWER = exchange(CHAT, chat_answer("Hello")), exchange(CHAT, chat_answer("I am a teapot"))
ERROR = exchange(CHAT, openai_error("no"), 400)
BUSY = exchange(CHAT, openai_error("busy"), 503)


@pytest.mark.parametrize(
    ("gateway", "upstream", "shared", "blame"),
    [
        (ANSWER, OTHER_ANSWER, False, "gateway"),
        (ANSWER, OTHER_ANSWER, True, "upstream"),
        (ERROR, ERROR, False, "gateway"),
        (called(), OTHER_ANSWER, False, ""),  # the upstream's model called no tool
        (ANSWER, BUSY, False, ""),
        (ANSWER, replace(OTHER_ANSWER, ended="cut"), False, ""),
        (ERROR, OTHER_ANSWER, False, ""),
    ],
    ids=range(7),
)
@pytest.mark.parametrize("outcome", ["unverified", "not_applicable"])
def test_the_format_of_an_answer_is_compared_whatever_the_model_says(
    gateway: Exchange, upstream: Exchange, shared: bool, blame: str, outcome: Outcome
) -> None:
    own = replace(verdict("failed", finding(FORMAT), finding("case.answer-text")), exchanges=(gateway,))
    behind = replace(verdict(outcome, *[finding(FORMAT)] * shared, finding("case.answer-text")), exchanges=(upstream,))
    found = blamed(own, behind)
    assert blames(found) == [(FORMAT, blame), ("case.answer-text", "")]
    assert found.outcome == "failed"


def test_an_upstream_whose_model_disobeys_clears_the_gateway_of_the_format_that_both_have() -> None:
    own = replace(verdict("failed", finding(FORMAT)), exchanges=(ANSWER,))
    found = blamed(own, replace(verdict("unverified", finding(FORMAT)), exchanges=(OTHER_ANSWER,)))
    assert (found.outcome, blames(found)) == ("unverified", [(FORMAT, "upstream")])


def test_a_step_that_the_upstream_did_not_reach_has_no_blame() -> None:
    own = replace(verdict("failed", finding(FORMAT, 1)), exchanges=(ANSWER, ANSWER))
    found = blamed(own, replace(verdict("unverified"), exchanges=(OTHER_ANSWER,)))
    assert blames(found) == [(FORMAT, "")]


def test_a_warning_stays_a_warning_with_any_attribution() -> None:
    for behind in (verdict("passed"), verdict("warned", finding("a", level="should"))):
        found = blamed(verdict("warned", finding("a", level="should")), behind)
        assert found.outcome == "warned"
        assert found.findings[0].blame
