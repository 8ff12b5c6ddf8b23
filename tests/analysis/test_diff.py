"""Comparisons of two runs: only real regressions count, whatever else has changed."""

from __future__ import annotations

import copy

import pytest
from jsonschema import Draft202012Validator

from conformance.analysis.diff import Diff, diff
from conformance.analysis.gate import Assessment, FailOn, outcomes
from conformance.analysis.gate import fails_run as gate_fails_run
from conformance.core import data_files, reasons
from conformance.core.model import JSON
from conformance.report import diff_text
from tests.support import example_runs

RULE = "messages.stream.unfinished"


def ids(difference: Diff, kind: diff.Kind) -> list[str]:
    return [change.id for change in difference.of(kind)]


def fails_run(difference: Diff, document: JSON, fail_on: FailOn | None) -> bool:
    return gate_fails_run(Assessment(outcomes(document), difference), fail_on)


def failing(document: JSON) -> list[str]:
    return [entry["id"] for entry in document["verdicts"] if entry["outcome"] == "failed"]


def with_rule(document: JSON, name: str, rule: str, level: str = "must") -> JSON:
    """A copy in which one case breaks one more rule."""
    changed = copy.deepcopy(document)
    for entry in changed["verdicts"]:
        if entry["id"] == name:
            place: JSON = {}
            finding = {"rule": rule, "level": level, "step": 1, "expected": "a", "got": "b", "where": place}
            entry["findings"].append(finding)
            entry["outcome"] = "failed" if level == "must" else "warned"
    return changed


@pytest.mark.parametrize("run", [example_runs.clean, example_runs.worse], ids=["clean", "worse"])
def test_a_run_does_not_differ_from_itself(run: object) -> None:
    document = run()  # type: ignore[operator]
    difference = diff(document, document)
    assert {change.kind for change in (*difference.changes, *difference.rules)} <= {"still_failing"}
    assert difference.slower == ()
    assert ids(difference, "still_failing") == failing(document)
    assert not fails_run(difference, document, "regression")


def test_exactly_the_fault_is_a_regression() -> None:
    clean, worse = example_runs.clean(), example_runs.worse()
    difference = diff(clean, worse)
    assert ids(difference, "regressed") == failing(worse) != []
    assert {change.kind for change in difference.changes} == {"regressed"}
    assert {rule for change in difference.changes for rule in change.rules} == {RULE}
    [rule] = difference.rules
    assert (rule.rule, rule.kind, rule.was, rule.now) == (RULE, "regressed", 0, len(failing(worse)))


def test_a_case_that_no_longer_fails_is_fixed() -> None:
    clean, worse = example_runs.clean(), example_runs.worse()
    difference = diff(worse, clean)
    assert ids(difference, "fixed") == failing(worse)
    assert {change.kind for change in difference.changes} == {"fixed"}
    assert [rule.kind for rule in difference.rules] == ["fixed"]


def test_failing_for_a_new_reason_is_a_regression() -> None:
    worse = example_runs.worse()
    first = failing(worse)[0]
    difference = diff(worse, with_rule(worse, first, "messages.stream.another"))
    [change] = difference.of("regressed")
    assert (change.id, change.rules) == (first, ("messages.stream.another",))
    assert fails_run(difference, worse, "regression")


def test_failing_for_one_reason_less_is_still_failing() -> None:
    worse = example_runs.worse()
    first = failing(worse)[0]
    difference = diff(with_rule(worse, first, "messages.stream.another"), worse)
    assert first in ids(difference, "still_failing")
    assert ("messages.stream.another", "fixed") in [(rule.rule, rule.kind) for rule in difference.rules]


def test_new_and_gone() -> None:
    clean = example_runs.clean()
    fewer = {**clean, "verdicts": clean["verdicts"][1:]}
    first = clean["verdicts"][0]["id"]
    assert ids(diff(fewer, clean), "new") == [first]
    assert ids(diff(clean, fewer), "gone") == [first]


def test_newly_unverified_is_neither_a_regression_nor_a_fix() -> None:
    worse = example_runs.worse()
    for name in (failing(worse)[0], example_runs.clean()["verdicts"][0]["id"]):
        unsure = example_runs.with_outcome(worse, name, "unverified")
        assert ids(diff(worse, unsure), "newly_unverified") == [name]
        assert not fails_run(diff(worse, unsure), unsure, "regression")
        assert name not in ids(diff(unsure, worse), "fixed")
        assert name not in ids(diff(unsure, unsure), "newly_unverified")


REASONS_BY_ANSWERS = (example_runs.missing("messages"), example_runs.REJECTED)
REASONS_BY_PROFILE = (f"{reasons.NOT_OFFERED}messages", f"{reasons.DENIED}vision", f"{reasons.NOT_CLAIMED}body_limit")


@pytest.mark.parametrize("reason", REASONS_BY_ANSWERS)
def test_what_passed_and_is_no_longer_answered_is_lost(reason: str) -> None:
    clean = example_runs.clean()
    name = clean["verdicts"][0]["id"]
    now = example_runs.with_outcome(clean, name, "not_applicable", reason)
    [change] = diff(clean, now).changes
    assert (change.kind, change.id, change.was, change.reason) == ("lost", name, "passed", reason)
    assert fails_run(diff(clean, now), now, "regression")
    assert not fails_run(diff(clean, now), now, "must")
    assert diff(now, now).changes == ()


@pytest.mark.parametrize("reason", REASONS_BY_PROFILE)
def test_what_the_profile_leaves_out_is_the_users_decision(reason: str) -> None:
    clean = example_runs.clean()
    now = example_runs.with_outcome(clean, clean["verdicts"][0]["id"], "not_applicable", reason)
    [change] = diff(clean, now).changes
    assert (change.kind, change.reason) == ("withdrawn", reason)
    assert not fails_run(diff(clean, now), now, "regression")


@pytest.mark.parametrize(
    ("models", "named", "kind"),
    [
        ({"default": "other"}, {"default": "other"}, "withdrawn"),  # the user chose another model
        ({"default": "other"}, {}, "lost"),  # the gateway's list has another order
        ({"default": "other"}, {"messages": "other"}, "lost"),  # the user chose it for another endpoint
        ({}, {"default": "same"}, "lost"),  # the user chose the same model
    ],
)
def test_a_capability_that_another_model_lacks_is_not_lost(models: JSON, named: JSON, kind: str) -> None:
    clean = example_runs.clean()
    clean["gateway"] |= {"models": {"default": "same"}}
    name = next(entry["id"] for entry in clean["verdicts"] if entry["endpoint"] == "chat_completions")
    now = example_runs.with_outcome(clean, name, "not_applicable", example_runs.REJECTED)
    now = {**now, "gateway": {**clean["gateway"], "models": {**clean["gateway"]["models"], **models}, "named": named}}
    assert [change.kind for change in diff(clean, now).changes] == [kind]
    gone = example_runs.with_outcome(now, name, "not_applicable", example_runs.missing("chat_completions"))
    assert [change.kind for change in diff(clean, gone).changes] == ["lost"]  # an endpoint does not depend on the model


@pytest.mark.parametrize(
    ("outcome", "kinds"), [("failed", ["withdrawn"]), ("known", ["withdrawn"]), ("unverified", [])]
)
def test_only_what_passed_can_be_lost(outcome: str, kinds: list[str]) -> None:
    clean = example_runs.clean()
    name = clean["verdicts"][0]["id"]
    was = example_runs.with_outcome(clean, name, outcome)
    now = example_runs.with_outcome(clean, name, "not_applicable", example_runs.REJECTED)
    assert [change.kind for change in diff(was, now).changes] == kinds


def test_an_endpoint_that_is_lost_is_one_line_with_its_reason() -> None:
    clean = example_runs.clean()
    now = example_runs.without(clean, "responses")
    number = sum(entry["endpoint"] == "responses" for entry in clean["verdicts"])
    said = list(diff_text.lines(diff(clean, now)))
    assert f"{number} lost" in said
    assert f"lost: {example_runs.missing('responses')} ({number} cases)" in said
    assert diff_text.ADVICE in said
    assert len(said) == 4


def test_a_failure_during_a_transient_error_is_not_a_regression() -> None:
    clean = example_runs.clean()
    first = clean["verdicts"][0]["id"]
    busy = example_runs.with_outcome(clean, first, "unverified")
    entry = next(entry for entry in busy["verdicts"] if entry["id"] == first)
    finding = {
        "rule": "http.error.retry-after",
        "level": "should",
        "expected": "a retry-after",
        "got": "none",
        "step": 0,
    }
    entry["findings"] = [finding]
    found = diff(clean, busy)
    assert ids(found, "newly_unverified") == [first]
    assert not fails_run(found, busy, "regression")
    assert not [change for change in found.rules if change.kind == "regressed"]


def test_a_failure_after_an_unverified_night_is_not_missed() -> None:
    worse = example_runs.worse()
    first = failing(worse)[0]
    unsure = example_runs.with_outcome(worse, first, "unverified")
    assert ids(diff(unsure, worse), "regressed") == [first]


def test_slower_is_shown_and_never_fails() -> None:
    clean = example_runs.clean()
    slow = copy.deepcopy(clean)
    for entry in slow["verdicts"]:
        if entry["endpoint"] == "messages":
            entry["seconds"] += 2
            for exchange in entry["exchanges"]:
                for chunk in exchange["chunks"]:
                    chunk["at"] += 2
    difference = diff(clean, slow)
    assert difference.changes == ()
    assert {(slower.name, slower.what) for slower in difference.slower if "median" in slower.name} == {
        ("messages (median)", "first byte"),
        ("messages (median)", "total"),
    }
    assert not fails_run(difference, slow, "regression")


def test_a_little_slower_is_not_shown() -> None:
    clean = example_runs.clean()
    slow = copy.deepcopy(clean)
    for entry in slow["verdicts"]:
        entry["seconds"] += 0.1
    assert diff(clean, slow).slower == ()


@pytest.mark.parametrize(
    ("fail_on", "clean", "warned", "failed"),
    [(None, False, False, False), ("must", False, False, True), ("should", False, True, True)],
)
def test_what_fails_the_run(fail_on: FailOn | None, clean: bool, warned: bool, failed: bool) -> None:
    run = example_runs.clean()
    should = with_rule(run, run["verdicts"][0]["id"], "x.y", "should")
    for document, expected in ((run, clean), (should, warned), (example_runs.worse(), failed)):
        assert fails_run(diff(run, document), document, fail_on) is expected


def test_another_gateway_is_noted() -> None:
    clean = example_runs.clean()
    other = {**clean, "gateway": {**clean["gateway"], "version": "2.0"}}
    assert diff(clean, other).notes == ("another version of the gateway: none given, then 2.0",)


def test_a_run_of_a_tier_is_compared_by_the_cases_that_both_runs_have() -> None:
    clean, worse = example_runs.clean(), example_runs.worse()
    quick = {**worse, "options": {"--gateway-tier": "quick"}, "verdicts": worse["verdicts"][:-1]}
    assert failing(quick)
    for old, new in ((clean, quick), (quick, clean)):
        difference = diff(old, new)
        assert not difference.of("gone", "new")
        assert any("tier" in note for note in difference.notes)
    assert ids(diff(clean, quick), "regressed") == failing(quick)
    assert diff(clean, quick).notes == ("another tier: full, then quick",)
    assert len(diff(quick, {**quick, "verdicts": quick["verdicts"][1:]}).of("gone")) == 1


def test_the_json_is_of_its_format() -> None:
    document = diff_text.document(diff(example_runs.clean(), example_runs.worse()))
    Draft202012Validator(data_files.schema("diff.schema.json")).validate(_as_read(document))


def _as_read(document: JSON) -> JSON:
    import json

    return json.loads(json.dumps(document))
