"""The error for a refused request, and the envelopes of both vendors.

OpenAI: https://platform.openai.com/docs/guides/error-codes (schema `ErrorResponse` of openai-openapi).
Anthropic: https://docs.anthropic.com/en/api/errors (`anthropic/types/shared/error_response.py`).
"""

from __future__ import annotations

from .prompt import JSON

_ANTHROPIC_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error", 404: "not_found_error",
    413: "request_too_large", 429: "rate_limit_error", 500: "api_error", 529: "overloaded_error",
}  # fmt: skip


class Refused(Exception):  # noqa: N818 (reads better where it is raised)
    """A request that is answered with an error: its status, message, parameter and code.

    `details` are the details of an error of Messages, by which SDKs recover.
    """

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        status: int = 400,
        details: JSON = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code
        self.status = status
        self.details = details


def openai_envelope(refused: Refused, _request_id: str) -> JSON:
    """`{error: {message, type, param, code}}`, always with all four members."""
    kind = "server_error" if refused.status >= 500 else "invalid_request_error"
    error = {"message": refused.message, "type": kind, "param": refused.param, "code": refused.code}
    return {"error": error}


def anthropic_envelope(refused: Refused, request_id: str) -> JSON:
    """`{type: error, error: {type, message, details?}, request_id}`; the id is that of the `request-id` header."""
    kind = _ANTHROPIC_TYPES.get(refused.status, "invalid_request_error")
    error = {"type": kind, "message": refused.message}
    if refused.details:
        error["details"] = refused.details
    return {"type": "error", "error": error, "request_id": request_id}
