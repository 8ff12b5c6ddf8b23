"""Polling: repeating a request until the answer has the expected value, such as the status of a background response."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence

from conformance.core import pointer
from conformance.core.model import JSON, Exchange
from conformance.protocol.reading import Reading

PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds before each request; the last value applies to all further ones."""


def is_done(until: Mapping[str, Sequence[JSON]], exchange: Exchange) -> bool:
    """Whether polling can stop: a pointer of `until` leads to one of its values, or the answer is not a JSON answer.

    After an error, further requests would not help.
    """
    reading = Reading(exchange)
    return reading.kind != "json" or any(
        pointer.get(reading.final, at, object) in values for at, values in until.items()
    )


async def pauses(seconds: float) -> AsyncIterator[None]:
    """Sleep before each poll, and yield when it is due. Ends when `seconds` would be exceeded."""
    end = time.monotonic() + seconds
    for number in range(len(PAUSES) + int(seconds)):
        pause = PAUSES[min(number, len(PAUSES) - 1)]
        if time.monotonic() + pause > end:
            return
        await asyncio.sleep(pause)
        yield
