"""The `same_as` keyword: the same request, sent in another way, gets the same kind of answer."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Answer, Breach, Where
from conformance.core.pointer import get
from conformance.judge.expectations.context import Context
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

_LIMITS = ("length", "max_tokens", "max_output_tokens")
"""Stop reasons of truncated answers: a reasoning model may or may not have written text before the limit."""


def same_as(want: int, reading: Reading, context: Context) -> Iterator[Breach]:
    """Compare this answer with that of an earlier step (from 1)."""
    before = context.earlier[want - 1]
    first, second = before.answer, reading.answer
    if first is None or second is None:
        return
    for name, one, other in _compared(first, second, reading.sent):
        if one != other:
            yield Breach("case.same-answer", f"{name}: {show(one)}, as in step {want}", show(other))
    if first.input_tokens is not None and second.input_tokens is not None:
        yield from _same_prompt(before, reading, first.input_tokens, second.input_tokens, want)
    if _is_same_output(first, second) and first.output_tokens != second.output_tokens:
        expected = f"{show(first.output_tokens)} output tokens, as in step {want}"
        yield Breach("case.same-output-tokens", expected, show(second.output_tokens))


def _same_prompt(first: Reading, second: Reading, was: int, now: int, step: int) -> Iterator[Breach]:
    """The same prompt has the same tokens. A difference of about the cached ones means that these are miscounted.

    If a long prompt loses most of its tokens, the cached ones are lost.
    """
    if was == now:
        return
    cached = max(_cached(first), _cached(second))
    expected = f"{show(was)} prompt tokens, as in step {step}"
    lost = was >= _LONG and now < was / 2
    if lost or (cached and abs(was - now) >= cached * _MOST):
        got = f"{show(now)}, of which {show(_cached(second))} are cached"
        yield Breach("case.cached-tokens", f"{expected} with {show(_cached(first))} cached", got, Where("/usage"))
    else:
        yield Breach("case.same-prompt-tokens", expected, show(now))


_LONG = 1024
"""Tokens. Shorter prompts are not cached."""

_MOST = 0.8
"""The share of the cached tokens from which a difference is due to them, and not to another tokenizer."""


def _cached(reading: Reading) -> int:
    """Return how many tokens of the prompt were read from the cache or written to it."""
    return sum(get(reading.final, pointer, int) or 0 for pointer in _CACHED)


_CACHED = (
    "/usage/prompt_tokens_details/cached_tokens",
    "/usage/input_tokens_details/cached_tokens",
    "/usage/cache_read_input_tokens",
    "/usage/cache_creation_input_tokens",
)


def _is_same_output(first: Answer, second: Answer) -> bool:
    """Whether the answers are of the same tokens: the same text, or as many as the same limit allows.

    A count that is far above the text includes reasoning, which differs each time.
    """
    counts = [count for count in (first.output_tokens, second.output_tokens) if count is not None]
    if len(counts) < len((first, second)) or first.tool_calls or second.tool_calls:
        return False
    if first.stop in _LIMITS:
        return first.stop == second.stop
    hidden = first.reasoning or second.reasoning or max(counts) > len(first.text) + _CLOSING
    return first.text == second.text and bool(first.text) and not hidden


_CLOSING = 16
"""Tokens. Those that end a message may be counted in addition to its text."""


def _compared(first: Answer, second: Answer, sent: JSON) -> Iterator[tuple[str, JSON, JSON]]:
    yield "stop reason", first.stop, second.stop
    yield "called tools", _tools(first), _tools(second)
    yield "number of choices", first.choices, second.choices
    if first.stop not in _LIMITS:
        yield "text present", bool(first.text), bool(second.text)
    if get(sent, "/thinking/type", str) == "enabled":  # otherwise a model may reason or not, each time
        yield "thinking present", bool(first.reasoning), bool(second.reasoning)


def _tools(answer: Answer) -> list[str]:
    return sorted(call.name for call in answer.tool_calls)
