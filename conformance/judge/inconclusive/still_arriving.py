"""Two-sided steps that cannot be judged: the answer was still arriving when the limit of time ended."""

from __future__ import annotations

from collections.abc import Sequence

from conformance.core.model import Chunk
from conformance.protocol.reading import Reading

PAUSE_SECONDS = 5.0
"""A stream in which nothing arrived for so long before the limit has stopped; it does not only take long."""


def reason(reading: Reading) -> str:
    """Return why nothing can be said about a stream: it takes longer than the limit, as on a busy machine."""
    exchange = reading.exchange
    if exchange.ended != "timeout" or reading.kind != "stream":
        return ""
    if exchange.seconds - _last_content(exchange.chunks) > PAUSE_SECONDS:
        return ""
    return f"the stream was still arriving after {exchange.seconds:.0f} s, which is the limit"


def _last_content(chunks: Sequence[Chunk]) -> float:
    """When the last part of the answer arrived; signs of life are none."""
    return next((chunk.at for chunk in reversed(chunks) if b"data:" in chunk.data and b'"ping"' not in chunk.data), 0.0)
