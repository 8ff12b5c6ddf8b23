"""When the next request may go: so many a minute, and not before the time that the gateway asked for.

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
"""Seconds. A gateway that asks for more is not waited for: the case is left unverified."""


class Pace:
    """Hands out turns, evenly spread over each minute. For one event loop."""

    def __init__(self, per_minute: float | None = None) -> None:
        self._interval = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._open = 0.0

    async def turn(self) -> None:
        """Waits until a request may be sent."""
        now = time.monotonic()
        at = max(now, self._next)
        self._next = at + self._interval
        while (wait := max(at, self._open) - time.monotonic()) > 0:
            await asyncio.sleep(wait)

    def hold(self, seconds: float) -> None:
        """Nobody sends for so long: the gateway asked for it."""
        self._open = max(self._open, time.monotonic() + seconds)


def asked_for(headers: Headers, now: float) -> float | None:
    """The seconds that an answer asks to wait, `now` being seconds since 1970; None where it does not say."""
    said = {name.lower(): value.strip() for name, value in headers}
    exact = _number(said.get("retry-after-ms", ""))
    if exact is not None:
        return exact / 1000
    later = said.get("retry-after", "")
    seconds = _number(later)
    return seconds if seconds is not None else _until(later, now)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _until(date: str, now: float) -> float | None:
    """The seconds until an HTTP date, none of them where it has passed."""
    try:
        return max(0.0, email.utils.parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, TypeError, OverflowError):
        return None
