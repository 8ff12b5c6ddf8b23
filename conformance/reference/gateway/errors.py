"""The gateway's own errors, in the envelope of the endpoint's vendor, and the errors of the upstream.

Sources: the error objects of openai-python (`openai.types.shared.ErrorObject`) and anthropic-sdk-python
(`anthropic.types.ErrorResponse`); the types by status, https://platform.openai.com/docs/guides/error-codes
and https://docs.anthropic.com/en/api/errors; errors inside of streams, `openai/_streaming.py` and
https://docs.anthropic.com/en/docs/build-with-claude/streaming#error-events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.core.model import JSON, Headers
from conformance.reference.gateway.families import MESSAGES, RESPONSES, Dialect, dialect_for
from conformance.reference.gateway.wire import Answer, Call, whole

__all__ = ["Dialect", "UpstreamError", "Words", "in_band", "json_answer", "read_error", "refusal", "upstream_refusal"]

_OWN_TYPES: Mapping[Dialect, Mapping[int, str]] = {
    "openai": {502: "server_error", 504: "server_error"},
    "anthropic": {
        401: "authentication_error", 404: "not_found_error", 413: "request_too_large", 502: "api_error",
        504: "timeout_error",
    },
}  # fmt: skip
"""The types of the errors that the gateway itself has; those of the upstream have more."""

_OPENAI_TYPES = {429: "requests"}
_OPENAI_CODES = {429: "rate_limit_exceeded", 503: "server_is_overloaded"}
_ANTHROPIC_TYPES = {
    401: "authentication_error", 402: "billing_error", 403: "permission_error", 404: "not_found_error",
    408: "timeout_error", 409: "conflict_error", 413: "request_too_large", 429: "rate_limit_error",
    504: "timeout_error", 529: "overloaded_error",
}  # fmt: skip


class UpstreamError(Exception):
    """The upstream gave no answer that can be passed on. `headers` go to the client with the error."""

    def __init__(self, status: int, message: str, *, code: str | None = None, headers: Headers = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers


@dataclass(frozen=True, slots=True)
class Words:
    """The content of an error, without its envelope."""

    message: str
    type: str = ""
    code: str | None = None
    param: str | None = None


def json_answer(status: int, value: JSON, headers: Headers = ()) -> Answer:
    """An answer whose body is `value` as JSON."""
    body = json.dumps(value).encode()
    framing = (("content-type", "application/json"), ("content-length", str(len(body))))
    return Answer(status, (*framing, *headers), whole(body))


def refusal(
    call: Call,
    dialect: Dialect,
    status: int,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    headers: Headers = (),
) -> Answer:
    """An error answer to `call`; only OpenAI's envelope has `param` and `code`."""
    kind = _OWN_TYPES[dialect].get(status, "invalid_request_error")
    return json_answer(status, _enveloped(dialect, kind, Words(message, "", code, param), call.id), headers)


def upstream_refusal(call: Call, dialect: Dialect, status: int, error: UpstreamError) -> Answer:
    """An error answer to `call` for an error of the upstream."""
    return json_answer(status, _envelope(dialect, status, Words(error.message, "", error.code), call.id), error.headers)


def in_band(family: str, status: int, words: Words, request_id: str, number: int) -> bytes:
    """The event that ends a stream with an error of `status`; `number` is the sequence number, for Responses."""
    envelope = _envelope(dialect_for(family), status, words, request_id)
    if family == RESPONSES:
        return sse_event({"type": "error", "sequence_number": number, **envelope}, "error")
    return sse_event(envelope, "error" if family == MESSAGES else "")


def sse_event(value: JSON, name: str = "") -> bytes:
    """One server-sent event with JSON data."""
    return f"{f'event: {name}' + chr(10) if name else ''}data: {json.dumps(value)}\n\n".encode()


def read_error(value: JSON) -> Words | None:
    """The words of an error in either vendor's envelope, or None if `value` is not one.

    A Responses object with status `failed` has an `error` as well, but is an answer.
    """
    error = value.get("error") if isinstance(value, dict) else None
    if not error or value.get("object") == "response":
        return None
    if not isinstance(error, dict):
        return Words(error) if isinstance(error, str) else Words("The upstream provider answered with an error.")
    message = error.get("message")
    fallback = "The upstream provider answered with an error."
    return Words(
        message if isinstance(message, str) and message.strip() else fallback,
        *(_name(error.get(member)) or "" for member in ("type",)),
        *(_name(error.get(member)) for member in ("code", "param")),
    )


def is_well_formed(dialect: Dialect, value: JSON) -> bool:
    """Whether `value` is an error in the vendor's envelope."""
    error = value.get("error") if isinstance(value, dict) else None
    said = isinstance(error, dict) and isinstance(error.get("message"), str) and error["message"].strip()
    if not said:
        return False
    return dialect == "openai" or (value.get("type") == "error" and isinstance(value["error"].get("type"), str))


def _name(value: JSON) -> str | None:
    return value if isinstance(value, str) and value else None


def _envelope(dialect: Dialect, status: int, words: Words, request_id: str) -> dict[str, Any]:
    default = "api_error" if dialect == "anthropic" else "server_error"
    usual = default if status >= 500 else "invalid_request_error"
    if dialect == "anthropic":
        return _enveloped(dialect, _ANTHROPIC_TYPES.get(status, usual), words, request_id)
    coded = replace(words, code=words.code or _OPENAI_CODES.get(status))
    return _enveloped(dialect, _OPENAI_TYPES.get(status, usual), coded, request_id)


def _enveloped(dialect: Dialect, kind: str, words: Words, request_id: str) -> dict[str, Any]:
    if dialect == "anthropic":
        return {"type": "error", "error": {"type": kind, "message": words.message}, "request_id": request_id}
    return {"error": {"message": words.message, "type": kind, "param": words.param, "code": words.code}}
