"""The comparison of tool calls as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.tool_quality.judge import Quality
from conformance.report.markdown_text import code, words
from conformance.report.tool_quality import words as told


def lines(endpoint: str, behind: str, quality: Quality, margin: float, requests_per_try: int) -> Iterator[str]:
    """The figures of one endpoint in a table, the verdict, and remarks."""
    pair = words(endpoint) if endpoint == behind else f"{words(endpoint)}, upstream {words(behind)}"
    yield from (f"### {pair}: {quality.verdict}", "", told.sentence(quality, margin), "")
    yield "| measure | gateway | upstream | difference in points, 95 % interval | verdict |"
    yield "|---|--:|--:|--:|---|"
    for name, found in quality.measures.items():
        total = found.total
        gateway, upstream = (
            told.rate(total.gateway, total.gateway_trials),
            told.rate(total.upstream, total.upstream_trials),
        )
        yield f"| {name} | {gateway} | {upstream} | {told.difference(found)} | {found.verdict} |"
    yield ""
    yield from (f"- {code(remark)}" for remark in told.remarks(quality, requests_per_try))
