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
_AROUND = " \t\r\n\"'`“”„\u2018\u2019«»*_"
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
    if _is_stutter(want, got):
        return "repeated"
    before = got.partition(want)[0]
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
    return unfenced(text).lower().strip(_AROUND).rstrip(".!。").rstrip(_AROUND)


def _is_stutter(want: str, got: str) -> bool:
    """Whether an answer is a row of beginnings of the wanted text, with or without white space between them."""
    more = len(got) - len(want)
    if len(want) < _REPEATED or not _REPEATED <= more <= _LONGEST:
        return False
    ends = {0}
    for at in range(len(got)):
        if at in ends:
            ends |= {at + 1} if at and got[at].isspace() else set(range(at + 1, at + _common(want, got, at) + 1))
    return len(got) in ends


def _common(want: str, got: str, at: int) -> int:
    """Return how many characters from `at` are the beginning of the wanted text."""
    length = 0
    while length < len(want) and at + length < len(got) and want[length] == got[at + length]:
        length += 1
    return length
