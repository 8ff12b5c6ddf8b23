"""The gate as one table: the assessment of a run, the options, and whether the run fails."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.analysis import gate
from conformance.analysis.diff import Change, Diff
from conformance.analysis.gate import (
    NO_BASELINE,
    Assessment,
    FailOn,
    Gate,
    entry_fails_test,
    fails_run,
    fails_test,
    gate_from_options,
)
from conformance.analysis.known_failures import KnownFailure, ListMistake
from conformance.core.model import Level, Outcome
from conformance.core.reasons import STOPPED
from conformance.core.yaml_input import InputError
from conformance.report import gate_text

OPTIONS: tuple[FailOn | None, ...] = (None, "regression", "must", "should")

REGRESSED = Diff((Change("regressed", "a/b/c", "passed", "failed", ("x.y",)),))
STILL_FAILING = Diff((Change("still_failing", "a/b/c", "failed", "failed", ("x.y",)),))
LOST = Diff((Change("lost", "a/b/c", "passed", "not_applicable", reason="the gateway has no messages endpoint"),))
WITHDRAWN = Diff((Change("withdrawn", "a/b/c", "passed", "not_applicable", reason="the profile denies vision"),))
UNVERIFIED = Diff((Change("newly_unverified", "a/b/c", "passed", "unverified"),))
STALE = ListMistake("stale", KnownFailure("a/b/c", "r"), "known.yaml:2: a/b/c no longer fails")


def outcomes(*found: Outcome) -> frozenset[Outcome]:
    return frozenset(found)


NOTHING: dict[str, bool] = {}
FAILED_TESTS = {"failed_tests": True}
ERRORS = {"failed_tests": True, "errors": True}

TABLE: dict[str, tuple[Assessment, dict[str, bool], tuple[bool, bool, bool, bool]]] = {
    "passed": (Assessment(outcomes("passed")), NOTHING, (False, False, False, False)),
    "not applicable": (Assessment(outcomes("not_applicable")), NOTHING, (False, False, False, False)),
    "known": (Assessment(outcomes("known")), NOTHING, (False, False, False, False)),
    "warned": (Assessment(outcomes("warned")), NOTHING, (False, False, False, True)),
    "warned, strict": (Assessment(outcomes("warned")), FAILED_TESTS, (True, False, False, True)),
    "unverified": (Assessment(outcomes("unverified")), FAILED_TESTS, (True, False, False, False)),
    "failed": (Assessment(outcomes("failed")), FAILED_TESTS, (True, False, True, True)),
    "failed and passed": (Assessment(outcomes("failed", "passed")), FAILED_TESTS, (True, False, True, True)),
    "regressed": (Assessment(outcomes("failed"), REGRESSED), FAILED_TESTS, (True, True, True, True)),
    "regressed, warned": (Assessment(outcomes("warned"), REGRESSED), NOTHING, (False, True, False, True)),
    "lost": (Assessment(outcomes("not_applicable"), LOST), NOTHING, (False, True, False, False)),
    "withdrawn": (Assessment(outcomes("not_applicable"), WITHDRAWN), NOTHING, (False, False, False, False)),
    "still failing": (Assessment(outcomes("failed"), STILL_FAILING), FAILED_TESTS, (True, False, True, True)),
    "newly unverified": (Assessment(outcomes("unverified"), UNVERIFIED), FAILED_TESTS, (True, False, False, False)),
    "endpoint silent": (Assessment(outcomes("unverified"), silent=("m",)), FAILED_TESTS, (True, True, True, True)),
    "gateway stopped": (Assessment(outcomes("unverified"), unsent=3), FAILED_TESTS, (True, True, True, True)),
    "stale entry": (Assessment(outcomes("passed"), mistakes=(STALE,)), NOTHING, (True, True, True, True)),
    "error in a fixture": (Assessment(outcomes("passed")), ERRORS, (True, True, True, True)),
    "failed in an earlier part": (Assessment(outcomes("failed")), FAILED_TESTS, (True, False, True, True)),
}
"""Name -> the assessment, the problems that pytest found, and whether the run fails with each of OPTIONS."""


@pytest.mark.parametrize("name", TABLE)
def test_whether_a_run_fails(name: str) -> None:
    assessment, found, expected = TABLE[name]
    assert tuple(fails_run(assessment, fail_on, **found) for fail_on in OPTIONS) == expected


@pytest.mark.parametrize(
    ("outcome", "levels", "normal", "strict"),
    [
        ("passed", (), False, False),
        ("passed", ("may", "info"), False, False),
        ("not_applicable", (), False, False),
        ("known", ("must",), False, False),
        ("warned", ("should",), False, True),
        ("warned", (), False, False),
        ("failed", ("must",), True, True),
        ("failed", (), True, True),
        ("unverified", (), True, True),
    ],
)
def test_whether_a_test_fails(outcome: Outcome, levels: tuple[Level, ...], normal: bool, strict: bool) -> None:
    assert fails_test(outcome, levels, strict=False) is normal
    assert fails_test(outcome, levels, strict=True) is strict


def test_only_a_loss_is_a_loss() -> None:
    assert Assessment(difference=LOST).has_lost
    assert not Assessment(difference=WITHDRAWN).has_lost
    assert not Assessment().has_lost


def test_a_regression_needs_a_baseline() -> None:
    with pytest.raises(InputError, match=r"--gateway-fail-on regression: .*; give its run.json with --gateway-base"):
        gate_from_options(None, None, "regression")
    assert gate_from_options(None, NO_BASELINE, "regression").baseline is None
    assert gate_from_options(None, None, "must").baseline is None
    said = list(gate_text.lines(Assessment(), "regression"))
    assert said == ["note: there is no baseline, so no case can regress"]
    assert not list(gate_text.lines(Assessment(), "must"))


def entry(outcome: Outcome, reason: str = "", **finding: str) -> Any:
    found = [{"rule": "x.y", "level": "should", "where": {}, **finding}] if finding else []
    said = {"outcome": outcome, "reason": reason, "findings": found, "exchanges": ()}
    return {"id": "a/b/c", "endpoint": "messages", **said}


def test_a_finding_that_is_blamed_on_the_upstream_fails_no_test() -> None:
    assert entry_fails_test(entry("warned", blame="gateway"), strict=True)
    assert not entry_fails_test(entry("warned", blame="upstream"), strict=True)


@pytest.mark.parametrize(
    ("outcome", "reason", "unsent"),
    [
        ("unverified", f"{STOPPED} after 5 requests", 1),
        ("unverified", "the budget of --max-requests is spent", 0),
        ("passed", f"{STOPPED} after 5 requests", 0),
    ],
)
def test_only_a_gateway_that_stopped_counts_as_unsent(outcome: Outcome, reason: str, unsent: int) -> None:
    document: Any = {"gateway": {"models": {}}, "verdicts": [entry(outcome, reason)]}
    assert Gate().assess(document, ()) == Assessment(frozenset({outcome}), unsent=unsent)


@pytest.mark.parametrize(
    ("others", "lacks", "silent"),
    [
        ([], ["answers"], ("messages",)),
        ([], ["obeys"], ()),
        ([entry("passed")], ["answers"], ()),
        ([entry("failed")], ["answers"], ()),
        ([entry("not_applicable")], ["answers"], ("messages",)),
        ([entry("unverified", f"{STOPPED} after 5 requests")], ["answers"], ("messages",)),
    ],
)
def test_an_endpoint_is_silent_if_none_of_its_cases_was_judged(others: Any, lacks: Any, silent: Any) -> None:
    unanswered = {**entry("unverified", "the gateway answered 503: overloaded"), "lacks": lacks}
    document: Any = {"gateway": {"models": {}}, "verdicts": [unanswered, *others]}
    assert Gate().assess(document, ()).silent == silent


def test_the_list_marks_a_verdict_as_known(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = entry("failed", level="must")
    listed = Gate(listed=[KnownFailure("a/b/*", "the proxy drops it")])
    assert listed.settle(failed, {})["outcome"] == "known"
    assert Gate().settle(failed, {}) == failed
    monkeypatch.setattr(gate.known_failures, "_expired", lambda entry, today: True)
    assert listed.settle(failed, {}) == failed
