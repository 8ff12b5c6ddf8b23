"""The key of a run: how it goes on the wire, and how it is taken out of whatever the wire brings back.

Its placeholder (`redaction.OWN`) is the shell's way to say it, so that a printed request can be run as it is,
and the rules can tell from it that a gateway echoed the key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from conformance.model import Chunk, Headers
from conformance.redaction import OWN

FORMS = {"bearer": ("authorization", "Bearer {}"), "x-api-key": ("x-api-key", "{}")}
"""The header forms that carry a key."""

SHORTEST = 6
"""A shorter key would be found in innocent text."""


def carried(keys: Mapping[str, str]) -> Headers:
    """The headers that carry keys, by form."""
    return tuple((FORMS[form][0], FORMS[form][1].format(key)) for form, key in keys.items())


def out_of_text(text: str, key: str) -> str:
    """A text without the key."""
    return text.replace(key, OWN) if len(key) >= SHORTEST else text


def out_of_headers(headers: Headers, key: str) -> Headers:
    """Headers without the key, in names and values."""
    return tuple((out_of_text(name, key), out_of_text(value, key)) for name, value in headers)


def out_of_chunks(chunks: Iterable[Chunk], key: str) -> tuple[Chunk, ...]:
    """A body without the key, also where it was split over chunks; the placeholder stands where the key began."""
    kept = tuple(chunks)
    secret = key.encode()
    body = b"".join(chunk.data for chunk in kept)
    if len(key) < SHORTEST or secret not in body:
        return kept
    cuts = list(_spans(body, secret))
    cleaned = []
    start = 0
    for chunk in kept:
        end = start + len(chunk.data)
        cleaned.append(Chunk(chunk.at, _without(body, start, end, cuts)))
        start = end
    return tuple(cleaned)


def _spans(body: bytes, secret: bytes) -> Iterator[tuple[int, int]]:
    at = body.find(secret)
    while at >= 0:
        yield at, at + len(secret)
        at = body.find(secret, at + len(secret))


def _without(body: bytes, start: int, end: int, cuts: Iterable[tuple[int, int]]) -> bytes:
    """body[start:end] with every cut that begins here replaced, and the rest of earlier cuts left out."""
    parts = []
    for first, last in cuts:
        if last <= start or first >= end:
            continue
        parts.append(body[start : max(first, start)])
        if first >= start:
            parts.append(OWN.encode())
        start = last
    return b"".join([*parts, body[start:end]])
