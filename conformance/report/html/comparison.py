"""Several gateways side by side as one HTML page."""

from __future__ import annotations

from conformance.analysis.comparison import Comparison
from conformance.analysis.scores import Share
from conformance.core.model import Outcome
from conformance.records.run_format import LevelEntry, ReadinessEntry
from conformance.report.comparison_markdown import (
    CLIENTS_HINT,
    LEVELS_HINT,
    PROBLEMS_HINT,
    level_text,
    often,
    readiness_texts,
    share_text,
)
from conformance.report.html import levels, page, readiness
from conformance.report.html.run import OUTCOMES


def render(comparison: Comparison) -> str:
    """The page: a column for each gateway."""
    return page.render(
        "comparison.html.j2",
        "",
        comparison=comparison,
        levels_hint=LEVELS_HINT,
        level_text=level_text,
        level_mark=_level_mark,
        clients_hint=CLIENTS_HINT,
        readiness_texts=readiness_texts,
        readiness_mark=_readiness_mark,
        problems_hint=PROBLEMS_HINT,
        outcomes=OUTCOMES,
        share_text=share_text,
        often=often,
        state=_state,
    )


def _level_mark(found: LevelEntry | None) -> Outcome:
    """The outcome that has the colour of a level."""
    return levels.MARKS[found["level"]] if found else "not_applicable"


def _readiness_mark(found: ReadinessEntry | None) -> Outcome:
    """The outcome that has the colour of a client's readiness."""
    return readiness.MARKS[found["status"]] if found else "not_applicable"


def _state(share: Share | None) -> str:
    """The colour of a cell: that of a passed case if all cases are conformant, else that of a failed one."""
    if share is None or not share.applicable:
        return "not_applicable"
    return "passed" if share.conformant == share.applicable else "failed"
