"""How an answer of the upstream failed, and whether the client sees an answer that ended normally."""

from __future__ import annotations

import json

from conformance.core.pointer import get
from conformance.protocol.reading import Reading

_TERMINATORS = {
    "responses": ("response.completed", "response.incomplete", "response.failed"),
    "messages": ("message_stop",),
}


def failure(reading: Reading) -> str:
    """The reason why an answer failed: why a client of its family cannot take it as complete; "" if nothing is."""
    exchange = reading.exchange
    if exchange.status is None:
        return exchange.problem or "no answer"
    if exchange.status >= 400:
        return f"status {exchange.status}"
    if exchange.ended not in ("complete", "left"):
        return f"status {exchange.status}, then: {exchange.problem or exchange.ended}"
    if reading.kind == "stream":
        return _failed_stream(reading)
    if reading.parsed[1]:
        return "a body that is not JSON" if reading.body else "an empty body"
    if reading.errors:
        return f"status {exchange.status} with an error in the body"
    return "" if isinstance(reading.json, dict) else "a body that is not an object"


def _failed_stream(reading: Reading) -> str:
    if reading.errors:
        return "an error event in the stream"
    return "" if is_terminated(reading) else "a stream without its last event"


def is_terminated(reading: Reading) -> bool:
    """Whether a stream ends as its family ends streams: a client takes such an answer as complete.

    Chat Completions ends with `[DONE]`; SDKs take a choice with a finish reason as complete, too.
    """
    if reading.family.name == "chat_completions":
        done = any(event.data.strip() == "[DONE]" for event in reading.stream.events)
        return done or any(_finishes(document) for document in reading.documents)
    ends = _TERMINATORS.get(reading.family.name, ())
    return any(get(document, "/type", str) in ends for document in reading.documents)


def _finishes(document: object) -> bool:
    choices = document.get("choices") if isinstance(document, dict) else None
    return any(isinstance(one, dict) and one.get("finish_reason") for one in choices or ())


def words(reading: Reading) -> str:
    """The message of an upstream's error; "" without one."""
    for error in reading.errors:
        message = error.fields.get("message")
        if isinstance(message, str):
            return message
    value = get(reading.json, "/error/message", str)
    return value if value is not None else ""


def shown(reading: Reading) -> str:
    """The body of an answer in a few words, for a finding."""
    body = reading.body[:160].decode("utf-8", "replace")
    return json.dumps(body, ensure_ascii=False)
