"""Makes text from a gateway safe to print: no terminal control sequences, no characters that cannot be encoded."""

from __future__ import annotations

import re

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters except tab and newline
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # change the direction of writing
    "\u2028\u2029\ufeff"  # other line separators, and the byte order mark
    "\ud800-\udfff]"  # surrogates, which UTF-8 cannot encode
)


def plain(text: str) -> str:
    """Return the text with every unsafe character escaped as in a Python string."""
    return _UNSAFE.sub(lambda found: _escape(ord(found[0])), text)


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
