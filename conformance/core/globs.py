"""Globs of ids: `*` is any text and `?` any character. Ids have square brackets, so these stand for themselves."""

from __future__ import annotations

import re


def fits(glob: str, text: str) -> bool:
    """Whether a glob fits a whole text."""
    pattern = re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, text, re.DOTALL) is not None
