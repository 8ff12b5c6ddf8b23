"""The key of a run: the headers that carry it, and how it is removed from answers.

An answer may repeat the key in many spellings: other case, escaped for JSON, C, URLs or HTML, UTF-16, base64, hex, and
split over chunks. `_spellings` builds one regular expression for all of them; `_may_contain` is the cheap test that
comes first, because nearly every answer contains no key.

The placeholder (`redaction.OWN`) has the form of a shell variable, so that a printed request can be run as it is. The
rules about leaks look for it.
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache

from conformance.core.model import Chunk, Exchange, Finding, Headers, Verdict
from conformance.core.redaction import OWN

FORMS = {
    "bearer": ("authorization", "Bearer {}"),
    "x-api-key": ("x-api-key", "{}"),
    "bearer-in-small-letters": ("authorization", "bearer {}"),
    "bearer-in-capitals": ("authorization", "BEARER {}"),
    "authorization-in-capitals": ("AUTHORIZATION", "Bearer {}"),
    "x-api-key-in-capitals": ("X-API-KEY", "{}"),
}
"""Form -> (header name, template of the value): the vendors' own forms, and spellings that HTTP treats as the same."""

MIN_LENGTH = 6
"""Shorter keys are not redacted: they would match ordinary text."""


def key_headers(keys: Mapping[str, str]) -> Headers:
    """Return the headers for a mapping of form (see FORMS) to key."""
    return tuple((FORMS[form][0], FORMS[form][1].format(key)) for form, key in keys.items())


def redact_text(text: str, key: str, placeholder: str = OWN) -> str:
    """Replace the key in a text, in all its spellings, by the placeholder."""
    data = text.encode("utf-8", "surrogatepass")
    if not _may_contain(data, key):
        return text
    return _spellings(key).sub(placeholder.encode(), data).decode("utf-8", "replace")


def redact_exchange(exchange: Exchange, key: str, placeholder: str = OWN) -> Exchange:
    """Replace the key in everything that was received: headers, body and error message."""
    return replace(
        exchange,
        headers=redact_headers(exchange.headers, key, placeholder),
        chunks=redact_chunks(exchange.chunks, key, placeholder),
        problem=redact_text(exchange.problem, key, placeholder),
    )


def redact_behind(exchange: Exchange, key: str, placeholder: str) -> Exchange:
    """Replace the key in an exchange behind the gateway, also in its request, which the gateway made."""
    request = exchange.request
    body = b"".join(chunk.data for chunk in redact_chunks((Chunk(0.0, request.body),), key, placeholder))
    clean = replace(
        request,
        url=redact_text(request.url, key, placeholder),
        headers=redact_headers(request.headers, key, placeholder),
        body=body,
    )
    return replace(redact_exchange(exchange, key, placeholder), request=clean)


def redact_headers(headers: Headers, key: str, placeholder: str = OWN) -> Headers:
    """Replace the key in names and values of headers."""
    if not _may_contain("\n".join(map(":".join, headers)).encode("utf-8", "surrogatepass"), key):
        return headers
    return tuple((redact_text(name, key, placeholder), redact_text(value, key, placeholder)) for name, value in headers)


def redact_verdict(verdict: Verdict, key: str, placeholder: str = OWN) -> Verdict:
    """Replace the key in the texts of a verdict.

    The exchanges are redacted already, but a check joins pieces of an answer, and the joined text may contain the key.
    """

    def clean(finding: Finding) -> Finding:
        expected, got = redact_text(finding.expected, key, placeholder), redact_text(finding.got, key, placeholder)
        return replace(finding, expected=expected, got=got)

    reason, error = (redact_text(text, key, placeholder) for text in (verdict.reason, verdict.plain_error))
    return replace(verdict, findings=tuple(map(clean, verdict.findings)), reason=reason, plain_error=error)


def redact_chunks(chunks: Iterable[Chunk], key: str, placeholder: str = OWN) -> tuple[Chunk, ...]:
    """Replace the key in a body, also if it is split over chunks: the placeholder goes where the key begins."""
    kept = tuple(chunks)
    body = b"".join(chunk.data for chunk in kept)
    if not _may_contain(body, key):
        return kept
    matches = [found.span() for found in _spellings(key).finditer(body)]
    if not matches:
        return kept
    cleaned = []
    start = 0
    for chunk in kept:
        end = start + len(chunk.data)
        cleaned.append(Chunk(chunk.at, _replace_matches(body, start, end, matches, placeholder.encode())))
        start = end
    return tuple(cleaned)


def _replace_matches(
    body: bytes, start: int, end: int, matches: Iterable[tuple[int, int]], placeholder: bytes
) -> bytes:
    """Return body[start:end] without the matches: the placeholder replaces those that begin in this range."""
    parts: list[bytes] = []
    for first, last in matches:
        if last <= start or first >= end:
            continue
        if first >= start:
            parts += (body[start:first], placeholder)
        start = last
    return b"".join([*parts, body[start:end]])


def _may_contain(data: bytes, key: str) -> bool:
    """A cheap test: False if no spelling of the key can occur in the data."""
    if len(key) < MIN_LENGTH:
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
    base64_forms = _base64_forms(secret)
    url_safe = [form.translate(bytes.maketrans(b"+/", b"-_")) for form in base64_forms]
    return tuple(form.lower() for form in (secret, secret.hex().encode(), *base64_forms, *url_safe))


@cache
def _spellings(key: str) -> re.Pattern[bytes]:
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
    return [b"".join(map(_base64_character_pattern, form)) for form in _base64_forms(secret)]


def _base64_character_pattern(character: int) -> bytes:
    """Return a pattern for one character of base64; `+` and `/` may be escaped, or replaced as in URL-safe base64."""
    literal = bytes([character])
    if literal not in _URL_SAFE:
        return literal
    return b"(?:" + _byte_pattern(character) + b"|" + _URL_SAFE[literal] + b")"


_URL_SAFE = {b"+": b"-", b"/": b"_"}
"""The characters of base64 that differ in its URL-safe variant (RFC 4648, section 5)."""


def _base64_forms(secret: bytes) -> list[bytes]:
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
