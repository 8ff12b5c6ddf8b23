"""Finds a key in what a gateway answers, however it is written there.

Each module knows one way: `spellings` (escaped or encoded), `spread` (with other characters between its own, or only a
part of it), `unescaped` (behind escapes in escapes, or tags), `wrapped` (inside compressed or encoded data) and
`scattered` (in pieces over the texts of an answer).
"""

from __future__ import annotations

from conformance.core.leaks import scattered, spellings, spread, unescaped, wrapped
from conformance.core.leaks.leak import Leak
from conformance.core.leaks.scattered import hide_in_texts

__all__ = ["Leak", "find", "hide_in_texts"]


def find(data: bytes, key: str, placeholder: bytes) -> list[Leak]:
    """Return where the key is in the data, and what to write instead: in order, and not overlapping."""
    if len(key) < spellings.MIN_LENGTH or not data:
        return []
    found = [
        *(Leak(*span, placeholder) for span in spellings.spans(data, key)),
        *spread.find(data, key, placeholder),
        *wrapped.find(data, key, placeholder),
        *scattered.find(data, key, placeholder),
    ]
    found += unescaped.find(_masked(data, found) if found else data, key, placeholder)
    return _without_overlaps(found) if found else []


def _masked(data: bytes, found: list[Leak]) -> bytes:
    """Return the data with zeros where leaks are: what replaces a piece of text must not replace them again."""
    masked = bytearray(data)
    for leak in found:
        masked[leak.start : leak.end] = bytes(leak.end - leak.start)
    return bytes(masked)


def _without_overlaps(found: list[Leak]) -> list[Leak]:
    """Keep the first of leaks that overlap, extended to the end of all of them."""
    kept: list[Leak] = []
    for leak in sorted(found, key=lambda leak: (leak.start, -leak.end)):
        if kept and leak.start < kept[-1].end:
            kept[-1] = Leak(kept[-1].start, max(kept[-1].end, leak.end), kept[-1].instead)
        else:
            kept.append(leak)
    return kept
