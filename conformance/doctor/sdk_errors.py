"""Reads the text of an error as SDKs and command line clients print it.

Forms, from the released packages: openai and anthropic for Python raise `NotFoundError: Error code: 404 - {...}` with
the body as a Python dict (`_exceptions.py`, `_base_client.py`); the JavaScript SDKs raise `NotFoundError: 404 message`
or `404 {...}` with JSON (`core/error.ts`); Claude Code prints `API Error: 404 {...}`, and Codex `unexpected status
404 Not Found: {...}, url: ...`.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from conformance.core.model import JSON
from conformance.core.pointer import get
from conformance.doctor.ticket import Said

_STATUSES = {
    "BadRequestError": 400, "AuthenticationError": 401, "PaymentRequiredError": 402, "PermissionDeniedError": 403,
    "NotFoundError": 404, "ConflictError": 409, "UnprocessableEntityError": 422, "RateLimitError": 429,
    "InternalServerError": 500, "ServiceUnavailableError": 503, "OverloadedError": 529, "ContentTooLargeError": 413,
}  # fmt: skip
"""The class of an error in both vendors' SDKs -> its status."""

_STATUS = (
    r"Error code: (\d{3})\b",
    r"(?i)\bAPI Error:? \(?(\d{3})\b",
    r"(?i)\bunexpected status (\d{3})\b",
    r"(?m)\b\w*Error: (\d{3})\b",
    r"(?i)\bstatus(?:_?code| code)?['\"]?\s*[:=]?\s*(\d{3})\b",
    r"\bHTTP(?:/[\d.]+)? (\d{3})\b",
    r"(?m)^(\d{3}) [{A-Z]",
)

_KINDS = (
    ("no-key", r"api_key client option must be set|[Cc]ould not resolve authentication method|Missing credentials"),
    ("too-long", r"Streaming is (?:strongly recommended|required) for operations that may take longer than 10 minutes"),
    ("refused", r"ECONNREFUSED|[Cc]onnection refused|WinError 10061|actively refused"),
    ("dns", r"ENOTFOUND|EAI_AGAIN|[Nn]ame or service not known|nodename nor servname|getaddrinfo failed"
            r"|[Tt]emporary failure in name resolution|[Cc]ould not resolve host"),
    ("tls", r"CERTIFICATE_VERIFY_FAILED|CERT_|certificate (?:has expired|verify)|self[- ]signed|WRONG_VERSION_NUMBER"
            r"|wrong version number|SSLError|ERR_TLS|UNABLE_TO_VERIFY_LEAF|unable to get local issuer"),
    ("timeout", r"APITimeoutError|APIConnectionTimeoutError|ETIMEDOUT|Request timed out|UND_ERR_\w*TIMEOUT|ReadTimeout"
                r"|ConnectTimeout|[Oo]peration timed out"),
    ("cut", r"ECONNRESET|socket hang up|[Cc]onnection reset|RemoteProtocolError|[Ss]erver disconnected|UND_ERR_SOCKET"),
    ("page", r"<!doctype html|<html|Unexpected token '?<|'str' object has no attribute '(?:choices|content|output)'"),
    ("connection", r"APIConnectionError|Connection error\.|fetch failed"),
)  # fmt: skip
"""(kind, pattern): the first that matches counts where the text has no status."""

_MODEL = (
    r"(?i)\bmodel(?: name)?[`'\"\s:=]+[`'\"]([\w./:@-]+)[`'\"]",
    r"(?i)\bmodel ([\w./:@-]*[\d/-][\w./:@-]*) (?:does not|is not|not found|doesn't)",
    r"(?m)\bmodel: ([\w./:@-]+)",
    r"(?i)[`'\"]([\w./:@-]+)[`'\"] (?:is not a valid model|model not found|does not exist)",
)

_PATH = re.compile(r"\b(?:GET|POST|PUT|PATCH|DELETE) (https?://[^\s)'\",]+|/[^\s)'\",]*)")
_URL = re.compile(r"\burl: (https?://[^\s,'\"]+)")


def is_error(text: str) -> bool:
    """Whether a text looks like an error."""
    found = read(text)
    return bool(found.kind)


def read(text: str) -> Said:
    """The parts of an error's text; `kind` is "" if nothing of an error is found."""
    document = next(_documents(text), None)
    error = get(document, "/error", dict) or (document if isinstance(document, dict) else {})
    status = _status(text, error)
    kind = next((name for name, pattern in _KINDS if re.search(pattern, text)), "")
    message = str(error.get("message") or get(document, "/error", str) or get(document, "/detail", str) or "")
    place = _PATH.search(text) or _URL.search(text)
    return Said(
        text=text,
        kind=kind if status is None or kind == "page" else "status",
        status=status,
        type=_name(error.get("type")),
        code=_name(error.get("code")),
        param=_name(error.get("param")) or _property(text, "param"),
        message=message or text.strip(),
        model=next((found[1] for pattern in _MODEL if (found := re.search(pattern, text))), ""),
        path=urlsplit(place[1]).path if place else "",
        vendor=_vendor(text),
    )


def _status(text: str, error: Mapping[str, JSON]) -> int | None:
    for pattern in _STATUS:
        if (found := re.search(pattern, text)) and 300 <= int(found[1]) < 600:
            return int(found[1])
    named = next((status for name, status in _STATUSES.items() if re.search(rf"\b{name}\b", text)), None)
    own = str(error.get("code")) if named is None else ""
    return int(own) if own.isdecimal() and 300 <= int(own) < 600 else named


def _vendor(text: str) -> str:
    first = re.search(r"(?i)\b(anthropic|openai)[./\\]|@(anthropic)-ai/|\b(openai)\b.{0,20}Error|(Claude Code)", text)
    if first is None:
        return "anthropic" if re.search(r"['\"]type['\"]: ?['\"]error['\"]", text) else ""
    return "openai" if "openai" in first[0].lower() else "anthropic"


def _property(text: str, name: str) -> str:
    """A property of an error as Node prints it: `param: 'messages'`."""
    found = re.search(rf"\b{name}: '([^']*)'", text)
    return found[1] if found else ""


def _name(value: JSON) -> str:
    return value if isinstance(value, str) and value not in ("None", "null") else ""


def _documents(text: str) -> Iterator[JSON]:
    """The JSON objects and Python dicts in a text."""
    decoder = json.JSONDecoder()
    for opening in list(re.finditer(r"\{", text))[:40]:
        try:
            value, _ = decoder.raw_decode(text, opening.start())
        except (ValueError, RecursionError):
            value = _literal(text[opening.start() :])
        if isinstance(value, dict) and value:
            yield value


def _literal(text: str) -> JSON:
    """The Python dict at the start of a text, or None."""
    depth, quote, at = 0, "", 0
    while at < min(len(text), 20_000):
        sign = text[at]
        if quote:
            at += sign == "\\"
            quote = "" if sign == quote else quote
        elif sign in "'\"":
            quote = sign
        elif sign in "{}":
            depth += 1 if sign == "{" else -1
            if not depth:
                try:
                    return ast.literal_eval(text[: at + 1])
                except (ValueError, SyntaxError, RecursionError, MemoryError):
                    return None
        at += 1
    return None
