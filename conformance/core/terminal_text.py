"""Text from a gateway, made harmless: nothing of it acts in a terminal, and everything of it can be written."""

from __future__ import annotations

import re

_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and newline
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of writing
    "\u2028\u2029\ufeff"  # other ends of lines, and the byte order mark
    "\ud800-\udfff]"  # halves of characters, which no encoding can write
)


def plain(text: str) -> str:
    """The text with every character that acts made visible, as in a Python string."""
    return _ACTING.sub(lambda found: _visible(ord(found[0])), text)


def _visible(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
