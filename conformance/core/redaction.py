"""Finds and redacts credentials in texts.

Recordings contain no credential. Where an answer repeats the client's own key, the recording has the placeholder OWN;
where it repeats the upstream's key, the placeholder UPSTREAM.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.core.model import Headers

OWN = "$GATEWAY_API_KEY"
"""The placeholder for the client's own key in recorded exchanges."""
UPSTREAM = "$CONTROL_API_KEY"
"""The placeholder for the upstream's key, if the run also sends requests to the upstream."""
PROVIDER = "$PROVIDER_API_KEY"
"""The placeholder for the key that the gateway sends to the scripted provider."""
PLACEHOLDERS = (OWN, UPSTREAM, PROVIDER)

_VARIABLE = re.compile(r"\$[A-Z_][A-Z0-9_]*")
_SECRET_NAME = re.compile(r"authorization|cookie|api-?key|secret|password|token$", re.IGNORECASE)

_SHAPES = (
    r"(?<![\w-])sk-(?=[\w-]{0,200}\d)[\w-]{20,}+(?![*…]|\.\.)",  # OpenAI, Anthropic and others
    r"(?i:bearer)\s{1,9}(?=[\w.~+/-]{0,200}\d)[\w.~+/-]{20,}+(?![*…])",
    r"(?i:api[_-]?key|access_token|client_secret)[\"']?\s*[:=]\s*[\"']?(?=[\w-]{0,200}\d)[\w-]{16,}+(?![*…]|\.\.)",
    r"(?i:key|token)\b.{0,24}\b[0-9a-f]{64}\b",  # the hash under which a key is stored
    r"\bAIza[\w-]{35}",  # Google
    r"\bAKIA[0-9A-Z]{16}\b",  # Amazon
    r"\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,8000}\.[\w-]{10,}",  # a JSON web token
)
_SECRET = re.compile("|".join(f"(?:{shape})" for shape in _SHAPES))

SIGNS = ("sk-", "bearer", "key", "token", "secret", "aiza", "akia", "eyj")
"""A text with a credential contains one of these, in any case: each shape needs one. The search for them is cheap."""


def is_secret(header: str) -> bool:
    """Whether a header with this name carries a credential."""
    return _SECRET_NAME.search(header) is not None


def is_variable(value: str) -> bool:
    """Whether a header's value is `$NAME`: the client sends the environment variable's value and records `$NAME`."""
    return _VARIABLE.fullmatch(value) is not None


def variables(headers: Headers) -> tuple[str, ...]:
    """Return the header values that are environment variables, as `$NAME`."""
    return tuple(value for _, value in headers if is_variable(value))


def without_cookie_value(cookie: str) -> str:
    """Return a `set-cookie` header without the cookie's value; name and attributes are kept.

    Source: https://www.rfc-editor.org/rfc/rfc6265#section-4.1
    """
    return re.sub(r"=[^;]*", "=…", cookie, count=1)


def find_credentials(text: str) -> Iterator[str]:
    """Yield what looks like a complete credential in a text; credentials masked with asterisks or dots do not."""
    folded = text.casefold()
    if any(sign in folded for sign in SIGNS):
        yield from (match.group() for match in _SECRET.finditer(text))


def redact(text: str) -> str:
    """Return the text with every credential shortened to its first six characters."""
    return _SECRET.sub(lambda match: f"{match.group()[:6]}…", text)
