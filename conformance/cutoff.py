"""Whether an answer was cut off where nobody wanted it, at the request's own limit.

The model had more to say, or to think: a reasoning model may spend all of a small limit before it says a word. All
three contracts call that a success, with the reason `length`, `max_tokens` or `max_output_tokens`.

Source: https://platform.openai.com/docs/guides/reasoning, https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from conformance.expect import OBEDIENCE
from conformance.model import JSON, Finding, Step
from conformance.pointer import get
from conformance.reading import Reading

_STOPS = frozenset({"length", "max_tokens", "max_output_tokens"})
_LIMITS = ("/max_completion_tokens", "/max_tokens", "/max_output_tokens")
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


def _is_cut(expect: Mapping[str, JSON], reading: Reading) -> bool:
    """Whether the answer says that it was cut at the limit, its usage agrees, and the case did not want it so."""
    answer = reading.answer
    if answer is None or answer.stop not in _STOPS or answer.stop in expect.get("answer", {}).get("stop", ()):
        return False
    limit = next((value for at in _LIMITS if (value := get(reading.sent, at, int)) is not None), None)
    return limit is not None and answer.output_tokens is not None and answer.output_tokens >= limit
