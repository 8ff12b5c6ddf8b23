"""The changes between two recordings as Markdown: breaking changes and news in tables, the others folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.analysis.drift.change import Change
from conformance.analysis.drift.compare import Drift
from conformance.analysis.drift.table import CLASSES
from conformance.core.plural import counted
from conformance.report.drift import text
from conformance.report.markdown_text import Part, cell, code, folded, page

MAX_CHARACTERS = 60_000
"""The length of a comment on GitHub, with some room."""


def render(drift: Drift) -> str:
    """The changes as a page of at most MAX_CHARACTERS."""
    counted_ = f"{counted(drift.old, 'exchange')} before, {counted(drift.new, 'exchange')} now"
    head = ["## Changes between two recordings", "", f"{counted_}: {text.counts(drift)}.", ""]
    parts = [Part(0, [*head, *(f"> {code(note)}" for note in text.notes(drift))])]
    for rank, outcome in enumerate(reversed(CLASSES)):
        if changes := drift.of(outcome):
            table = list(_table(changes))
            told = table if outcome != "harmless" else folded(counted(len(changes), "change"), table)
            parts.append(Part(rank, ["", f"### {outcome.capitalize()}", "", *told]))
    if drift.unproven:
        summary = counted(len(drift.unproven), "change")
        parts.append(Part(3, ["", "### In too few exchanges to tell", "", *folded(summary, _table(drift.unproven))]))
    return page(parts, MAX_CHARACTERS)


def _table(changes: Sequence[Change]) -> Iterator[str]:
    yield from ("| change | where | before | now | why | example |", "| --- | --- | ---: | ---: | --- | --- |")
    for group in text.groups(changes):
        for change in group:
            why = "; ".join(text.reasons(change))
            cells = (
                cell(text.title(group)),
                cell(text.place_of(change.trait)),
                f"{change.before.hits:,} of {change.before.trials:,}",
                f"{change.after.hits:,} of {change.after.trials:,}",
                cell(why),
                cell(text.example(change)),
            )
            yield f"| {' | '.join(cells)} |"
