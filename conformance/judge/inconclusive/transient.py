"""Whether the moment is to blame: nobody was reached, or everybody was busy."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.core.model import JSON
from conformance.core.pointer import get
from conformance.judge.control import Control
from conformance.protocol.reading import Reading

BUSY = {408: "upstream timeout", 429: "rate-limited", 503: "overloaded", 504: "upstream timeout", 529: "overloaded"}
"""Statuses that say nothing about conformance where an answer was expected."""

BUSY_BEFORE_READING = frozenset({429, 529})
"""Those that come before anybody has looked at the body. A wrong body that is answered 503 was taken for an outage."""

BUSY_KINDS = frozenset({"overloaded_error", "rate_limit_error", "rate_limit_exceeded"})
"""What an error event in a stream is called where the moment is to blame (Anthropic's and OpenAI's names)."""


def busy(reading: Reading, expect: Mapping[str, JSON], control: Control) -> str:
    """Why nothing can be said of an answer that the moment prevented; "" where the moment is not to blame."""
    exchange = reading.exchange
    if exchange.ended == "unreachable":
        return f"the gateway could not be reached ({exchange.problem})"
    busy = BUSY_BEFORE_READING if expect["outcome"] == "refusal" else BUSY
    status = exchange.status or 0
    if status in busy and status not in expect.get("status", ()):
        return f"the gateway answered {status}: {BUSY[status]}"
    if exchange.status is None and not control.answers:
        return f"the endpoint does not answer the control request either ({exchange.problem})"
    if kind := _interrupted(reading):
        return f"the stream was aborted with {kind}"
    return ""


def _interrupted(reading: Reading) -> str:
    """The kind of a busy moment that a stream's own error event tells of; "" where there is none."""
    if reading.kind != "stream":
        return ""
    places = ("/error/type", "/error/code", "/response/error/code")
    kinds = (get(event, at, str) or "" for event in reading.documents for at in places)
    return next((kind for kind in kinds if kind in BUSY_KINDS), "")
