"""Finds a key in what a gateway answers, however it is written there.

Each module knows one way: `spellings` (escaped or encoded), `spread` (with other characters between its own, or only a
part of it), `wrapped` (inside compressed or encoded data), `scattered` (in pieces over the events of a stream),
`joined` (in pieces over all texts, names or numbers) and `unescaped` (behind escapes in escapes, or tags). Their
`readings` are the texts in which a key would show, and do not depend on the key.
"""

from __future__ import annotations

from collections.abc import Collection

from conformance.core.leaks import joined, scattered, spellings, spread, unescaped, wrapped
from conformance.core.leaks.joined import hide_in_texts, is_in_texts
from conformance.core.leaks.leak import Leak

__all__ = ["Leak", "find", "hide_in_texts", "is_in_texts", "may_contain"]


def may_contain(data: bytes, keys: Collection[str]) -> bool:
    """Whether `find` may find any of the keys.

    Nearly every answer has none of them. It is then read once for all keys, and its readings are searched together, but
    apart from what decoding makes of them: such noise needs a slower search.
    """
    sought = [key for key in keys if len(key) >= spellings.MIN_LENGTH]
    if not sought or not data:
        return False
    # A key without digits could be a word, so `joined` and `unescaped` do not look for it.
    ways = (scattered, joined, unescaped) if any(map(spread.is_sought, sought)) else (scattered,)
    readings = (text for way in ways for text in way.readings(data))
    texts = (b"\n".join([data, *readings]), b"\n".join(wrapped.readings(data)))
    return any(spread.places(text, key) for text in texts for key in sought)


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
    for search in (joined.find, unescaped.find):
        found += search(_masked(data, found) if found else data, key, placeholder)
    return _without_overlaps(found) if found else []


def _masked(data: bytes, found: list[Leak]) -> bytes:
    """Return the data with spaces where leaks are: searches that replace whole lines or texts need not find them."""
    masked = bytearray(data)
    for leak in found:
        masked[leak.start : leak.end] = b" " * (leak.end - leak.start)
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
