"""Whether the deltas of a stream repeat earlier text, in any family."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_REPEATED = 16
"""Characters. A delta that repeats this many of the text before it does so systematically."""

_CUMULATIVE = 4
"""If this many deltas each start with the one before, the gateway sends the text so far instead of the new part."""


def repeats(texts: Sequence[str]) -> bool:
    """Whether each of the non-empty deltas is the text so far, or the last one is the whole text again."""
    if not texts:
        return False
    *before, last = texts
    repeated = len(before) > 1 and len(last) >= _REPEATED and last == "".join(before)
    return repeated or _grows(texts)


def _grows(texts: Sequence[str]) -> bool:
    """Whether each text starts with the one before, in too many deltas to be a coincidence."""
    enough = len(texts) >= _CUMULATIVE and len(texts[-1]) >= _REPEATED
    return enough and all(later.startswith(earlier) for earlier, later in pairwise(texts))
