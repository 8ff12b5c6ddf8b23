"""Detects answers that ended at another place than the case wants because the model wrote more, or less.

A reasoning model may use up a small token limit before it writes any text. In all three APIs that is a success, with
the reason `length`, `max_tokens` or `max_output_tokens`. A model that writes another text than requested may never
reach a limit or a stop sequence. Servers have limits of their own for requests without one, and a small context may end
an answer before its limit. An answer that is short, or exactly what was requested, was not cut off by any of these. If
its tokens were not counted, or the count is 0, an answer with fewer characters than the limit has tokens is short.

Source: https://platform.openai.com/docs/guides/reasoning, https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from conformance.core.case_format import Expectation
from conformance.core.model import JSON, Answer, Finding, Step
from conformance.core.pointer import get
from conformance.judge import prompt_facts
from conformance.judge.expectations import OBEDIENCE
from conformance.judge.expectations.answer import FILLED_IN, NATURAL
from conformance.protocol.reading import Reading, parse
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

_SMALLEST_DEFAULT = 16
"""Tokens. No server cuts off answers earlier on its own."""


def explained(
    findings: Sequence[Finding], steps: Sequence[Step], readings: Sequence[Reading], context_tokens: int | None = None
) -> Iterator[Finding]:
    """Yield the findings that a truncated answer explains, in its step or in a later one.

    `context_tokens` is the size of the model's context, if the profile states it.
    """
    cut = (
        index
        for index, reading in enumerate(readings)
        if _is_cut(steps[index].expect, reading, readings, context_tokens)
    )
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


def _is_cut(expect: Expectation, reading: Reading, readings: Sequence[Reading], context_tokens: int | None) -> bool:
    """Whether the answer reports truncation, a limit explains it, and the case does not expect it."""
    answer = reading.answer
    if answer is None or not _reports_cut(reading) or answer.stop in expect.get("answer", {}).get("stop", ()):
        return False
    if _is_lost(reading):
        return False
    limit, used = token_limit(reading.sent), answer.output_tokens
    if context_tokens and used is not None and used + (answer.input_tokens or 0) >= context_tokens:
        return True
    if limit is None:
        return _may_be_cut(reading, answer) and all(_fits(answer, other) for other in _unlimited(reading, readings))
    if not used:
        return len(answer.text) >= limit and not prompt_facts.is_literal(reading.sent, answer.text)
    return used >= limit


def _reports_cut(reading: Reading) -> bool:
    return reading.answer is not None and reading.answer.stop == _STOP.get(reading.family.name)


def _may_be_cut(reading: Reading, answer: Answer) -> bool:
    """Whether a server's own limit can have cut an answer: it is long enough, and not exactly the requested one."""
    used = answer.output_tokens if answer.output_tokens is not None else len(answer.text.split())
    called = bool(answer.tool_calls) and all(_is_whole(call.arguments) for call in answer.tool_calls)
    return used >= _SMALLEST_DEFAULT and not called and not prompt_facts.is_literal(reading.sent, answer.text)


def _is_whole(arguments: JSON) -> bool:
    return not isinstance(arguments, str) or not parse(arguments)[1]


def _unlimited(reading: Reading, readings: Sequence[Reading]) -> Iterator[Reading]:
    """Yield the answers of the same endpoint to requests without a limit."""
    return (each for each in readings if each.family is reading.family and token_limit(each.sent) is None)


def _fits(cut: Answer, other: Reading) -> bool:
    """Whether the same limit, of answers or of the context, allows the end of a cut answer and that of another one."""
    counts, others = _counts(cut), _counts(other.answer)
    if counts is None or others is None:
        return True
    if _reports_cut(other):
        return any(one == another for one, another in zip(counts, others, strict=True))
    return any(one >= another for one, another in zip(counts, others, strict=True))


def _counts(answer: Answer | None) -> tuple[int, int] | None:
    """Return the tokens of an answer, and those of prompt and answer; None if unknown, or for several answers."""
    if answer is None or answer.output_tokens is None or answer.choices > 1:
        return None
    return answer.output_tokens, answer.output_tokens + (answer.input_tokens or 0)


def _is_lost(reading: Reading) -> bool:
    """Whether an answer has nothing in it although its usage says that no token was spent on reasoning."""
    answer = reading.answer
    if answer is None or answer.text or answer.tool_calls or answer.reasoning or answer.refusal:
        return False
    return any(get(reading.final, at, int) == 0 for at in _REASONING)
