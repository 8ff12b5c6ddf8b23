"""The history of many runs as one HTML page."""

from __future__ import annotations

from conformance.analysis.history import KINDS, History
from conformance.report import history_text
from conformance.report.html import page
from conformance.report.html.run import OUTCOMES


def render(history: History) -> str:
    """The page: regressions first, a column for each run."""
    found = [(kind, [line for line in history.lines if line.kind == kind]) for kind in KINDS]
    return page.render(
        "history.html.j2",
        "",
        history=history,
        groups=[(kind, lines) for kind, lines in found if lines],
        outcomes=OUTCOMES,
        turns=history_text.turns,
        minute=history_text.minute,
    )
