"""Detects answers that ended at another place than the case wants because the model wrote more, or less.

A reasoning model may use up a small token limit before it writes any text. In all three APIs that is a success, with
the reason `length`, `max_tokens` or `max_output_tokens`. A model that writes another text than requested may never
reach a limit or a stop sequence.

Source: https://platform.openai.com/docs/guides/reasoning, https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.core.case_format import Expectation
from conformance.core.model import Finding, Step
from conformance.core.pointer import get
from conformance.judge.expectations import OBEDIENCE
from conformance.judge.expectations.answer import FILLED_IN, NATURAL
from conformance.protocol.reading import Reading
from conformance.protocol.token_limit import token_limit

_STOP = {"chat_completions": "length", "messages": "max_tokens", "responses": "max_output_tokens"}
ENDS = frozenset(("case.value", at) for at in ("/stop_sequence", "/status", "/incomplete_details/reason"))
CONTENT = OBEDIENCE | {
    FILLED_IN,
    "case.answer-stop",
    "case.answer-json",
    "case.tool-called",
    "case.value",
    "case.present",
}
"""Rules that a truncated answer cannot keep."""
_REASONING = ("/usage/completion_tokens_details/reasoning_tokens", "/usage/output_tokens_details/reasoning_tokens")


def explained(findings: Sequence[Finding], steps: Sequence[Step], readings: Sequence[Reading]) -> Iterator[Finding]:
    """Yield the findings that a truncated answer explains, in its step or in a later one."""
    cut = (index for index, reading in enumerate(readings) if _is_cut(steps[index].expect, reading))
    first = next(cut, len(readings))
    for finding in findings:
        follows = finding.step > first and finding.rule.startswith("case.")
        if follows or (finding.step == first and finding.rule in CONTENT):
            yield finding


def fell_short(finding: Finding, steps: Sequence[Step], readings: Sequence[Reading]) -> bool:
    """Whether a finding is about the end of an answer in which a model that does not obey wrote less than requested."""
    if finding.rule != "case.answer-stop" and (finding.rule, finding.where.pointer) not in ENDS:
        return False
    reading = readings[finding.step]
    answer, limit = reading.answer, token_limit(reading.sent)
    if answer is None or answer.stop not in NATURAL:
        return False
    wanted = frozenset(steps[finding.step].expect.get("answer", {}).get("stop", ()))
    below = limit is not None and (answer.output_tokens is None or answer.output_tokens < limit)
    return "stop_sequence" in wanted or (below and wanted <= {*_STOP.values()})


def _is_cut(expect: Expectation, reading: Reading) -> bool:
    """Whether the answer reports truncation, its usage agrees, and the case does not expect it."""
    answer = reading.answer
    if (
        answer is None
        or answer.stop != _STOP.get(reading.family.name)
        or answer.stop in expect.get("answer", {}).get("stop", ())
    ):
        return False
    limit = token_limit(reading.sent)
    reached = limit is not None and answer.output_tokens is not None and answer.output_tokens >= limit
    return reached and not _is_lost(reading)


def _is_lost(reading: Reading) -> bool:
    """Whether an answer has nothing in it although its usage says that no token was spent on reasoning."""
    answer = reading.answer
    if answer is None or answer.text or answer.tool_calls or answer.reasoning or answer.refusal:
        return False
    return any(get(reading.final, at, int) == 0 for at in _REASONING)
