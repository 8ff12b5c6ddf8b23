"""A key behind escape sequences, also one inside the other, behind tags, or in letters that only look like its own.

`%2563`, `\\\\u{63}`, `&amp;#99;`, `<b>c</b>`, full width letters: each piece of an answer between quotation marks and
line ends is decoded until nothing changes. A piece that then contains the key is replaced as a whole.
"""

from __future__ import annotations

import html
import re
import sys
import unicodedata
from collections.abc import Iterator

from conformance.core.leaks.leak import Leak
from conformance.core.leaks.spread import MIN_SPREAD, is_sought, is_spread

MAX_ROUNDS = 4
"""Escapes inside escapes that are undone."""

_PIECE = re.compile(rb'[^"\r\n]{%d,}' % MIN_SPREAD)
_SIGN = re.compile(
    rb"\\(?:u(?:00[2-7a]|\{|200|ff|03)|U0|x[3-7]|0{0,4}[1-7][0-9A-Fa-f])|\\[nrt][^\\\"](?:\\[nrt][^\\\"]){3}|%(?:25)*[3-7u]|&[#A-Za-z]"
    rb"|=[3-7\r\n]|<[A-Za-z/]|\xc2\xad|\xcc|\xcd|\xe2\x80[\x8b-\x8f]|\xe2\x81\xa0|\xef[\xbb-\xbd]"
)
"""Where a letter may be escaped, apart from the next one, or look like another; most answers have none of these.

Each alternative begins with a literal, so that the search skips all other bytes.
"""
_BACKSLASH = re.compile(
    r"(?<!\\)\\++(?:u\{([0-9a-f]{1,6})\}|(?-i:u)([0-9a-f]{4})|(?-i:U)([0-9a-f]{8})|x([0-9a-f]{2})"
    r"|(0{0,4}[2-7][0-9a-f])(?![0-9a-f])|[nrt])",
    re.IGNORECASE,
)
"""The escapes of JavaScript, JSON, Python, C and CSS."""
_CODE = re.compile(r"(?:%u00|%(?:25)*|=)([0-9a-f]{2})", re.IGNORECASE)
"""A byte in a URL, in an old escape of JavaScript, and in quoted-printable."""
_TAG = re.compile(r"<[^<>]{0,200}>")


def readings(data: bytes) -> Iterator[bytes]:
    """Yield the data when it is decoded, if it has escapes."""
    if _SIGN.search(data):
        yield _decoded(data)


def find(data: bytes, key: str, placeholder: bytes) -> Iterator[Leak]:
    """Yield the pieces that contain the key when they are decoded."""
    if not is_sought(key) or not any(is_spread(text, key) for text in readings(data)):
        return
    for match in _PIECE.finditer(data):
        if is_spread(_decoded(match[0]), key):
            yield Leak(*match.span(), placeholder)


def _decoded(piece: bytes) -> bytes:
    """Return the text without escapes, and once more without tags; empty if it has neither."""
    whole = text = piece.decode("utf-8", "replace")
    for _ in range(MAX_ROUNDS):
        before = text
        text = _CODE.sub(_character, _BACKSLASH.sub(_character, html.unescape(text)))
        if text == before:
            break
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    bare = _TAG.sub("", text) if "<" in text else ""
    return f"{text if text != whole else ''}\n{bare}".encode()


def _character(match: re.Match[str]) -> str:
    """Return the character of an escape; a space for a control character, and for what is not a character."""
    number = int(next(filter(None, match.groups()), "20"), 16)
    return chr(number) if number < 0xD800 or 0xE000 <= number <= sys.maxunicode else " "
