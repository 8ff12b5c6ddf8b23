"""Whether an answer came to its end elsewhere than the case wanted it to because the model said more, or less.

A reasoning model may spend all of a small limit before it says a word: all three contracts call that a success, with
the reason `length`, `max_tokens` or `max_output_tokens`. A model that says something else than it was asked for may
never reach a limit, or a stop sequence.

Source: https://platform.openai.com/docs/guides/reasoning, https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.core.model import JSON, Finding, Step
from conformance.judge.expectations import OBEDIENCE
from conformance.protocol.reading import Reading
from conformance.protocol.token_limit import token_limit

_STOP = {"chat_completions": "length", "messages": "max_tokens", "responses": "max_output_tokens"}
_NATURAL = frozenset({"stop", "end_turn", "completed"})
_ENDS = frozenset(("case.value", at) for at in ("/stop_sequence", "/status", "/incomplete_details/reason"))
_NEEDS_THE_END = OBEDIENCE | {"case.answer-stop", "case.answer-json", "case.tool-called", "case.value", "case.present"}
"""Rules that only an answer that came to its end can keep."""


def explained(findings: Sequence[Finding], steps: Sequence[Step], readings: Sequence[Reading]) -> Iterator[Finding]:
    """The findings that an answer's reaching the limit explains, in that step or in one that goes on from it."""
    cut = (index for index, reading in enumerate(readings) if _is_cut(steps[index].expect, reading))
    first = next(cut, len(readings))
    for finding in findings:
        follows = finding.step > first and finding.rule.startswith("case.")
        if follows or (finding.step == first and finding.rule in _NEEDS_THE_END):
            yield finding


def fell_short(finding: Finding, steps: Sequence[Step], readings: Sequence[Reading]) -> bool:
    """Whether a finding is about the end of an answer that a model which does not obey made shorter than wanted."""
    if finding.rule != "case.answer-stop" and (finding.rule, finding.where.pointer) not in _ENDS:
        return False
    reading = readings[finding.step]
    answer, limit = reading.answer, token_limit(reading.sent)
    if answer is None or answer.stop not in _NATURAL:
        return False
    wanted = frozenset(steps[finding.step].expect.get("answer", {}).get("stop", ()))
    below = limit is not None and (answer.output_tokens is None or answer.output_tokens < limit)
    return "stop_sequence" in wanted or (below and wanted <= {*_STOP.values()})


def _is_cut(expect: Mapping[str, JSON], reading: Reading) -> bool:
    """Whether the answer says that it was cut at the limit, its usage agrees, and the case did not want it so."""
    answer = reading.answer
    if (
        answer is None
        or answer.stop != _STOP.get(reading.family.name)
        or answer.stop in expect.get("answer", {}).get("stop", ())
    ):
        return False
    limit = token_limit(reading.sent)
    return limit is not None and answer.output_tokens is not None and answer.output_tokens >= limit
