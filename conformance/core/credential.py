"""The key of a run: how it goes on the wire, and how it is taken out of whatever the wire brings back.

Its placeholder (`redaction.OWN`) is the shell's way to say it, so that a printed request can be run as it is,
and the rules can tell from it that a gateway echoed the key.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping
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
"""The header forms that carry a key: those of the vendors, and other spellings that HTTP knows no difference in."""

SHORTEST = 6
"""A shorter key would be found in innocent text."""


def carried(keys: Mapping[str, str]) -> Headers:
    """The headers that carry keys, by form."""
    return tuple((FORMS[form][0], FORMS[form][1].format(key)) for form, key in keys.items())


def redact_text(text: str, key: str, sign: str = OWN) -> str:
    """A text without the key, in any spelling of `_spellings`; `sign` stands in its place."""
    data = text.encode("utf-8", "surrogatepass")
    if not _may_hold(data, key):
        return text
    return _spellings(key).sub(sign.encode(), data).decode("utf-8", "replace")


def redact_exchange(exchange: Exchange, key: str, sign: str = OWN) -> Exchange:
    """An exchange without the key, in whatever came back."""
    return replace(
        exchange,
        headers=redact_headers(exchange.headers, key, sign),
        chunks=redact_chunks(exchange.chunks, key, sign),
        problem=redact_text(exchange.problem, key, sign),
    )


def redact_headers(headers: Headers, key: str, sign: str = OWN) -> Headers:
    """Headers without the key, in names and values."""
    if not _may_hold("\n".join(map(":".join, headers)).encode("utf-8", "surrogatepass"), key):
        return headers
    return tuple((redact_text(name, key, sign), redact_text(value, key, sign)) for name, value in headers)


def redact_verdict(verdict: Verdict, key: str, sign: str = OWN) -> Verdict:
    """A verdict whose words do not have the key, which may come together only when pieces of an answer are joined."""

    def clean(finding: Finding) -> Finding:
        expected, got = redact_text(finding.expected, key, sign), redact_text(finding.got, key, sign)
        return replace(finding, expected=expected, got=got)

    reason = redact_text(verdict.reason, key, sign)
    return replace(verdict, findings=tuple(map(clean, verdict.findings)), reason=reason)


def redact_chunks(chunks: Iterable[Chunk], key: str, sign: str = OWN) -> tuple[Chunk, ...]:
    """A body without the key, also where it was split over chunks; `sign` stands where the key began."""
    kept = tuple(chunks)
    body = b"".join(chunk.data for chunk in kept)
    cuts = [found.span() for found in _spellings(key).finditer(body)] if _may_hold(body, key) else []
    if not cuts:
        return kept
    cleaned = []
    start = 0
    for chunk in kept:
        end = start + len(chunk.data)
        cleaned.append(Chunk(chunk.at, _without(body, start, end, cuts, sign)))
        start = end
    return tuple(cleaned)


def _may_hold(data: bytes, key: str) -> bool:
    """Whether it is worth while to look for the key in earnest; nearly always it is not, and this is quick to say."""
    if len(key) < SHORTEST:
        return False
    lower = data.lower()
    return any(mark in data for mark in _marks_of_escapes(key)) or any(form in lower for form in _unescaped(key))


@cache
def _marks_of_escapes(key: str) -> tuple[bytes, ...]:
    special = {bytes([byte]) for byte in key.encode() if not bytes([byte]).isalnum()}
    # The key in base64 may hold a slash that the key itself does not.
    return (b"\\u00", b"\\x", b"%", b"&#", b"\0", *(b"\\" + sign for sign in sorted({*special, b"/"})))


@cache
def _unescaped(key: str) -> tuple[bytes, ...]:
    secret = key.encode()
    coded = list(_base64_forms(secret))
    web = [form.translate(bytes.maketrans(b"+/", b"-_")) for form in coded]
    return tuple(form.lower() for form in (secret, secret.hex().encode(), *coded, *web))


@cache
def _spellings(key: str) -> re.Pattern[bytes]:
    """The key as it is, in upper or lower case, escaped as in JSON, URLs or HTML, in UTF-16, base64 or hex."""
    own = b"".join(_spelled(byte) for byte in key.encode())
    return re.compile(b"|".join((own, *_in_base64(key.encode()), *_in_hex(key.encode()))))


_ESCAPES = (rb"\\{1,4}u00(?i:%02x)", rb"\\{1,4}x(?i:%02x)", rb"%%(?:25)?(?i:%02x)", rb"&#[xX]0*(?i:%02x);", rb"&#0*%d;")
"""A byte as JSON, C, URLs and HTML escape it."""


def _spelled(byte: int) -> bytes:
    """A pattern of the ways to write a byte of the key; each alternative begins with a literal, which `re` likes."""
    own = bytes([byte])
    cases = sorted({own, own.lower(), own.upper()})
    ways = [re.escape(case) for case in cases]
    ways += [template % ord(case) for case in cases for template in _ESCAPES]
    if not own.isalnum():
        ways.append(rb"\\{1,4}" + re.escape(own))
    return b"(?:" + b"|".join(ways) + b")\0?"


def _in_base64(secret: bytes) -> Iterator[bytes]:
    """Patterns of the key in base64."""
    for form in _base64_forms(secret):
        yield b"".join(_coded(bytes([sign])) for sign in form)


def _base64_forms(secret: bytes) -> Iterator[bytes]:
    """What the key's bytes become wherever among three bytes they begin: all that depends on them alone."""
    for skipped in range(3):
        whole = base64.b64encode(bytes(skipped) + secret)
        yield whole[-(-skipped * 8 // 6) : (skipped + len(secret)) * 8 // 6]


_URL_SAFE = {b"+": b"-", b"/": b"_"}
"""The two signs that base64 writes otherwise in URLs."""


def _coded(sign: bytes) -> bytes:
    """A sign of base64; JSON escapes one of the two that are no letters, and a URL both."""
    return b"(?:" + _spelled(ord(sign)) + b"|" + _URL_SAFE[sign] + b")" if sign in _URL_SAFE else sign


def _in_hex(secret: bytes) -> Iterator[bytes]:
    yield from (secret.hex().encode(), secret.hex().upper().encode())


def _without(body: bytes, start: int, end: int, cuts: Iterable[tuple[int, int]], sign: str) -> bytes:
    """body[start:end] with every cut that begins here replaced, and the rest of earlier cuts left out."""
    parts = []
    for first, last in cuts:
        if last <= start or first >= end:
            continue
        parts.append(body[start : max(first, start)])
        if first >= start:
            parts.append(sign.encode())
        start = last
    return b"".join([*parts, body[start:end]])
