"""The history of many runs as one HTML page."""

from __future__ import annotations

from conformance.analysis.history import History
from conformance.analysis.states import KINDS
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
        headings=history_text.HEADINGS,
        outages=list(history_text.outages(history)),
        problem_line=history_text.problem_line,
        minute=history_text.minute,
    )
