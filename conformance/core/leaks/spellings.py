"""The spellings of a key that one regular expression finds: escaped for JSON, C, URLs or HTML, UTF-16, base64, hex.

`_may_contain` is the cheap test that comes first, because nearly every answer contains no key.
"""

from __future__ import annotations

import base64
import math
import re
from functools import cache

MIN_LENGTH = 6
"""Shorter keys are not redacted: they would match ordinary text."""


def spans(data: bytes, key: str) -> list[tuple[int, int]]:
    """Return where the key is in the data, in any of its spellings."""
    if not _may_contain(data, key):
        return []
    return [match.span() for match in _pattern(key).finditer(data)]


def _may_contain(data: bytes, key: str) -> bool:
    """A cheap test: False if no spelling of the key can occur in the data."""
    if len(key) < MIN_LENGTH or len(data) < len(key):  # a spelling is never shorter than the key
        return False
    lower = data.lower()
    return any(start in data for start in _escape_starts(key)) or any(form in lower for form in _literal_forms(key))


@cache
def _escape_starts(key: str) -> tuple[bytes, ...]:
    """Return the starts of all escape sequences that can occur in an escaped spelling of the key."""
    escaped = {bytes([byte]) for byte in key.encode() if not bytes([byte]).isalnum()}
    escaped.add(b"/")  # the key in base64 may contain a slash even if the key does not
    return (b"\\u00", b"\\x", b"%", b"&#", b"\0", *(b"\\" + character for character in sorted(escaped)))


@cache
def _literal_forms(key: str) -> tuple[bytes, ...]:
    """Return the spellings without escape sequences, in lower case: plain, hex, base64 and URL-safe base64."""
    secret = key.encode()
    encoded = base64_forms(secret)
    url_safe = [form.translate(bytes.maketrans(b"+/", b"-_")) for form in encoded]
    return tuple(form.lower() for form in (secret, secret.hex().encode(), *encoded, *url_safe))


@cache
def _pattern(key: str) -> re.Pattern[bytes]:
    """Return a pattern for all spellings of the key."""
    secret = key.encode()
    return re.compile(b"|".join((_escaped_pattern(secret), *_base64_patterns(secret), *_hex_patterns(secret))))


_ESCAPES = (
    rb"\\{1,4}u00(?i:%02x)",  # JSON, also JSON inside a string of JSON
    rb"\\{1,4}x(?i:%02x)",  # C, Python
    rb"%%(?:25)?(?i:%02x)",  # URLs, also escaped twice
    rb"&#[xX]0*(?i:%02x);",  # HTML, hexadecimal
    rb"&#0*%d;",  # HTML, decimal
)
"""Templates of patterns for an escaped byte."""


def _escaped_pattern(secret: bytes) -> bytes:
    """Return a pattern for the key in which every byte may be escaped, in any case, or in UTF-16."""
    return b"".join(map(_byte_pattern, secret))


def _byte_pattern(byte: int) -> bytes:
    """Return a pattern for one byte: literal or escaped, in both cases, with a NUL after it in UTF-16.

    Every alternative starts with a literal, which keeps the matching fast.
    """
    literal = bytes([byte])
    cases = sorted({literal, literal.lower(), literal.upper()})
    alternatives = [re.escape(case) for case in cases]
    alternatives += [template % ord(case) for case in cases for template in _ESCAPES]
    if not literal.isalnum():
        alternatives.append(rb"\\{1,4}" + re.escape(literal))
    return b"(?:" + b"|".join(alternatives) + b")\0?"


def _base64_patterns(secret: bytes) -> list[bytes]:
    return [b"".join(map(_base64_character_pattern, form)) for form in base64_forms(secret)]


def _base64_character_pattern(character: int) -> bytes:
    """Return a pattern for one character of base64; `+` and `/` may be escaped, or replaced as in URL-safe base64."""
    literal = bytes([character])
    if literal not in _URL_SAFE:
        return literal
    return b"(?:" + _byte_pattern(character) + b"|" + _URL_SAFE[literal] + b")"


_URL_SAFE = {b"+": b"-", b"/": b"_"}
"""The characters of base64 that differ in its URL-safe variant (RFC 4648, section 5)."""


def base64_forms(secret: bytes) -> list[bytes]:
    """Return the base64 text of the key for each of the three offsets at which it can start in the encoded data."""
    return [_base64_at(secret, offset) for offset in range(3)]


def _base64_at(secret: bytes, offset: int) -> bytes:
    """Return the base64 characters that depend on the key alone if `offset` other bytes come before it.

    A character encodes 6 bits, so the first and the last one may also depend on the bytes around the key.
    """
    encoded = base64.b64encode(bytes(offset) + secret)
    first = math.ceil(offset * 8 / 6)
    end = (offset + len(secret)) * 8 // 6
    return encoded[first:end]


def _hex_patterns(secret: bytes) -> list[bytes]:
    return [secret.hex().encode(), secret.hex().upper().encode()]
