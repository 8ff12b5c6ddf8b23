"""Whether texts go up as they are, although a gateway may group them in other blocks and messages."""

from __future__ import annotations

from collections.abc import Sequence

_BETWEEN = ("", "\n", "\n\n", " ")
"""The texts that may stand between two texts that a gateway joins."""


def said(texts: Sequence[str]) -> list[str]:
    """The texts that say something: empty ones, and those of white space alone, may be left out."""
    return [text for text in texts if text.strip()]


def same(sent: Sequence[str], got: Sequence[str]) -> bool:
    """Whether two lists of texts are the same text, however they are split or joined."""
    at, whole = 0, "".join(said(got))
    for text in said(sent):
        start = _start(whole, at, text)
        if start is None:
            return False
        at = start + len(text)
    return at == len(whole)


def _start(whole: str, at: int, text: str) -> int | None:
    """Where a text starts, at this place or after what may stand between two texts."""
    for between in _BETWEEN if at else _BETWEEN[:1]:
        start = at + len(between)
        if whole.startswith(between, at) and whole.startswith(text, start):
            return start
    return None


def contained(sent: Sequence[str], got: Sequence[str]) -> bool:
    """Whether all texts occur in the others, in order; there may be more around them."""
    at, whole = 0, "\n".join(said(got))
    for text in said(sent):
        found = whole.find(text, at)
        if found < 0:
            return False
        at = found + len(text)
    return True


def difference(sent: Sequence[str], got: Sequence[str]) -> tuple[str, str]:
    """Both texts from shortly before the place where they differ, for a finding."""
    ours, theirs = "\n".join(said(sent)), "\n".join(said(got))
    pairs = zip(ours, theirs, strict=False)
    at = next((index for index, (one, other) in enumerate(pairs) if one != other), min(len(ours), len(theirs)))
    return _shown(ours, at), _shown(theirs, at)


_BEFORE, _AFTER = 20, 80


def _shown(text: str, at: int) -> str:
    start = max(0, at - _BEFORE)
    part = text[start : at + _AFTER]
    place = f" (character {at} of {len(text)})" if len(text) > _BEFORE + _AFTER else ""
    return f"{part!a}{place}" if text else "nothing"
