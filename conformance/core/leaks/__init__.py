"""Finds a key in what a gateway answers, however it is written there.

Each module knows one way: `spellings` (escaped or encoded), `spread` (with other characters between its own, or only a
part of it), `wrapped` (inside compressed or encoded data) and `scattered` (in pieces over the events of a stream).
"""

from __future__ import annotations

from conformance.core.leaks import scattered, spellings, spread, wrapped
from conformance.core.leaks.leak import Leak

__all__ = ["Leak", "find"]


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
    return _without_overlaps(found) if found else []


def _without_overlaps(found: list[Leak]) -> list[Leak]:
    """Keep the first of leaks that overlap, extended to the end of all of them."""
    kept: list[Leak] = []
    for leak in sorted(found, key=lambda leak: (leak.start, -leak.end)):
        if kept and leak.start < kept[-1].end:
            kept[-1] = Leak(kept[-1].start, max(kept[-1].end, leak.end), kept[-1].instead)
        else:
            kept.append(leak)
    return kept
