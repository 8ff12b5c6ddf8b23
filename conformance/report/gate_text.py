"""The reasons why a run fails besides failing tests, and the changes since the baseline, as terminal lines."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.gate import Assessment, FailOn
from conformance.core.terminal_text import plain
from conformance.report import diff_text


def lines(assessment: Assessment, fail_on: FailOn | None) -> Iterator[str]:
    """The problems of the list of known failures, and the differences."""
    for problem in assessment.problems:
        yield plain(f"{problem.kind}: {problem.sentence}")
    if fail_on == "regression" and assessment.difference is None:
        yield "note: there is no baseline, so no case can regress"
    if assessment.difference is not None:
        yield from diff_text.lines(assessment.difference)
