"""The result of checking recorded traffic, as lines for people and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypedDict

from conformance.analysis.recordings import CheckSummary
from conformance.core.model import Impact, Level
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.protocol import rulebook
from conformance.report.text import finding_lines

LEVELS: tuple[Level, ...] = ("must", "should", "may", "info")


class BrokenRuleEntry(TypedDict):
    """A broken rule: how many findings, the name of the first exchange with one, and that finding's texts."""

    rule: str
    level: Level
    impact: Impact
    count: int
    example: str
    expected: str
    got: str


class CheckDocument(TypedDict):
    """The output of `check --json`; `stumbles` is exchange -> message, for internal errors of the suite."""

    exchanges: int
    unjudged: int
    stumbles: dict[str, str]
    rules: list[BrokenRuleEntry]


def lines(summary: CheckSummary) -> Iterator[str]:
    """A paragraph for each broken rule, with one example, the worst level first; then the counts."""
    for level in LEVELS:
        for rule in summary.rules(level):
            name, finding = summary.examples[rule]
            count = summary.counts[rule]
            yield plain(f"once, in {name}" if count == 1 else f"{count:,} times, for example in {name}")
            yield from (plain(f"  {line}") for line in finding_lines(finding))
    counts = ", ".join(f"{len(summary.rules(level))} {level}" for level in LEVELS)
    yield f"{counted(summary.exchanges, 'exchange')}; rules broken: {counts}"
    if summary.unjudged:
        yield f"{counted(summary.unjudged, 'more exchange')} not judged: no answer, or recorded without its body"
    for name, reason in summary.internal_errors.items():
        yield plain(f"{name} was not judged: {reason}")


def document(summary: CheckSummary) -> CheckDocument:
    """The result as JSON."""
    return CheckDocument(
        exchanges=summary.exchanges,
        unjudged=summary.unjudged,
        stumbles=summary.internal_errors,
        rules=[_entry(summary, rule) for rule in summary.rules(*LEVELS)],
    )


def _entry(summary: CheckSummary, rule: str) -> BrokenRuleEntry:
    book = rulebook.rules()
    name, finding = summary.examples[rule]
    return {
        "rule": rule,
        "level": book[rule].level,
        "impact": book[rule].impact,
        "count": summary.counts[rule],
        "example": name,
        "expected": finding.expected,
        "got": finding.got,
    }
