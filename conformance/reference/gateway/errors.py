"""The gateway's own errors, in the envelope of the endpoint's vendor.

Sources: the error objects of openai-python (`openai.types.shared.ErrorObject`) and anthropic-sdk-python
(`anthropic.types.ErrorResponse`); the types by status, https://platform.openai.com/docs/guides/error-codes
and https://docs.anthropic.com/en/api/errors.
"""

from __future__ import annotations

import json
from typing import Literal

from conformance.core.model import JSON, Headers
from conformance.reference.gateway.wire import Answer, Call, whole

Dialect = Literal["openai", "anthropic"]

_OPENAI_TYPES = {502: "server_error", 504: "server_error"}
_ANTHROPIC_TYPES = {
    401: "authentication_error", 404: "not_found_error", 413: "request_too_large", 502: "api_error",
    504: "timeout_error",
}  # fmt: skip


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
    if dialect == "anthropic":
        kind = _ANTHROPIC_TYPES.get(status, "invalid_request_error")
        error = {"type": kind, "message": message}
        return json_answer(status, {"type": "error", "error": error, "request_id": call.id}, headers)
    kind = _OPENAI_TYPES.get(status, "invalid_request_error")
    return json_answer(status, {"error": {"message": message, "type": kind, "param": param, "code": code}}, headers)
