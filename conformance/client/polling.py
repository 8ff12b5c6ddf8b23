"""What is not there yet is asked for again: a response that is worked on in the background."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence

from conformance.core import pointer
from conformance.core.model import JSON, Exchange
from conformance.protocol.reading import Reading

PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between one request and the next; the last again and again."""


def done(until: Mapping[str, Sequence[JSON]], exchange: Exchange) -> bool:
    """Whether an answer is what is waited for, or an error, after which nothing comes."""
    reading = Reading(exchange)
    return reading.kind != "json" or any(
        pointer.get(reading.final, at, object) in values for at, values in until.items()
    )


async def turns(seconds: float) -> AsyncIterator[None]:
    """The moments at which to ask again; none once so many seconds have passed."""
    end = time.monotonic() + seconds
    for number in range(len(PAUSES) + int(seconds)):
        pause = PAUSES[min(number, len(PAUSES) - 1)]
        if time.monotonic() + pause > end:
            return
        await asyncio.sleep(pause)
        yield
