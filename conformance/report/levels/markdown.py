"""The levels of a gateway, in a Markdown report."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis import levels
from conformance.records.run_format import RunDocument
from conformance.report.levels import words
from conformance.report.markdown_text import cell, prose
from conformance.report.markdown_text import words as named


def lines(document: RunDocument) -> Iterator[str]:
    """A table of the levels; nothing if the run judged none."""
    entries = levels.of(document)
    if not words.is_told(entries):
        return
    yield from ("", "| level of | model | level | cases | why |", "|---|---|---|---|---|")
    for entry in entries:
        breadth = words.breadth(entry) if levels.is_graded(entry) else ""
        level = f"**{words.status(entry['level'])}**"
        yield f"| {named(entry['family'])} | {cell(entry['model'])} | {level} | {breadth} | {prose(words.why(entry))} |"
