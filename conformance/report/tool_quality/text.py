"""The comparison of tool calls as terminal lines."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.tool_quality.judge import Quality
from conformance.report.text import words as named
from conformance.report.tool_quality import words
from conformance.report.width import cut, wrapped

_COLUMNS = (12, 20, 20, 26)


def lines(endpoint: str, behind: str, quality: Quality, margin: float, requests_per_try: int) -> Iterator[str]:
    """The figures of one endpoint in a table, the verdict, and remarks."""
    pair = named(endpoint) if endpoint == behind else f"{named(endpoint)}, upstream {named(behind)}"
    yield f"{pair}: {quality.verdict}"
    yield _row("", "gateway", "upstream", "difference in points", "verdict")
    for name, found in quality.measures.items():
        total = found.total
        yield _row(
            name,
            words.rate(total.gateway, total.gateway_trials),
            words.rate(total.upstream, total.upstream_trials),
            words.difference(found),
            found.verdict,
        )
    yield from (cut(f"- {remark}") for remark in words.remarks(quality, requests_per_try))
    yield from wrapped(words.sentence(quality, margin))


def _row(*cells: str) -> str:
    *padded, last = cells
    return f"{''.join(f'{cell:<{width}}' for cell, width in zip(padded, _COLUMNS, strict=True))}{last}".rstrip()
