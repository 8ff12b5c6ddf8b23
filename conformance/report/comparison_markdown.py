"""Several gateways side by side as Markdown, in the dialect of https://github.github.com/gfm/."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.analysis.comparison import Column, Comparison
from conformance.analysis.scores import Share
from conformance.report.markdown import cell, words
from conformance.report.text import tally

KINDS = {"must": "Broken musts", "should": "Broken shoulds"}


def render(comparison: Comparison) -> str:
    """The page: the gateways, what each keeps, and which rules it breaks."""
    return "\n".join(_lines(comparison)) + "\n"


def _lines(comparison: Comparison) -> Iterator[str]:
    yield from ("# Gateways compared", "", "| gateway | version | judged | by suite | cases |", "|---|---|---|---|---|")
    for column in comparison.columns:
        told = tally(column.outcomes)
        facts = (cell(column.name), cell(column.version), cell(column.started[:10]), cell(column.suite), told)
        yield f"| {' | '.join(facts)} |"
    yield from ("", "## What each keeps", "")
    yield "Cases in which no `must` was broken, of those that apply; a dash where none does."
    yield from ("", *_table(("endpoint", "area"), comparison.columns))
    for row in comparison.rows:
        name = words(row.endpoint)
        head = (f"**{name}**", "**all**") if not row.area else (name, words(row.area))
        yield f"| {' | '.join((*head, *map(told_share, row.shares)))} |"
    for level, heading in KINDS.items():
        found = [broken for broken in comparison.broken if broken.level == level]
        if found:
            yield from (
                "",
                f"## {heading}",
                "",
                "In how many cases.",
                "",
                *_table(("rule", "what it asks"), comparison.columns),
            )
        for broken in found:
            counts = (str(count) if count else "" for count in broken.cases)
            yield f"| {' | '.join((cell(broken.rule), cell(broken.sentence), *counts))} |"


def _table(first: Sequence[str], columns: Sequence[Column]) -> Iterator[str]:
    """The head of a table with a column of numbers for each gateway."""
    yield f"| {' | '.join((*first, *(cell(column.name) for column in columns)))} |"
    yield f"|{'---|' * len(first)}{'--:|' * len(columns)}"


def told_share(share: Share | None) -> str:
    """How much is kept, in numbers that can be added up."""
    if share is None or not share.applicable:
        return "-"
    return f"{share.conformant}/{share.applicable}"
