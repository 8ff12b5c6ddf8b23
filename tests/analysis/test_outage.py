"""An outage is reported once, and does not count as a regression of each case."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.analysis import outage
from conformance.analysis.diff import diff
from conformance.analysis.gate import Gate, fails_run
from conformance.core.model import JSON
from conformance.report import diff_text, gate_text, markdown, outage_text
from tests.support import example_runs

ANSWERED = 4


def night() -> JSON:
    return example_runs.with_outage(example_runs.clean(), ANSWERED)


def test_the_cases_that_say_nothing() -> None:
    run = night()
    found = outage.find(run)
    assert found.unsent == len(run["verdicts"]) - ANSWERED - 3
    assert [*found.cases] == [one["id"] for one in run["verdicts"][ANSWERED:]] or len(found.cases) == found.unsent + 3
    assert {*found.cases.values()} == {"the gateway has stopped answering (502)"}
    aside = outage.set_aside(run, found)
    assert [one["outcome"] for one in aside["verdicts"][:ANSWERED]] == ["passed"] * ANSWERED
    assert {one["outcome"] for one in aside["verdicts"][ANSWERED:]} == {"unverified"}


def test_a_run_without_an_outage_stays_as_it_is() -> None:
    worse = example_runs.worse()
    assert outage.find(worse) == outage.Outage()
    assert outage.set_aside(worse, outage.Outage()) is worse


def test_a_server_error_in_a_run_that_went_on_is_a_failure() -> None:
    run = night()
    for one in run["verdicts"]:
        if one["outcome"] == "unverified":
            one["outcome"] = "passed"
    assert outage.find(run).cases == {}
    assert diff(example_runs.clean(), run).is_regression


def test_a_broken_rule_in_a_night_with_an_outage_still_counts() -> None:
    """Only findings about a 5xx, or about a missing answer, are the outage's."""
    run = night()
    run["verdicts"][ANSWERED]["findings"][0]["rule"] = "case.answered"
    assert run["verdicts"][ANSWERED]["id"] in outage.find(run).cases
    run["verdicts"][0] |= {"outcome": "failed", "findings": example_runs.worse_findings()}
    difference = diff(example_runs.clean(), run)
    assert [change.id for change in difference.of("regressed")] == [run["verdicts"][0]["id"]]
    assert difference.is_regression


def test_it_is_reported_once_and_not_as_a_regression() -> None:
    clean, run = example_runs.clean(), night()
    assessment = Gate(baseline=clean, fail_on="regression").assess(run, ())
    assert assessment.difference
    assert not assessment.difference.is_regression
    assert assessment.difference.problems == ()
    assert {change.kind for change in assessment.difference.changes} == {"outage"}
    assert fails_run(assessment, "regression")
    number = len(run["verdicts"]) - ANSWERED
    said = "\n".join(diff_text.lines(assessment.difference))
    assert f"outage: the gateway has stopped answering (502) ({number} cases)" in said
    assert said.count("the gateway has stopped answering (502)") == 1
    end = "\n".join([*outage_text.lines(run, assessment), *gate_text.lines(assessment, "regression")])
    assert end.count("stopped answering") == 1
    assert f"{number} outage\n" in end
    for each in (said, end):
        assert "regressed" not in each
        assert "newly unverified" not in each
    text = markdown.diff(assessment.difference)
    assert f"**Outage ({number})**" in text
    assert "egressed" not in text


def test_a_baseline_with_an_outage_hides_nothing() -> None:
    worse = example_runs.worse()
    broken = [one["id"] for one in worse["verdicts"] if one["outcome"] == "failed"]
    difference = diff(night(), worse)
    assert [change.id for change in difference.of("regressed")] == broken
    assert difference.is_regression


def test_a_case_without_a_verdict_for_the_same_reason_belongs_to_the_outage() -> None:
    run = night()
    busy, slow = run["verdicts"][ANSWERED], run["verdicts"][0]
    busy |= {"outcome": "unverified", "reason": "the gateway answered 503: overloaded", "findings": []}
    slow |= {"outcome": "unverified", "reason": "the model did not do it"}
    found = outage.find(run).cases
    assert busy["id"] in found
    assert slow["id"] not in found


@pytest.mark.parametrize("facts", [["status=502"], []])
def test_the_facts_say_it_where_the_exchanges_are_left_out(facts: list[str]) -> None:
    run: Any = night()
    hit = run["verdicts"][ANSWERED]
    hit["exchanges"] = []
    hit["observed"] = [{"facts": facts, "held": []}]
    assert (hit["id"] in outage.find(run).cases) is bool(facts)


def test_an_endpoint_that_does_not_answer_is_an_outage_of_its_cases() -> None:
    run = example_runs.clean()
    for one in run["verdicts"]:
        if one["endpoint"] == "messages":
            one |= {"outcome": "unverified", "reason": "the gateway answered 503", "lacks": ["answers"]}
    difference = diff(example_runs.clean(), run)
    assert {change.reason for change in difference.of("outage")} == {"the messages endpoint does not answer"}
    assert {change.kind for change in difference.changes} == {"outage"}
