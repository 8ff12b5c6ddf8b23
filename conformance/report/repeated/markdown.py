"""The repeated cases of a run in a Markdown report."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.stability import stability
from conformance.records.run_format import RunDocument
from conformance.report.markdown_text import cell
from conformance.report.repeated import words

MAX_ROWS = 20


def lines(document: RunDocument) -> Iterator[str]:
    """A table of what shows in some tries of a case, and what the others exclude; nothing if no case was repeated."""
    found = stability(document["verdicts"])
    if not found:
        return
    stable = sum(one.count == one.times for one in found)
    yield from ("", f"### Repeated cases: {stable:,} of {len(found):,} are stable")
    rates = words.rates(document)
    if rates:
        yield from ("", "| rate, 95 % interval | finding | case |", "|---|---|---|")
        yield from (f"| {rate} | {cell(name)} | {cell(case)} |" for case, name, rate in rates[:MAX_ROWS])
    if len(rates) > MAX_ROWS:
        yield from ("", f"and {len(rates) - MAX_ROWS:,} more")
    for bound in words.bounds(document):
        yield from ("", bound)
