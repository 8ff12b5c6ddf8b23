"""Errors of an upstream in the envelope of its family: as the body of an answer, or as an event of a stream.

Sources: https://platform.openai.com/docs/guides/error-codes, https://docs.anthropic.com/en/api/errors, and
https://docs.anthropic.com/en/docs/build-with-claude/streaming#error-events.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from conformance.reference.gateway import Answer
from conformance.reference.gateway.errors import json_answer
from conformance.reference.provider.identity import fresh

JSON = Any

_ANTHROPIC = {
    401: "authentication_error", 402: "billing_error", 403: "permission_error", 404: "not_found_error",
    409: "conflict_error", 413: "request_too_large", 429: "rate_limit_error", 504: "timeout_error",
    529: "overloaded_error",
}  # fmt: skip
_OPENAI = {429: "rate_limit_error", 503: "service_unavailable_error"}


def answer(family: str, status: int, error: Mapping[str, JSON]) -> Answer:
    """An error with `message`, and with `type` and `code` where they are not the usual ones of the status."""
    request_id = fresh("req_01", 22)
    own = ("request-id" if family == "messages" else "x-request-id", request_id)
    return json_answer(status, _envelope(family, status, error, request_id), (own,))


def _envelope(family: str, status: int, error: Mapping[str, JSON], request_id: str) -> JSON:
    if family == "messages":
        usual = _ANTHROPIC.get(status, "api_error" if status >= 500 else "invalid_request_error")
        own = {"type": error.get("type", usual), "message": error["message"]}
        return {"type": "error", "error": own, "request_id": request_id}
    usual = _OPENAI.get(status, "server_error" if status >= 500 else "invalid_request_error")
    own = {"message": error["message"], "type": error.get("type", usual), "param": None, "code": error.get("code")}
    return {"error": own}


def event(family: str, error: Mapping[str, JSON]) -> bytes:
    """The error event of a family, with `message`, and `type` and `code` where they are not the usual ones."""
    message = error.get("message", "The upstream met an error of its own.")
    if family == "messages":
        own = {"type": error.get("type", "overloaded_error"), "message": message}
        return _named({"type": "error", "error": own})
    kind = error.get("type", "server_error")
    if family == "responses":
        code = error.get("code", kind)
        return _named({"type": "error", "code": code, "message": message, "param": None, "sequence_number": 99})
    own = {"message": message, "type": kind, "param": None, "code": error.get("code")}
    return f"data: {json.dumps({'error': own})}\n\n".encode()


def _named(data: Mapping[str, JSON]) -> bytes:
    return f"event: {data['type']}\ndata: {json.dumps(data)}\n\n".encode()
