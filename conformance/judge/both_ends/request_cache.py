"""The marks for the prompt cache go up with the content that they stand at.

They are judged in native lanes: families differ in how a cache is marked. A gateway may add marks of its own.
Source: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from conformance.core.model import Breach
from conformance.judge.both_ends.ends import Ends
from conformance.judge.both_ends.pairs import pairs

MARKS = "upstream.request.cache-marks"
RULES = (MARKS,)


def kept(ends: Ends) -> Iterator[Breach]:
    """Every mark of the client is in every request that goes up."""
    for pair in pairs(ends):
        if not pair.is_native:
            continue
        lost = Counter(pair.sent.marks) - Counter(pair.up.marks)
        for mark in lost:
            at = [other.value for other in pair.up.marks if other.place == mark.place]
            yield Breach(MARKS, f"the cache mark {mark.value} at {mark.place}", ", ".join(at) or "no mark there")
            return
