"""The longest time in which no byte of an answer arrives."""

from __future__ import annotations

from itertools import accumulate, pairwise

from conformance.protocol.reading import Reading


def longest(reading: Reading) -> tuple[float, int]:
    """Return (seconds, offset of the byte that ended it) of the longest silence in a body; (0.0, 0) if it has none."""
    chunks = [chunk for chunk in reading.exchange.chunks if chunk.data]
    offsets = accumulate(len(chunk.data) for chunk in chunks)
    silences = ((after.at - before.at, at) for (before, after), at in zip(pairwise(chunks), offsets, strict=False))
    return max(silences, default=(0.0, 0))
