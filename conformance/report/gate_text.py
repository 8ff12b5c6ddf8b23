"""The reasons why a run fails besides failing tests, and the changes since the baseline, as terminal lines."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.gate import Assessment, FailOn
from conformance.core.terminal_text import plain
from conformance.report import diff_text


def lines(assessment: Assessment, fail_on: FailOn | None) -> Iterator[str]:
    """The mistakes in the list of known failures, and the differences."""
    for mistake in assessment.mistakes:
        yield plain(f"{mistake.kind}: {mistake.sentence}")
    if fail_on == "regression" and assessment.difference is None:
        yield "note: there is no baseline, so no case can regress"
    if fail_on == "regression" and assessment.difference is not None:
        yield from (plain(f"failed: {line}") for line in diff_text.regressions(assessment.difference))
    for problem in assessment.soak_regressed if fail_on == "regression" else ():
        yield f"failed: the soak has a new problem ({problem})"
    if assessment.difference is not None:
        yield from diff_text.brief(assessment.difference)
