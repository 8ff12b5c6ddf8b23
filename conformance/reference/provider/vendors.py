"""The two vendors: their request ids, error envelopes, response headers and JSON formatting.

Headers: https://platform.openai.com/docs/api-reference/debugging-requests and
https://docs.anthropic.com/en/api/rate-limits (response headers).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from .errors import Refused, anthropic_envelope, openai_envelope
from .identity import fresh
from .prompt import JSON
from .wire import Answer

_CHAT = "/v1/chat/"
_REQUESTS, _TOKENS = 10_000, 10_000_000


@dataclass(frozen=True, slots=True)
class Vendor:
    """The differences between the vendors in HTTP. `indent` is the indentation of JSON bodies."""

    id_header: str
    id_prefix: str
    envelope: Callable[[Refused, str], JSON]
    indent: int | None
    accepts_api_key_header: bool

    def render(self, body: JSON) -> bytes:
        """A JSON body in this vendor's formatting."""
        separators = (",", ":") if self.indent is None else None
        return json.dumps(body, ensure_ascii=False, indent=self.indent, separators=separators).encode()


OPENAI = Vendor("x-request-id", "req_", openai_envelope, 2, accepts_api_key_header=False)
ANTHROPIC = Vendor("request-id", "req_01", anthropic_envelope, None, accepts_api_key_header=True)


def of(request: Request) -> Vendor:
    """The vendor of an endpoint: Messages is Anthropic's; on paths that both have, the version header decides."""
    path = request.url.path
    openai_only = path.startswith((_CHAT, "/v1/responses"))
    anthropic = path.startswith("/v1/messages") or ("anthropic-version" in request.headers and not openai_only)
    return ANTHROPIC if anthropic else OPENAI


def request_id(vendor: Vendor) -> str:
    """A random request id."""
    return fresh(vendor.id_prefix, 32 if vendor is OPENAI else 22)


def success_headers(vendor: Vendor, request: Request, answer: Answer, id_: str, started: float) -> dict[str, str]:
    """The headers of a success. `started` is `time.perf_counter()` at the request's arrival."""
    streamed = bool(answer.frames)
    kind = "text/event-stream; charset=utf-8" if streamed else "application/json"
    headers = {"content-type": kind, vendor.id_header: id_}
    if vendor is ANTHROPIC:
        cached = {"cache-control": "no-cache"} if streamed else {}
        return headers | cached | _anthropic_headers(answer.input_tokens)
    limited = request.method == "POST" and not (streamed and not request.url.path.startswith(_CHAT))
    return headers | _openai_headers(started) | (_openai_limits(answer.input_tokens) if limited else {})


def refusal_headers(vendor: Vendor, request: Request, refused: Refused, id_: str, started: float) -> dict[str, str]:
    """The headers of an error."""
    headers = {"content-type": "application/json", vendor.id_header: id_}
    if vendor is ANTHROPIC:
        return headers | {"x-should-retry": "true" if refused.status >= 500 else "false"}
    if request.url.path.startswith(_CHAT) and refused.status in (401, 404, 429):
        headers["content-type"] = "application/json; charset=utf-8"
    if refused.status == 401:
        headers["www-authenticate"] = 'Bearer realm="OpenAI API"'
    return headers if refused.status in (401, 404) else headers | _openai_headers(started)


def _openai_headers(started: float) -> dict[str, str]:
    spent = int((time.perf_counter() - started) * 1000)
    return {"openai-version": "2020-10-01", "openai-organization": "reference", "openai-processing-ms": str(spent)}


def _openai_limits(used: int) -> dict[str, str]:
    return {
        "x-ratelimit-limit-requests": str(_REQUESTS),
        "x-ratelimit-limit-tokens": str(_TOKENS),
        "x-ratelimit-remaining-requests": str(_REQUESTS - 1),
        "x-ratelimit-remaining-tokens": str(max(_TOKENS - used, 0)),
        "x-ratelimit-reset-requests": "6ms",
        "x-ratelimit-reset-tokens": "0s",
    }


def _anthropic_headers(used: int) -> dict[str, str]:
    """Rate limits for requests and three kinds of tokens; remaining tokens are rounded to thousands."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    left = {"requests": _REQUESTS - 1, **dict.fromkeys(("tokens", "input-tokens", "output-tokens"), 0)}
    tokens = max(round(_TOKENS - used, -3), 0)
    headers = {"anthropic-organization-id": "00000000-0000-4000-8000-000000000000"}
    for name in left:
        limit, remaining = (_REQUESTS, left[name]) if name == "requests" else (_TOKENS, tokens)
        prefix = f"anthropic-ratelimit-{name}"
        headers |= {f"{prefix}-limit": str(limit), f"{prefix}-remaining": str(remaining), f"{prefix}-reset": now}
    return headers
