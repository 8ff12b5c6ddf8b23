"""The history of many runs as terminal lines."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.history import KINDS, History, Line
from conformance.core.plural import counted
from conformance.core.terminal_text import plain

SIGNS = {"broken": "x", "kept": ".", "unjudged": " "}
HEADINGS = {
    "regressed": "regressed and still broken",
    "flaky": "flaky",
    "failing": "broken since the first run",
    "fixed": "fixed",
}


def lines(history: History) -> Iterator[str]:
    """A line for each case and rule that was broken in any run: a sign for each run, and the turns in words."""
    runs = history.runs
    first_and_last = f", {minute(runs[0].started)} to {minute(runs[-1].started)}" if runs else ""
    yield plain(f"{counted(len(runs), 'run')}{first_and_last} (x broken, . kept)")
    for lost in history.lost:
        yield plain(f"lost since {minute(lost.since)}: {counted(lost.cases, 'case')}: {lost.reason}")
    for kind in KINDS:
        found = [line for line in history.lines if line.kind == kind]
        if found:
            yield f"{HEADINGS[kind]}: {len(found)}"
        for line in found:
            signs = "".join(SIGNS[state] for state in line.states)
            yield plain(f"  |{signs}| {line.case}  {line.rule} ({line.level}): {turns(line)}")


def turns(line: Line) -> str:
    """The turns in words: when the rule broke, and when it was fixed."""
    (started, state), *later = line.turns
    parts = [f"broken since {minute(started)}"] if state == "broken" else []
    parts += [f"{'regressed' if state == 'broken' else 'fixed'} {minute(started)}" for started, state in later]
    return ", ".join(parts)


def minute(started: str) -> str:
    """A time to the minute, without its time zone: all runs of a job have the same."""
    return started[:16].replace("T", " ")
