"""Decides whether a finding is due to the model: it did not follow an instruction, and the control shows the same."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core.model import Breach, Case, Finding, Step
from conformance.judge import prompt_facts
from conformance.judge.control import Control
from conformance.judge.expectations import OBEDIENCE
from conformance.judge.expectations.answer import EXTRA_WORDS, FILLED_IN, WHITE_SPACE
from conformance.judge.inconclusive import truncated
from conformance.protocol.reading import Reading

RECALLED = "case.answer-text"
"""The rule that depends on the model's memory if the text is not requested literally."""


def due_to_model(finding: Finding, case: Case, control: Control, readings: Sequence[Reading]) -> bool:
    """Whether a finding may be due to the model: the control requests did not show the ability that it takes."""
    step = case.steps[finding.step]
    if finding.rule.startswith("case.") and _unreliable_calls(step, control, readings[finding.step]):
        return True
    if not control.obeys:
        return finding.rule in OBEDIENCE or truncated.fell_short(finding, case.steps, readings)
    if finding.rule == WHITE_SPACE or (finding.rule == RECALLED and "verbatim" in step.expect.get("answer", {})):
        return not control.indents
    recalled = finding.rule == RECALLED and prompt_facts.needs_memory(step)
    several = finding.rule == RECALLED and prompt_facts.needs_several_words(step)
    return (recalled and not control.recalls) or (several and not control.collects)


def is_habit(breach: Breach, control: Control) -> bool:
    """Whether a breach is about words that the model adds to the answer of the control request, too."""
    return breach.rule in EXTRA_WORDS and not control.exact


def is_doubtful(finding: Finding, step: Step, control: Control) -> bool:
    """Whether a finding is about argument values or a picture, and the model has not shown that it can do this.

    Such a finding is kept as a warning: a gateway that damages arguments, schemas or pictures looks the same.
    """
    if finding.rule == FILLED_IN:
        return not control.fills or (prompt_facts.needs_schema(step) and not control.reads_schemas)
    return finding.rule == RECALLED and prompt_facts.needs_sight(step) and not control.sees


def _unreliable_calls(step: Step, control: Control, reading: Reading) -> bool:
    """Whether the model called a tool without need, or only one of two, and the control shows that it does so."""
    calls = reading.answer.tool_calls if reading.answer else ()
    if prompt_facts.offers_tools(step):
        return bool(calls) and not control.abstains
    return prompt_facts.needs_parallel_calls(step) and len(calls) < 2 and not control.pairs
