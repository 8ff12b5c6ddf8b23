"""Attributes broken rules to the gateway or to its upstream, if the case was also run on the upstream."""

from __future__ import annotations

from conformance.core.model import Finding, Level, Outcome, Verdict
from conformance.judge.blame import blamed
from conformance.suite.load import load_cases
from tests.support.paths import ROOT

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


def test_a_warning_stays_a_warning_with_any_attribution() -> None:
    for behind in (verdict("passed"), verdict("warned", finding("a", level="should"))):
        found = blamed(verdict("warned", finding("a", level="should")), behind)
        assert found.outcome == "warned"
        assert found.findings[0].blame
