"""Several gateways side by side as one HTML page."""

from __future__ import annotations

from conformance.analysis.comparison import Comparison
from conformance.analysis.scores import Share
from conformance.report.comparison_markdown import KINDS, told_share
from conformance.report.html import page
from conformance.report.html.run import OUTCOMES


def render(comparison: Comparison) -> str:
    """The page: each gateway a column."""
    groups = [(heading, [one for one in comparison.broken if one.level == level]) for level, heading in KINDS.items()]
    return page.render(
        "comparison.html.j2",
        "",
        comparison=comparison,
        groups=[(heading, broken) for heading, broken in groups if broken],
        outcomes=OUTCOMES,
        told=told_share,
        state=_state,
    )


def _state(share: Share | None) -> str:
    """How a cell is coloured: as a passed case where all is kept, as a failed one where anything is not."""
    if share is None or not share.applicable:
        return "not_applicable"
    return "passed" if share.conformant == share.applicable else "failed"
