"""Several gateways side by side as Markdown, in the dialect of https://github.github.com/gfm/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.analysis.comparison import Column, Comparison
from conformance.analysis.scores import Share
from conformance.core.model import Level
from conformance.report.markdown_text import cell, words
from conformance.report.text import tally

HEADINGS: Mapping[Level, str] = {"must": "Broken required rules", "should": "Recommendations not followed"}
"""Level -> the heading of its broken rules."""


def render(comparison: Comparison) -> str:
    """The page: the gateways, the conformance of each by area, and the rules that it breaks."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield from ("# Gateways compared", "", "| gateway | version | date | suite | cases |", "|---|---|---|---|---|")
    for column in comparison.columns:
        outcomes = tally(column.outcomes)
        facts = (cell(column.name), cell(column.version), cell(column.started[:10]), cell(column.suite), outcomes)
        yield f"| {' | '.join(facts)} |"
    yield from ("", "## Conformance by area", "")
    yield "Conformant cases / applicable cases. A case is conformant if it broke no `must` rule; `-`: no case applies."
    yield from ("", *_table(("endpoint", "area"), comparison.columns))
    for row in comparison.rows:
        name = words(row.endpoint)
        head = (f"**{name}**", "**all**") if not row.area else (name, words(row.area))
        yield f"| {' | '.join((*head, *map(share_text, row.shares)))} |"
    for level, heading in HEADINGS.items():
        found = [broken for broken in comparison.broken if broken.level == level]
        if found:
            yield from (
                "",
                f"## {heading}",
                "",
                "Number of cases that break the rule.",
                "",
                *_table(("rule", "requirement"), comparison.columns),
            )
        for broken in found:
            counts = (str(count) if count else "" for count in broken.cases)
            yield f"| {' | '.join((cell(broken.rule), cell(broken.sentence), *counts))} |"


def _table(first: Sequence[str], columns: Sequence[Column]) -> Iterator[str]:
    """The head of a table with a column of numbers for each gateway."""
    yield f"| {' | '.join((*first, *(cell(column.name) for column in columns)))} |"
    yield f"|{'---|' * len(first)}{'--:|' * len(columns)}"


def share_text(share: Share | None) -> str:
    """`conformant/applicable`, or `-` if no case applies."""
    if share is None or not share.applicable:
        return "-"
    return f"{share.conformant}/{share.applicable}"
