"""The comparison of tool calls in words, which all of its reports share."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.tool_quality.compare import Compared, Row, Verdict
from conformance.analysis.tool_quality.judge import SIDES, Quality
from conformance.core.plural import counted

NO_CLAIM = "This compares two addresses. It does not tell which model answers at either of them."
MAX_SINGLES = 5
_SENTENCES: dict[Verdict, str] = {
    "worse": "The gateway's tool calls are worse than those of its upstream.",
    "better": "The gateway's tool calls are better than those of its upstream.",
    "equal": "The gateway's tool calls are equal to those of its upstream, within {margin:g} points.",
    "inconclusive": "It is open whether the gateway's tool calls are equal to those of its upstream.",
}


def sentence(quality: Quality, margin: float) -> str:
    """The verdict on an endpoint as a sentence."""
    return _SENTENCES[quality.verdict].format(margin=round(100 * margin, 1))


def rate(hits: int, trials: int) -> str:
    """`97.1 % of 1,280`."""
    return f"{100 * hits / trials:.1f} % of {trials:,}" if trials else "-"


def difference(found: Compared) -> str:
    """The difference in points, with its interval."""
    if not found.is_judged:
        return "-"
    return f"{100 * found.value:+.1f} [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"


def remarks(quality: Quality, requests_per_try: int) -> Iterator[str]:
    """The failed requests, the prompts that differ by more than chance, and how many tries an open question needs."""
    for name, found in quality.measures.items():
        yield from (f"{name}, prompt {single.prompt}: {_counts(single.row)}" for single in found.singles[:MAX_SINGLES])
        if len(found.singles) > MAX_SINGLES:
            yield f"{name}: {counted(len(found.singles) - MAX_SINGLES, 'more prompt')} of this kind"
        if not found.is_judged:
            yield f"{name}: too few prompts were answered with tool calls by both sides ({found.prompts})"
        elif found.needed:
            yield (
                f"{name}: about {found.needed:,} tries a prompt decide this "
                f"(--tries={found.needed}, {found.needed * requests_per_try:,} requests)"
            )
    if quality.has_many_failures:
        yield "too many requests failed to call the sides equal or better"
    for side in SIDES:
        yield from (
            f"failed, not in the figures: {side}: {counted(number, 'request')}: {reason}"
            for reason, number in quality.failures[side].most_common(3)
        )


def _counts(row: Row) -> str:
    return f"{row.gateway} of {row.gateway_trials} at the gateway, {row.upstream} of {row.upstream_trials} upstream"
