"""Globs of ids: `*` is any text and `?` any character. Ids have square brackets, so these stand for themselves."""

from __future__ import annotations

import re
from fnmatch import translate
from functools import cache


def fits(glob: str, text: str) -> bool:
    """Whether a glob fits a whole text.

    The patterns of fnmatch match each text between two stars once, so that a glob of many stars takes no more than
    quadratic time.
    """
    return any_fits((glob,), text)


def any_fits(globs: tuple[str, ...], text: str) -> bool:
    """Whether any of these globs fits a whole text."""
    return bool(globs) and _pattern(globs).match(text) is not None


@cache
def _pattern(globs: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(translate(glob.replace("[", "[[]")) for glob in globs))
