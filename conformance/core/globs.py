"""Globs of ids: `*` is any text and `?` any character. Ids have square brackets, so these stand for themselves.

fnmatch matches each text between two stars once, so that a glob of many stars takes no more than quadratic time.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable
from fnmatch import translate
from functools import cache

_LAST = "\U0010ffff"
"""Sorts behind every character of an id."""


def fits(glob: str, text: str) -> bool:
    """Whether a glob fits a whole text."""
    return any_fits((glob,), text)


def any_fits(globs: tuple[str, ...], text: str) -> bool:
    """Whether any of these globs fits a whole text."""
    return bool(globs) and _pattern(globs).match(text) is not None


@cache
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob.replace("[", "[[]")) for glob in globs))


class Ids:
    """Many ids, in which globs are looked up by the text before their first star."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = tuple(dict.fromkeys(ids))
        self._positions = {id_: position for position, id_ in enumerate(self._ids)}
        self._sorted = sorted(self._ids)
        self._found: dict[str, tuple[int, ...]] = {}

    def that_fit(self, globs: Iterable[str]) -> list[str]:
        """Return the ids that any of the globs fits, in their own order."""
        return [self._ids[position] for position in sorted({at for glob in globs for at in self._of(glob)})]

    def _of(self, glob: str) -> tuple[int, ...]:
        if glob not in self._found:
            start = re.split("[*?]", glob, maxsplit=1)[0]
            near = self._sorted[bisect_left(self._sorted, start) : bisect_left(self._sorted, start + _LAST)]
            if glob != f"{start}*":  # all of them fit such a glob, and most globs are
                near = [id_ for id_ in near if (fits(glob, id_) if start != glob else id_ == glob)]
            self._found[glob] = tuple(self._positions[id_] for id_ in near)
        return self._found[glob]
