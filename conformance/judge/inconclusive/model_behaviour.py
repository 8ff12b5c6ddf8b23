"""Whether a finding is about words of a model that has not shown to do as it is asked."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core.model import Case, Finding, Step
from conformance.judge import prompt_facts
from conformance.judge.control import Control
from conformance.judge.expectations import OBEDIENCE
from conformance.judge.expectations.answer import FILLED_IN
from conformance.judge.inconclusive import truncated
from conformance.protocol.reading import Reading

RECALLED = "case.answer-text"
"""The rule that takes a model's memory where the text is not asked for word for word."""


def models_own(finding: Finding, case: Case, control: Control, readings: Sequence[Reading]) -> bool:
    """Whether a finding is about words or calls of a model that has not shown to do what this takes."""
    step = case.steps[finding.step]
    if finding.rule.startswith("case.") and _called_otherwise(step, control, readings[finding.step]):
        return True
    if not control.obeys:
        return finding.rule in OBEDIENCE or truncated.fell_short(finding, case.steps, readings)
    recalled = finding.rule == RECALLED and prompt_facts.takes_more(step)
    return recalled and not control.recalls


def fills_otherwise(finding: Finding, control: Control) -> bool:
    """Whether a finding is about values that a model put into a call, though it has not shown to take those it is told.

    What it put there is still worth a word: a gateway that spoils arguments looks like this as well.
    """
    return finding.rule == FILLED_IN and not control.fills


def _called_otherwise(step: Step, control: Control, reading: Reading) -> bool:
    """Whether the model called a tool where none was needed, or only one of two, as it may do always."""
    calls = reading.answer.tool_calls if reading.answer else ()
    if prompt_facts.tempts(step):
        return bool(calls) and not control.abstains
    return prompt_facts.wants_two(step) and len(calls) < 2 and not control.pairs
