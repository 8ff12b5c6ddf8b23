"""Decides whether a finding is due to the model: it did not follow an instruction, and the control shows the same."""

from __future__ import annotations

from collections.abc import Sequence, Set

from conformance.core.model import Breach, Case, Finding, Step
from conformance.judge import prompt_facts
from conformance.judge.control import Control
from conformance.judge.expectations import OBEDIENCE
from conformance.judge.expectations.answer import EXTRA_WORDS, FILLED_IN, WHITE_SPACE, is_call, is_empty
from conformance.judge.inconclusive import truncated
from conformance.protocol.reading import Reading

RECALLED = "case.answer-text"
"""The rule that depends on the model's memory if the text is not requested literally."""


def due_to_model(finding: Finding, case: Case, control: Control, readings: Sequence[Reading]) -> bool:
    """Whether a finding may be due to the model: the control requests did not show the ability that it takes."""
    step, reading = case.steps[finding.step], readings[finding.step]
    if step.upstream is not None:
        return False  # the suite itself is the model
    if (finding.rule in truncated.CONTENT or _misses_a_call(finding, step)) and _unreliable_calls(
        step, control, reading
    ):
        return True
    empty = reading.answer is not None and is_empty(reading.answer)
    if empty and not control.speaks:
        return finding.rule in truncated.CONTENT
    if finding.rule == RECALLED and (control.arrival == "lost" or (empty and prompt_facts.is_plain(step))):
        return False
    if not can_write(step, control):
        return finding.rule in OBEDIENCE or truncated.fell_short(finding, case.steps, readings)
    if finding.rule == WHITE_SPACE or (finding.rule == RECALLED and "verbatim" in step.expect.get("answer", {})):
        return not control.indents
    return finding.rule == RECALLED and not can_say(step, control)


def can_say(step: Step, control: Control) -> bool:
    """Whether the model has shown that it can say the text that a step expects."""
    able = control.recalls or not prompt_facts.needs_memory(step)
    collects = control.collects or not prompt_facts.needs_several_words(step)
    relays = control.relays or not prompt_facts.needs_results(step)
    return able and collects and relays and can_write(step, control)


def can_write(step: Step, control: Control) -> bool:
    """Whether the model has shown that it follows instructions, and writes texts as long as the one requested."""
    return control.obeys and (control.writes or not prompt_facts.needs_length(step))


def is_habit(breach: Breach, control: Control) -> bool:
    """Whether a breach is about words that the model adds to the answer of the control request, too."""
    return breach.rule in EXTRA_WORDS and not control.exact


def is_doubtful(finding: Finding, step: Step, control: Control) -> bool:
    """Whether a finding is about argument values or a picture, and the model has not shown that it can do this.

    Such a finding is kept as a warning: a gateway that damages arguments, schemas or pictures looks the same.
    """
    if step.upstream is not None:
        return False
    if finding.rule == FILLED_IN:
        return not control.fills or (prompt_facts.needs_schema(step) and not control.reads_schemas)
    return finding.rule == RECALLED and prompt_facts.needs_sight(step) and not control.sees


def _others(step: Step) -> Set[str]:
    """Return the names of the tools that the model may choose, without those that the question calls for."""
    return prompt_facts.chooses_tools(step) - {call["name"] for call in prompt_facts.expected_calls(step)}


def _misses_a_call(finding: Finding, step: Step) -> bool:
    """Whether a finding is about a kind of call that should be among the output items."""
    wanted = step.expect.get("includes", {}).get(finding.where.pointer or "")
    return finding.rule == "case.value" and is_call(wanted)


def _unreliable_calls(step: Step, control: Control, reading: Reading) -> bool:
    """Whether the model called a tool without need, another one, or only one of two, and is known to do so."""
    calls = reading.answer.tool_calls if reading.answer else ()
    if not control.obeys and calls and {call.name for call in calls} <= _others(step):
        return True
    if prompt_facts.offers_tools(step):
        return bool(calls) and not control.abstains
    return prompt_facts.needs_parallel_calls(step) and len(calls) < 2 and not control.pairs
