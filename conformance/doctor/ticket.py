"""A ticket: the failing request and its error, as far as a user gave them."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.core.model import Headers
from conformance.core.redaction import is_variable

PLACEHOLDERS = ("", "...", "key", "your", "token", "secret", "xxx", "<", "api_key", "apikey", "sk-...", "sk-xxx")
"""The starts of values that stand for a key in examples."""


@dataclass(frozen=True, slots=True)
class Credential:
    """A header with a key. `template` is its value with `{}` for the key, and `key` is "" if the value has none.

    `is_named` is True for a variable or an example, whose value is not known here.
    """

    header: str
    template: str
    key: str = field(repr=False, default="")
    is_named: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """An error as a client shows it. Unknown parts are "" or None.

    `kind` is `status`, or how the connection failed: `refused`, `dns`, `tls`, `timeout`, `cut`, `connection`; `page`
    for a web page in place of an answer, and `no-key` or `too-long` for an error of the SDK before anything is sent.
    `path` is the path that the error names.
    """

    text: str
    kind: str = ""
    status: int | None = None
    type: str = ""
    code: str = ""
    param: str = ""
    message: str = ""
    model: str = ""
    path: str = ""
    vendor: str = ""
    """`openai` or `anthropic`, where the text shows whose SDK wrote it."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A failing request. `url` and `method` are "" and `body` is None if the ticket does not have them.

    `headers` are those without a key. `notes` are remarks about the reading, such as quotes of another shell;
    `repaired` is the body that was meant, if the given one is broken in a known way.
    """

    source: str
    method: str = ""
    url: str = ""
    headers: Headers = ()
    body: bytes | None = None
    credentials: tuple[Credential, ...] = ()
    said: Said | None = None
    follows: bool = False
    dialect: str = ""
    notes: tuple[str, ...] = ()
    repaired: bytes | None = None


_TEMPLATES = {"authorization": "Bearer {}", "x-api-key": "{}", "api-key": "{}", "x-goog-api-key": "{}"}
"""Header (in lower case) -> the value that its readers expect."""


def credential(header: str, value: str) -> Credential | None:
    """The key in a header; None for a header that carries none."""
    name = header.lower()
    if name not in _TEMPLATES:
        return None
    words = value.split()
    scheme = words[:-1] if name == "authorization" and len(words) > 1 else []
    if name == "authorization" and len(words) == 1 and words[0].lower() in ("bearer", "basic"):
        scheme, words = words, [*words, ""]
    key = words[-1].strip("\"'") if words else ""
    template = " ".join([*scheme, "{}"])
    return Credential(header, template, key, _is_named(key))


def _is_named(key: str) -> bool:
    bare = key.strip("{}%$")
    is_windows = key.startswith("%") and key.endswith("%")
    is_shell = key.startswith("$") and (is_variable(f"${bare.removeprefix('env:').upper()}") or "{" in key)
    low = key.lower()
    return bool(key) and (is_windows or is_shell or any(mark and low.startswith(mark) for mark in PLACEHOLDERS))
