"""The history of several runs: which cases and rules changed, and when."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.analysis import history
from conformance.analysis.states import Kind
from conformance.cli import main
from conformance.core.model import JSON
from conformance.core.reasons import NOT_OFFERED
from conformance.report import history_text
from conformance.report.html import history as page
from tests.support import example_runs


def night(day: int, document: JSON) -> JSON:
    return {**document, "started": f"2026-01-{day:02}T02:00:00+00:00"}


def runs_of(pattern: str) -> list[JSON]:
    """A run for each character: `.` clean, `x` worse, `?` nothing could be judged."""
    first = failing()[0]
    made = {
        ".": example_runs.clean(),
        "x": example_runs.worse(),
        "?": example_runs.with_outcome(example_runs.worse(), first, "unverified"),
    }
    return [night(day, made[sign]) for day, sign in enumerate(pattern, 1)]


def failing() -> list[str]:
    return [entry["id"] for entry in example_runs.worse()["verdicts"] if entry["outcome"] == "failed"]


PATTERNS: dict[str, tuple[Kind, list[tuple[int, str]]]] = {
    "..x": ("regressed", [(1, "kept"), (3, "broken")]),
    ".xx.": ("fixed", [(1, "kept"), (2, "broken"), (4, "kept")]),
    "x.": ("fixed", [(1, "broken"), (2, "kept")]),
    "xx": ("failing", [(1, "broken")]),
    "x.x": ("flaky", [(1, "broken"), (2, "kept"), (3, "broken")]),
    ".x.x.": ("flaky", [(1, "kept"), (2, "broken"), (3, "kept"), (4, "broken"), (5, "kept")]),
    ".?x": ("regressed", [(1, "kept"), (3, "broken")]),
    "x?x": ("failing", [(1, "broken")]),
    "?x?": ("unjudged", [(2, "broken")]),
    ".x?": ("unjudged", [(1, "kept"), (2, "broken")]),
    "x.?": ("fixed", [(1, "broken"), (2, "kept")]),
}


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_case_and_rule_over_the_nights(pattern: str) -> None:
    found = history.history(reversed(runs_of(pattern)))
    kind, turns = PATTERNS[pattern]
    line = next(line for line in found.lines if line.case == failing()[0])
    assert line.kind == kind
    assert line.rule == "messages.stream.unfinished"
    assert line.turns == tuple((f"2026-01-{day:02}T02:00:00+00:00", state) for day, state in turns)
    assert len(line.states) == len(pattern) == len(found.runs)


def test_a_rule_that_never_broke_is_not_listed() -> None:
    assert history.history(runs_of("...")).lines == ()
    assert {line.case for line in history.history(runs_of(".x")).lines} == set(failing())


def broken_in(cases: list[str]) -> JSON:
    return example_runs.damaged(example_runs.clean(), example_runs.without_the_end, lambda one: one["id"] in cases)


def test_a_problem_has_a_first_and_a_last_night_even_if_its_scope_changes() -> None:
    narrow, wide = broken_in(failing()[:1]), example_runs.worse()
    assert narrow["problems"][0]["id"] != wide["problems"][0]["id"]
    nights = [example_runs.clean(), narrow, wide, example_runs.clean(), example_runs.worse()]
    [line] = history.history(night(day, run) for day, run in enumerate(nights, 1)).problems
    assert (line.id, line.kind, line.cases) == (wide["problems"][0]["id"], "flaky", len(failing()))
    assert line.states == ("kept", "broken", "broken", "kept", "broken")
    assert (line.first[:10], line.last[:10]) == ("2026-01-02", "2026-01-05")


def test_problems_come_before_cases() -> None:
    found = history.history(runs_of(".x"))
    _, heading, problem, *rest = history_text.lines(found)
    name = example_runs.worse()["problems"][0]["id"]
    words = "every streamed Messages answer"
    assert heading == "problems: 1"
    assert problem == (
        f"  |.x| must {name}: {words} ({len(failing())} cases): regressed and still broken, "
        "first 2026-01-02 02:00, last 2026-01-02 02:00"
    )
    assert rest[0].startswith("regressed and still broken: ")
    assert f"{name}: {words}" in page.render(found)


def test_two_problems_of_one_rule_are_two_lines() -> None:
    run = example_runs.worse()
    [first] = run["problems"]
    second = {**first, "id": "x@responses", "cases": ["responses/text/input"]}
    run["problems"] = [first, {**second, "scope": {"facts": ["endpoint=responses"], "words": "every one"}}]
    run["verdicts"] += [{**run["verdicts"][0], "id": "responses/text/input"}]
    assert len(history.history([night(1, run)]).problems) == 2


def test_a_history_of_problems_needs_no_lines() -> None:
    whole, short = (history.history(runs_of(".x."), cases=cases) for cases in (True, False))
    assert whole.lines
    assert short == replace(whole, lines=())


def test_a_night_of_outage_is_not_judged() -> None:
    nights = [example_runs.clean(), example_runs.worse(), example_runs.with_outage(example_runs.clean(), 2)]
    found = history.history(night(day, run) for day, run in enumerate(nights, 1))
    assert {line.kind for line in found.lines} == {"unjudged"}
    assert {line.rule for line in found.lines} == {"messages.stream.unfinished"}
    assert [line.kind for line in found.problems] == ["unjudged"]
    said = list(history_text.lines(found))
    count = found.runs[-1].down
    assert f"outage 2026-01-03 02:00: {count} cases not judged" in said
    assert not any("still broken" in line for line in said)
    assert any(line.endswith("regressed 2026-01-02 02:00, not judged since 2026-01-03 02:00 (outage)") for line in said)
    assert "Outage 2026-01-03 02:00" in page.render(found)


LOST = example_runs.missing("responses")


@pytest.mark.parametrize(
    ("pattern", "since"),
    [(".o", 2), ("..oo", 3), (".o.", 0), ("o.o", 3), (".?o", 3), ("o", 0), ("o?", 0), (".p", 0), (".op", 0), ("po", 0)],
)
def test_since_when_an_endpoint_is_lost(pattern: str, since: int) -> None:
    """`o` the gateway does not have the endpoint, `p` the profile leaves it out."""
    clean = example_runs.clean()
    own = {entry["id"] for entry in clean["verdicts"] if entry["endpoint"] == "responses"}
    made = {
        ".": clean,
        "o": example_runs.without(clean, "responses"),
        "p": example_runs.inapplicable(clean, lambda entry: entry["id"] in own, f"{NOT_OFFERED}responses"),
        "?": {**clean, "verdicts": [one for one in clean["verdicts"] if one["id"] not in own]},
    }
    found = history.history(night(day, made[sign]) for day, sign in enumerate(pattern, 1))
    started = f"2026-01-{since:02}T02:00:00+00:00"
    assert found.lost == ((history.Lost(LOST, started, len(own)),) if since else ())
    told = f"lost since 2026-01-{since:02} 02:00: {len(own)} cases: {LOST}"
    assert (told in list(history_text.lines(found))) == bool(since)
    assert ("Lost since" in page.render(found)) == bool(since)


def test_runs_are_sorted_by_time_across_time_zones() -> None:
    early = {**example_runs.clean(), "started": "2026-01-02T01:00:00+02:00"}
    late = {**example_runs.clean(), "started": "2026-01-02T00:30:00+00:00"}
    found = history.history([late, early])
    assert [run.started for run in found.runs] == [early["started"], late["started"]]


def test_without_runs_the_history_is_empty() -> None:
    found = history.history([])
    assert (found.runs, found.lines) == ((), ())


def test_the_command_writes_a_table_and_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "nights"
    for number, document in enumerate(runs_of(".x")):
        path = folder / str(number) / "run.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(document), "utf-8")
        (path.parent / "badge.json").write_text("{}", "utf-8")  # a report, but not a run
    packed = folder / "0" / "run.json"
    packed.with_suffix(".json.gz").write_bytes(gzip.compress(packed.read_bytes()))
    packed.unlink()
    (folder / "1" / "run.json.gz").write_bytes(gzip.compress((folder / "1" / "run.json").read_bytes()))
    assert main(["history", str(folder), "-o", str(tmp_path / "page.html")]) == 0
    said = capsys.readouterr().out
    assert f"regressed and still broken: {len(failing())}" in said
    assert f"|.x| {failing()[0]}  messages.stream.unfinished (must): regressed 2026-01-02 02:00" in said
    assert failing()[0] in (tmp_path / "page.html").read_text("utf-8")


def test_the_table_of_an_empty_history() -> None:
    assert list(history_text.lines(history.history([]))) == ["0 runs (x broken, . kept)"]


def test_a_folder_without_runs_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", str(tmp_path)]) == 2
    assert "the folder has no .json files" in capsys.readouterr().err


def test_a_version_and_a_reason_with_a_lone_surrogate() -> None:
    """JSON can hold one, and SQLite cannot."""
    document = night(1, example_runs.clean())
    document["gateway"] |= {"version": "1.0\ud800"}
    document["verdicts"][0] |= {"outcome": "not_applicable", "reason": "it said \ud800"}
    [run] = history.history([document]).runs
    assert run.version == "1.0\\ud800"
