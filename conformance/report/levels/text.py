"""The levels of a gateway, at the end of a run on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis import levels
from conformance.records.run_format import RunDocument
from conformance.report.levels import words
from conformance.report.text import words as named
from conformance.report.width import wrapped


def lines(document: RunDocument) -> Iterator[str]:
    """The level in each family that the gateway has, and what keeps it from the next one."""
    entries = [entry for entry in levels.of(document) if entry["level"] != "not_offered"]
    if entries and not words.is_told(entries):
        yield from wrapped("levels: not judged; only a run of all cases is judged")
        return
    for entry in entries:
        reason = words.why(entry)
        said = f"{words.reached(entry)}{f'; {reason}' if reason else ''}"
        model = f" ({entry['model']})" if entry["model"] else ""
        yield from wrapped(f"level of {named(entry['family'])}{model}: {said}")
