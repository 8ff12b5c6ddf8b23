"""What judging recorded traffic came to, as lines for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.recordings import CheckSummary
from conformance.core.model import JSON
from conformance.core.terminal_text import plain
from conformance.protocol import rulebook
from conformance.report.text import finding_lines

LEVELS = ("must", "should", "may", "info")


def lines(tally: CheckSummary) -> Iterator[str]:
    """A line or more for each broken rule, with one example, the gravest level first."""
    for level in LEVELS:
        for rule in tally.rules(level):
            name, finding = tally.examples[rule]
            yield plain(f"{tally.counts[rule]} times, for example in {name}")
            yield from (plain(f"  {line}") for line in finding_lines(finding))
    counts = ", ".join(f"{len(tally.rules(level))} {level}" for level in LEVELS)
    yield f"{tally.exchanges} exchanges; rules broken: {counts}"
    if tally.unjudged:
        yield f"{tally.unjudged} more were not judged: they have no answer, or it was recorded without its body"
    for name, reason in tally.internal_errors.items():
        yield plain(f"{name} was not judged: {reason}")


def document(tally: CheckSummary) -> JSON:
    """The same as JSON."""
    book = rulebook.rules()
    return {
        "exchanges": tally.exchanges,
        "unjudged": tally.unjudged,
        "stumbles": tally.internal_errors,
        "rules": [
            {
                "rule": rule,
                "level": book[rule].level,
                "impact": book[rule].impact,
                "count": tally.counts[rule],
                "example": tally.examples[rule][0],
                "expected": tally.examples[rule][1].expected,
                "got": tally.examples[rule][1].got,
            }
            for rule in tally.rules(*LEVELS)
        ],
    }
