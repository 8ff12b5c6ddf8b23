"""The errors after which a client asks again, and those of a proxy in front of an API."""

from __future__ import annotations

from conformance.core.model import Exchange
from conformance.core.pointer import get
from conformance.protocol.reading import Reading

RETRYABLE_STATUSES = frozenset({408, 409, 429, *range(500, 600)})
"""Statuses after which both vendors' SDKs retry."""

_SERVER_ERROR, _IN_FRONT = 500, frozenset({502, 503, 504})
"""The first status of a server error; those with which a proxy says that nothing answers behind it."""


def is_outage(exchange: Exchange) -> bool:
    """Whether an answer may come from a proxy with no API behind it.

    Such answers are a 502, 503 or 504, and any other 5xx without the error object of an API.
    """
    status = exchange.status
    if status is None or status < _SERVER_ERROR:
        return False
    return status in _IN_FRONT or get(Reading(exchange).json, "/error", dict) is None
