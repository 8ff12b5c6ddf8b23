"""The usage of a message: sums and plausibility.

Source: https://docs.anthropic.com/en/api/messages, and anthropic-sdk-python, anthropic/types/usage.py
"""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.judge.checks.messages import CALLS, FAMILY, located, whole
from conformance.protocol.answers.messages import prompt_tokens
from conformance.protocol.reading import Reading


@check("messages.usage.cache-sum", families=FAMILY, on="final")
def cache(reading: Reading) -> Iterator[Breach]:
    """cache_creation_input_tokens is the sum over the cache lifetimes."""
    usage = _with_parts(reading)
    written = get(usage, "/cache_creation_input_tokens", int)
    short = get(usage, "/cache_creation/ephemeral_5m_input_tokens", int)
    long = get(usage, "/cache_creation/ephemeral_1h_input_tokens", int)
    if written is not None and short is not None and long is not None and short + long != written:
        at = "/usage/cache_creation_input_tokens"
        yield breach("messages.usage.cache-sum", f"{short} + {long}, the sum of cache_creation", str(written), at)


def _with_parts(reading: Reading) -> JSON:
    """Return the usage with the parts: in a stream that of message_start, because message_delta has totals only."""
    starts = (event for event in reading.documents if event.get("type") == "message_start")
    message = get(next(starts, None), "/message", dict) if reading.kind == "stream" else reading.final
    return get(message, "/usage", dict)


@check("messages.usage.prompt-counted", families=FAMILY, on="final")
def prompt(reading: Reading) -> Iterator[Breach]:
    """The prompt has tokens. input_tokens may be 0 if the whole prompt was cached."""
    if prompt_tokens(get(whole(reading), "/usage", dict)) == 0:
        yield breach("messages.usage.prompt-counted", "more than 0 tokens, including cached ones", "0", "/usage")


@check("messages.usage.output-counted", families=FAMILY, on="final")
def output(reading: Reading) -> Iterator[Breach]:
    """Text and calls have output tokens."""
    message = whole(reading)
    if get(message, "/usage/output_tokens", int) == 0 and _says_something(message):
        yield breach("messages.usage.output-counted", "more than 0 tokens", "0", "/usage/output_tokens")


@check("messages.usage.output-plausible", families=FAMILY, on="final")
def plausible(reading: Reading) -> Iterator[Breach]:
    """The token count is not far below the number of words; otherwise it was taken too early."""
    message = whole(reading)
    count = get(message, "/usage/output_tokens", int)
    words = sum(len((get(block, "/text", str) or "").split()) for _, block in located(message, "text"))
    if count is not None and 0 < count * _WORDS_A_TOKEN < words:
        expected = f"about as many tokens as the text's {words} words"
        yield breach("messages.usage.output-plausible", expected, str(count), "/usage/output_tokens")


_WORDS_A_TOKEN = 4
"""No tokenizer has this many words per token, on average."""


def _says_something(message: JSON) -> bool:
    return any(located(message, *CALLS)) or any(block.get("text") for _, block in located(message, "text"))


@check("messages.usage.thinking-part", families=FAMILY, on="final")
def thinking(reading: Reading) -> Iterator[Breach]:
    """Thinking tokens are part of the output tokens."""
    part = get(reading.final, "/usage/output_tokens_details/thinking_tokens", int)
    total = get(reading.final, "/usage/output_tokens", int)
    if part is not None and total is not None and part > total:
        at = "/usage/output_tokens_details/thinking_tokens"
        yield breach("messages.usage.thinking-part", f"at most {total}", str(part), at)
