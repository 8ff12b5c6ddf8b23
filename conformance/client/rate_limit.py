"""The rate limit: requests per minute, and pauses that the gateway asks for with Retry-After.

Sources: RFC 9110, section 10.2.3 (Retry-After, seconds or a date); `retry-after-ms` as both vendors' SDKs read
it, https://github.com/openai/openai-python/blob/main/src/openai/_base_client.py
"""

from __future__ import annotations

import asyncio
import email.utils
import math
import time

from conformance.core.model import Headers

MAX_WAIT = 60.0
"""Seconds. If a gateway asks for a longer wait, the request is not retried and the case stays unverified."""


class RateLimiter:
    """Spreads requests evenly over each minute. For use on one event loop."""

    def __init__(self, per_minute: float | None = None) -> None:
        """`per_minute`: requests per minute; None means no limit."""
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._paused_until = 0.0

    async def acquire(self) -> None:
        """Wait until a request may be sent."""
        now = time.monotonic()
        slot = max(now, self._next)
        self._next = slot + self._interval
        while (wait := max(slot, self._paused_until) - time.monotonic()) > 0:
            await asyncio.sleep(wait)

    def pause(self, seconds: float) -> None:
        """Hold back all requests for this long, because the gateway asked for it."""
        self._paused_until = max(self._paused_until, time.monotonic() + seconds)


def retry_after(headers: Headers, now: float) -> float | None:
    """Return the seconds that an answer asks the client to wait; None if it does not.

    `now` is the time in seconds since 1970, for a Retry-After with a date.
    """
    values = {name.lower(): value.strip() for name, value in headers}
    milliseconds = _number(values.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = values.get("retry-after", "")
    seconds = _number(value)
    return seconds if seconds is not None else _seconds_until(value, now)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _seconds_until(date: str, now: float) -> float | None:
    """Return the seconds until an HTTP date, 0.0 if it has passed, None if it is not a date."""
    try:
        return max(0.0, email.utils.parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
