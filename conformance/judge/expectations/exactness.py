"""Compares an answer with the text that a prompt asks for: white space, quotation marks and a final period may differ.

The other differences are the extra words of a chatty model, or damage on the way: text that is sent twice, the text so
far in every delta, reasoning in front of the answer.
"""

from __future__ import annotations

import re
from typing import Literal

Difference = Literal["", "other", "repeated", "before", "after"]
"""How an answer differs from a text: not at all, in the text itself, or by what it has in addition."""

_FENCE = re.compile(r"\A\s*```[^\n`]*\n(.*?)\n?```\s*\Z", re.DOTALL)
_AROUND = " \t\r\n\"'`“”„‘’«»*_"
"""Characters that models put around a text that they repeat."""

_REPEATED = 4
"""Characters. A model does not write this many of a text twice that it was asked for once."""

_LONGEST = 20_000
"""Characters. Longer texts are not searched for repetitions."""


def difference(wanted: str, text: str) -> Difference:
    """Return how an answer differs from the wanted text, in any case of letters."""
    want, got = _bare(wanted), _bare(text)
    if got == want:
        return ""
    if not want or want not in got:
        return "other"
    before, _, after = got.partition(want)
    if _repeats(want, before, after):
        return "repeated"
    return "before" if before.strip(_AROUND) else "after"


def unfenced(text: str) -> str:
    """Return a text without a Markdown code fence around it, and without blank lines before and after it."""
    inner = found[1] if (found := _FENCE.match(text)) else text
    return inner.strip("\r\n").rstrip()


def same_words(one: str, other: str) -> bool:
    """Whether two texts differ only in white space."""
    return one.split() == other.split() or "".join(one.split()) == "".join(other.split())


def _bare(text: str) -> str:
    """Return the text in lower case, without what models put around it."""
    return unfenced(text).lower().strip(_AROUND).rstrip(".!").rstrip(_AROUND)


def _repeats(want: str, before: str, after: str) -> bool:
    """Whether the rest of an answer consists of beginnings of the wanted text, or of the whole text again."""
    rest = (before + after).strip(_AROUND)
    return len(want) >= _REPEATED and _REPEATED <= len(rest) <= _LONGEST and _is_stutter(want, rest)


def _is_stutter(want: str, rest: str) -> bool:
    """Whether a text is a row of beginnings of `want`, each as long as or longer than the one before."""
    reached = {(0, 1)}  # (position, length of the last beginning)
    while reached:
        following = set()
        for at, least in reached:
            longest = _common(want, rest, at)
            if at + longest == len(rest) and longest >= least:
                return True
            following |= {(at + length, length) for length in range(least, longest + 1)}
        reached = following
    return False


def _common(want: str, rest: str, at: int) -> int:
    """Return the length of the beginning that `want` and the rest of a text from `at` share."""
    length = 0
    while length < len(want) and at + length < len(rest) and want[length] == rest[at + length]:
        length += 1
    return length
