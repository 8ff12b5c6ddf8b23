"""Whether a finding is about words of a model that has not shown to do as it is asked."""

from __future__ import annotations

from collections.abc import Sequence

from conformance import asking
from conformance.control import Control
from conformance.excuses import cutoff
from conformance.expect import OBEDIENCE
from conformance.model import Case, Finding
from conformance.reading import Reading

RECALLED = "case.answer-text"
"""The rule that takes a model's memory where the text is not asked for word for word."""


def models_own(finding: Finding, case: Case, control: Control, readings: Sequence[Reading]) -> bool:
    """Whether a finding is about words of a model that has not shown to do what this takes."""
    if not control.obeys:
        return finding.rule in OBEDIENCE or cutoff.fell_short(finding, case.steps, readings)
    recalled = finding.rule == RECALLED and asking.takes_more(case.steps[finding.step])
    return recalled and not control.recalls
