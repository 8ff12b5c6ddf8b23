"""The history of many runs as terminal lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.analysis.history import History, Line
from conformance.analysis.problem_history import ProblemLine
from conformance.analysis.states import KINDS, Kind
from conformance.core.plural import counted
from conformance.core.terminal_text import plain

SIGNS = {"broken": "x", "kept": ".", "unjudged": " "}
HEADINGS: Mapping[Kind, str] = {
    "regressed": "regressed and still broken",
    "flaky": "flaky",
    "failing": "broken since the first run",
    "unjudged": "broken when last judged",
    "fixed": "fixed",
}


def lines(history: History) -> Iterator[str]:
    """The outages, a line for each problem, and one for each case and rule that was broken in any run.

    A line has a sign for each run, and the turns in words.
    """
    runs = history.runs
    first_and_last = f", {minute(runs[0].started)} to {minute(runs[-1].started)}" if runs else ""
    yield plain(f"{counted(len(runs), 'run')}{first_and_last} (x broken, . kept)")
    for lost in history.lost:
        yield plain(f"lost since {minute(lost.since)}: {counted(lost.cases, 'case')}: {lost.reason}")
    yield from map(plain, outages(history))
    if history.problems:
        yield f"problems: {len(history.problems)}"
    for problem in history.problems:
        signs = "".join(SIGNS[state] for state in problem.states)
        yield plain(f"  |{signs}| {problem_line(problem)}")
    for kind in KINDS:
        found = [line for line in history.lines if line.kind == kind]
        if found:
            yield f"{HEADINGS[kind]}: {len(found)}"
        for line in found:
            signs = "".join(SIGNS[state] for state in line.states)
            yield plain(f"  |{signs}| {line.case}  {line.rule} ({line.level}): {turns(line)}")


def outages(history: History) -> Iterator[str]:
    """A line for each run with an outage; not escaped."""
    for run in history.runs:
        if run.down:
            yield f"outage {minute(run.started)}: {counted(run.down, 'case')} not judged"


def problem_line(line: ProblemLine) -> str:
    """A problem in words: where it shows, and the first and the last run that show it; not escaped."""
    where = f"{line.level} {line.id}: {line.words} ({counted(line.cases, 'case')})"
    return f"{where}: {HEADINGS[line.kind]}, first {minute(line.first)}, last {minute(line.last)}"


def turns(line: Line) -> str:
    """The turns in words: when the rule broke, and when it was fixed."""
    (started, state), *later = line.turns
    parts = [f"broken since {minute(started)}"] if state == "broken" else []
    parts += [f"{'regressed' if state == 'broken' else 'fixed'} {minute(started)}" for started, state in later]
    if line.unjudged:
        parts.append(f"not judged since {minute(line.unjudged.started)}" + (" (outage)" if line.unjudged.down else ""))
    return ", ".join(parts)


def minute(started: str) -> str:
    """A time to the minute, without its time zone: all runs of a job have the same."""
    return started[:16].replace("T", " ")
