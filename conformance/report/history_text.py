"""The history of many runs as a table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.history import KINDS, History, Line
from conformance.core.terminal_text import plain

SIGNS = {"broken": "x", "kept": ".", "unjudged": " "}
HEADINGS = {
    "regressed": "regressed and still broken",
    "flaky": "flaky",
    "failing": "broken from the first night",
    "fixed": "fixed",
}


def lines(history: History) -> Iterator[str]:
    """A line for each case and rule that was ever broken: its nights as signs, the newest last, and its turns."""
    nights = history.nights
    first_and_last = f", {minute(nights[0].started)} to {minute(nights[-1].started)}" if nights else ""
    yield plain(f"{len(nights)} runs{first_and_last} (x broken, . kept)")
    for kind in KINDS:
        found = [line for line in history.lines if line.kind == kind]
        if found:
            yield f"{HEADINGS[kind]}: {len(found)}"
        for line in found:
            signs = "".join(SIGNS[state] for state in line.states)
            yield plain(f"  |{signs}| {line.case}  {line.rule} ({line.level}): {told(line)}")


def told(line: Line) -> str:
    """When it turned, in words: on which night it regressed, and on which it was fixed."""
    (started, state), *later = line.turns
    words = [f"broken since {minute(started)}"] if state == "broken" else []
    words += [f"{'regressed' if state == 'broken' else 'fixed'} {minute(started)}" for started, state in later]
    return ", ".join(words)


def minute(started: str) -> str:
    """A time as people write it, to the minute; all runs of a job are of one time zone."""
    return started[:16].replace("T", " ")
