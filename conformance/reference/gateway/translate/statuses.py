"""HTTP statuses of errors that come without one, and those that differ between the vendors.

Sources: https://platform.openai.com/docs/guides/error-codes and https://docs.anthropic.com/en/api/errors.
"""

from __future__ import annotations

from collections.abc import Mapping

from conformance.reference.gateway.errors import Words
from conformance.reference.gateway.families import MESSAGES

_STATUSES: Mapping[str, int] = {
    "authentication_error": 502, "permission_error": 502, "billing_error": 402, "not_found_error": 404,
    "request_too_large": 413, "rate_limit_error": 429, "timeout_error": 504, "overloaded_error": 529,
    "invalid_request_error": 400, "context_length_exceeded": 400, "invalid_prompt": 400, "requests": 429, "tokens": 429,
    "rate_limit_exceeded": 429, "insufficient_quota": 429, "credit_balance_exhausted": 429,
    "server_is_overloaded": 503, "slow_down": 503, "service_unavailable_error": 503,
}  # fmt: skip
"""Code or type of an error -> its status; all others are 500."""


def status_of(words: Words) -> int:
    """The status of an error inside of a stream; the code tells more than the type."""
    return _STATUSES.get(words.code or "") or _STATUSES.get(words.type, 500)


def status_in(family: str, status: int) -> int:
    """The status for clients of a family: an overloaded server is 529 for Anthropic and 503 for OpenAI."""
    if family == MESSAGES:
        return 529 if status == 503 else status
    return 503 if status == 529 else status
