"""How an answer of the upstream failed, and whether a client sees an answer that ended normally.

A stream counts as finished from its stop reason on: what an upstream fails to send after that is missing, but the
answer is whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from conformance.core.model import JSON
from conformance.core.pointer import get
from conformance.protocol.reading import Reading

_TERMINAL = ("response.completed", "response.incomplete", "response.failed")

_LISTS: Mapping[str, str] = {"chat_completions": "/choices", "responses": "/output", "messages": "/content"}
"""Family -> the list that each of its answers has."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The reason why a client cannot take an answer of its family as complete.

    `what` says in words what is wrong. `status` is the error status of the answer, or the one that belongs to the error
    in its body; None if the upstream said nothing about its failure. `kind` and `code` are those of its error,
    and `message` are its words; "" without one.
    """

    what: str
    status: int | None = None
    kind: str = ""
    code: str = ""
    message: str = ""


STATUSES: Mapping[str, int] = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "rate_limit_exceeded": 429,
    "api_error": 500, "server_error": 500, "service_unavailable_error": 503, "timeout_error": 504,
    "overloaded_error": 529,
}  # fmt: skip
"""The type of an error -> its status, by the error tables of both vendors, for errors that come with status 200."""

_GATEWAY_TIMEOUT = 504


def failure(reading: Reading) -> Failure | None:
    """How an answer failed; None if it did not, and if the gateway closed the connection before its end."""
    exchange = reading.exchange
    if exchange.ended == "left":
        return None
    silent = _GATEWAY_TIMEOUT if exchange.ended == "timeout" else None
    if exchange.status is None:
        return Failure(exchange.problem or "no answer", silent)
    if exchange.status >= 400:
        return _told(reading, f"status {exchange.status}", exchange.status)
    broken = exchange.ended != "complete"
    if reading.kind == "stream":
        if reading.errors:
            return _told(reading, "an error event in the stream")
        if is_terminated(reading):
            return None
        return Failure(_cut(reading) if broken else "a stream without its last event", silent)
    if broken:
        return Failure(_cut(reading), silent)
    if reading.parsed[1]:
        return Failure("a body that is not JSON" if reading.body else "an empty body")
    if reading.errors:
        return _told(reading, f"status {exchange.status} with an error in the body")
    return None if _is_answer(reading) else Failure("a JSON document that is not an answer")


def _cut(reading: Reading) -> str:
    return f"status {reading.exchange.status}, then: {reading.exchange.problem or reading.exchange.ended}"


def _told(reading: Reading, what: str, status: int | None = None) -> Failure:
    """A failure with what the upstream itself says about it."""
    for error in reading.errors:
        text = {name: value for name, value in error.fields.items() if isinstance(value, str)}
        kind, code = text.get("type", ""), text.get("code", "")
        known = STATUSES.get(kind) or STATUSES.get(code)
        return Failure(what, status or known, kind, code, text.get("message", ""))
    return Failure(what, status)


def _is_answer(reading: Reading) -> bool:
    """Whether a document has the list in which its family answers."""
    members = get(reading.json, _LISTS.get(reading.family.name, ""), list)
    return members is not None and (bool(members) or reading.family.name != "chat_completions")


def is_terminated(reading: Reading) -> bool:
    """Whether a stream has the stop reason of its answer, or an end marker: a client takes the answer as complete."""
    if reading.family.name == "chat_completions" and any(
        event.data.strip() == "[DONE]" for event in reading.stream.events
    ):
        return True
    finishes = _FINISHES.get(reading.family.name)
    return finishes is not None and any(finishes(document) for document in reading.documents)


def _chat_finishes(chunk: JSON) -> bool:
    choices = get(chunk, "/choices", list) or ()
    return any(isinstance(choice, dict) and choice.get("finish_reason") for choice in choices)


def _responses_finishes(event: JSON) -> bool:
    return get(event, "/type", str) in _TERMINAL


def _messages_finishes(event: JSON) -> bool:
    return get(event, "/type", str) == "message_stop" or bool(get(event, "/delta/stop_reason", str))


_FINISHES: Mapping[str, Callable[[JSON], bool]] = {
    "chat_completions": _chat_finishes,
    "responses": _responses_finishes,
    "messages": _messages_finishes,
}
"""Family -> whether an event carries the stop reason."""
