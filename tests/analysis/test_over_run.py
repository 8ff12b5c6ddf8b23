"""Findings over a whole run: in run.json, in the exit code, in reports, and computed again from the exchanges."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.analysis import known_failures, over_run, recordings, rejudge
from conformance.analysis.diff import diff
from conformance.analysis.gate import FailOn, Gate, fails_run, outcomes, over_run_fails
from conformance.analysis.known_failures import KnownFailure
from conformance.core import data_files
from conformance.core.model import Exchange, Verdict
from conformance.records import har, merge, run_document
from conformance.records.run_format import RunDocument
from conformance.report import annotations, badge, markdown, summary
from conformance.report.html.run import render
from conformance.report.problems import text as problems_text
from conformance.target.profile import Profile
from tests.support.judging import SUCCESS, case
from tests.support.wire import CHAT, chat_answer, exchange

TODAY = date(2026, 1, 1)
ONE, TWO = "chat_completions/text/one", "chat_completions/text/two"
TWICE = "rules broken over the whole run:"


def asked(text: str, **answer: Any) -> Exchange:
    return exchange(CHAT, {**chat_answer(), **answer}, ask={"messages": [{"role": "user", "content": text}]})


def document(*exchanges: Exchange, aliases: dict[str, list[str]] | None = None) -> RunDocument:
    """A run of cases that passed, one for each exchange, with the findings over it."""
    verdicts = [
        run_document.verdict(Verdict(replace(case(SUCCESS), id=name), "passed", exchanges=(each,)))
        for name, each in zip((ONE, TWO), exchanges, strict=True)
    ]
    for entry in verdicts:
        del entry["observed"]  # these verdicts were not made by the judge; the facts are then read from the exchanges
    gateway: Any = {"base_url": "http://x/v1", "models": {"default": "m"}, "claims": {"aliases": aliases or {}}}
    made = run_document.document(gateway, "2026-01-01T00:00:00+00:00", 1.0, verdicts)
    return over_run.renewed(made)


BROKEN = document(asked("One"), asked("Two"))
GOOD = document(asked("One"), asked("Two", id="chatcmpl-2"))
OTHER_MODEL = document(asked("One", model="blend"), asked("Two", model="blend", id="chatcmpl-2"))
LISTED = KnownFailure("chat_completions/*", "ids are counted", rule="run.answer-id")


def test_the_findings_are_a_member_of_the_report() -> None:
    (entry,) = BROKEN["over_run"]
    assert (entry["rule"], entry["level"], entry["cases"]) == ("run.answer-id", "must", [ONE, TWO])
    assert "run.answer-id" in BROKEN["rules"]
    assert GOOD["over_run"] == []
    for each in (BROKEN, GOOD, OTHER_MODEL):
        Draft202012Validator(data_files.schema("report.schema.json")).validate(each)


def test_an_alias_of_the_profile_may_answer() -> None:
    (entry,) = OTHER_MODEL["over_run"]
    assert (entry["rule"], entry["level"]) == ("run.model", "should")
    assert document(asked("One", model="blend"), asked("Two", id="x"), aliases={"m": ["blend"]})["over_run"] == []


@pytest.mark.parametrize(
    ("run", "fails", "strict", "by_option"),
    [
        (GOOD, False, False, (False, False)),
        (BROKEN, True, True, (True, True)),
        (OTHER_MODEL, False, True, (False, True)),
    ],
)
def test_a_required_rule_fails_the_run(
    run: RunDocument, fails: bool, strict: bool, by_option: tuple[bool, bool]
) -> None:
    assert (over_run_fails(run, strict=False), over_run_fails(run, strict=True)) == (fails, strict)
    options: tuple[FailOn, ...] = ("must", "should")
    assert tuple(fails_run(Gate().assess(run, ()), option) for option in options) == by_option


def test_a_rule_that_the_baseline_kept_is_a_regression() -> None:
    (change,) = diff(GOOD, BROKEN).changes
    assert (change.kind, change.id, change.rules) == ("regressed", f"{CHAT}: the whole run", ("run.answer-id",))
    assert fails_run(Gate(baseline=GOOD).assess(BROKEN, ()), "regression")
    assert [change.kind for change in diff(BROKEN, BROKEN).changes] == ["still_failing"]
    assert [change.kind for change in diff(BROKEN, GOOD).changes] == ["fixed"]
    assert not fails_run(Gate(baseline=BROKEN).assess(BROKEN, ()), "regression")
    earlier: Any = {name: value for name, value in GOOD.items() if name != "over_run"}
    assert [change.kind for change in diff(earlier, BROKEN).changes] == ["new"]
    assert diff(earlier, GOOD).changes == ()


def test_a_listed_finding_is_known_and_its_entry_is_not_stale() -> None:
    settled, mistakes = known_failures.apply(BROKEN, [LISTED], TODAY)
    assert settled["over_run"][0]["known"] == "known: ids are counted"
    assert mistakes == ()
    assert outcomes(settled) == {"passed", "known"}
    assert not over_run_fails(settled, strict=True)
    for other in (replace(LISTED, rule=""), replace(LISTED, cases=ONE), replace(LISTED, expires=date(2025, 1, 1))):
        assert "known" not in known_failures.apply(BROKEN, [other], TODAY)[0]["over_run"][0]
    (mistake,) = known_failures.apply(GOOD, [LISTED], TODAY)[1]
    assert mistake.kind == "stale"


def test_merged_shards_are_judged_together() -> None:
    whole: RunDocument = {**BROKEN, "rules": {}}
    first, second = ({**whole, "verdicts": [entry]} for entry in whole["verdicts"])
    shards: dict[str, Any] = {
        str(index): over_run.renewed({**part, "shard": {"index": index, "of": 2, "fingerprint": "f"}})  # type: ignore[typeddict-item]
        for index, part in ((1, first), (2, second))
    }
    assert all(part["over_run"] == [] for part in shards.values())
    merged = over_run.renewed(merge.merged(shards))
    assert merged["over_run"] == BROKEN["over_run"]
    assert merged["rules"] == BROKEN["rules"]


def test_what_is_known_stays_known_when_it_is_computed_again() -> None:
    settled, _ = known_failures.apply(BROKEN, [LISTED], TODAY)
    assert over_run.renewed(settled)["over_run"][0]["known"] == "known: ids are counted"


def test_verify_judges_the_run_as_a_whole() -> None:
    def whole(run: RunDocument) -> list[str]:
        found = rejudge.verify(run, (), Profile()).differences
        return [difference.sentence for difference in found if difference.id == "the whole run"]

    assert whole(BROKEN) == whole(GOOD) == []
    forged: RunDocument = {**BROKEN, "over_run": []}
    (sentence,) = whole(forged)
    assert "(none; re-judged: run.answer-id)" in sentence
    assert rejudge.verify(BROKEN, (), Profile()).unstated == ()


def test_a_run_of_an_earlier_version_states_no_findings_over_the_run() -> None:
    earlier = dict(BROKEN)
    del earlier["over_run"]
    found = rejudge.verify(earlier, (), Profile())  # type: ignore[arg-type]
    assert found.unstated == ("run.answer-id",)
    assert "the whole run" not in {difference.id for difference in found.differences}


def test_reports_show_the_findings() -> None:
    run = Path("reports/run.json")
    assert any("MUST run.answer-id" in line for line in problems_text.summary(BROKEN, run))
    assert list(problems_text.summary(GOOD, run)) == []
    without_problems: RunDocument = {**BROKEN, "problems": []}
    assert TWICE in list(summary.lines(without_problems, Path("reports")))
    assert TWICE not in list(summary.lines(GOOD, Path("reports")))
    assert "| 1 | must | `run.answer-id` " in markdown.run(BROKEN)
    assert "run.answer-id" not in markdown.run(GOOD)
    assert badge.message(BROKEN) == "not judged: chat 2 of 2 pass, 1 rule broken together"
    assert badge.message(GOOD) == badge.message(OTHER_MODEL) == "not judged: chat 2 of 2 pass"
    assert [badge.document(run)["color"] for run in (BROKEN, GOOD)] == ["red", "lightgrey"]
    (line,) = annotations.lines(BROKEN)
    assert line.startswith("::error title=run.answer-id (every Chat Completions answer)::")
    page = render(BROKEN)
    assert "Broken over the whole run" in page
    assert "Every case keeps the required rules, but the whole run breaks 1 rule." in page
    assert "Broken over the whole run" not in render(GOOD)


def test_recorded_sessions_are_checked_as_a_whole(tmp_path: Path) -> None:
    exchanges = [asked("One"), asked("Two")]
    session = tmp_path / "session.har"
    session.write_text(json.dumps(har.document(exchanges, "1")))
    assert "run.answer-id" in recordings.check_files([session]).counts
    again = tmp_path / "again.har"
    again.write_text(json.dumps(har.document([exchanges[0], exchanges[0]], "1")))
    assert "run.answer-id" not in recordings.check_files([again]).counts


def test_a_collection_of_recordings_is_not_a_session(tmp_path: Path) -> None:
    run = tmp_path / "run.json"
    run.write_text(json.dumps(BROKEN))
    assert "run.answer-id" in recordings.check_files([run]).counts
    lines = tmp_path / "all.jsonl"
    rows = [
        {
            "family": "chat",
            "request": {"method": "POST", "url": each.request.url, "body": json.loads(each.request.body)},
            "response": {"status": 200, "headers": dict(each.headers), "body": each.chunks[0].data.decode()},
        }
        for each in (asked("One"), asked("Two"))
    ]
    lines.write_text("\n".join(map(json.dumps, rows)))
    assert "run.answer-id" not in recordings.check_files([lines]).counts
