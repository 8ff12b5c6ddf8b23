"""Globs of ids: `*` is any text and `?` any character. Ids have square brackets, so these stand for themselves."""

from __future__ import annotations

from fnmatch import fnmatchcase


def fits(glob: str, text: str) -> bool:
    """Whether a glob fits a whole text.

    fnmatch matches each text between two stars once, so that a glob of many stars takes no more than quadratic time.
    """
    return fnmatchcase(text, glob.replace("[", "[[]"))
