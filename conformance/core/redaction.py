"""Credentials in texts: finding them, and showing a text without them.

The client records no credential: where an answer repeats its own, the recording says OWN in its place, and UPSTREAM
for the one that only the gateway and its upstream should know.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.core.model import Headers

OWN = "$GATEWAY_API_KEY"
"""What stands in a recorded exchange where the client's own credential stood on the wire."""
UPSTREAM = "$CONTROL_API_KEY"
"""The same for the credential of the gateway's upstream, where the upstream is asked in the same run."""
PLACEHOLDERS = (OWN, UPSTREAM)

_VARIABLE = re.compile(r"\$[A-Z_][A-Z0-9_]*")
_SECRET_NAME = re.compile(r"authorization|cookie|api-?key|secret|password|token$", re.IGNORECASE)

_SHAPES = (
    r"(?<![\w-])sk-(?=[\w-]{0,200}\d)[\w-]{20,}+(?![*…]|\.\.)",  # OpenAI, Anthropic and their likes
    r"(?i:bearer)\s{1,9}(?=[\w.~+/-]{0,200}\d)[\w.~+/-]{20,}+(?![*…])",
    r"(?i:api[_-]?key|access_token|client_secret)[\"']?\s*[:=]\s*[\"']?(?=[\w-]{0,200}\d)[\w-]{16,}+(?![*…]|\.\.)",
    r"(?i:key|token)\b.{0,24}\b[0-9a-f]{64}\b",  # the hash that a key is stored under
    r"\bAIza[\w-]{35}",  # Google
    r"\bAKIA[0-9A-Z]{16}\b",  # Amazon
    r"\beyJ[\w-]{10,2000}\.eyJ[\w-]{10,8000}\.[\w-]{10,}",  # a JSON web token
)
_SECRET = re.compile("|".join(f"(?:{shape})" for shape in _SHAPES))


def is_secret(header: str) -> bool:
    """Whether a header of this name carries a credential."""
    return _SECRET_NAME.search(header) is not None


def is_variable(value: str) -> bool:
    """Whether the whole of a header's value is `$NAME`: sent as the environment has it, and kept as it is written."""
    return _VARIABLE.fullmatch(value) is not None


def variables(headers: Headers) -> tuple[str, ...]:
    """The variables whose values headers carry, each as `$NAME`."""
    return tuple(value for _, value in headers if is_variable(value))


def session(cookie: str) -> str:
    """A `set-cookie` header without the value that opens the session: its name and attributes say enough.

    Source: https://www.rfc-editor.org/rfc/rfc6265#section-4.1
    """
    return re.sub(r"=[^;]*", "=…", cookie, count=1)


def find(text: str) -> Iterator[str]:
    """What looks like a whole credential in a text; one that is masked with asterisks or dots does not."""
    return (match.group() for match in _SECRET.finditer(text))


def redact(text: str) -> str:
    """The text, of every credential in it only the start."""
    return _SECRET.sub(lambda match: f"{match.group()[:6]}…", text)
