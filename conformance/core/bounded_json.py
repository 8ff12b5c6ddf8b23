"""Parses JSON that is not trusted, up to a limit of depth.

From Python 3.12 on, `json.loads` parses thousands of levels, and a function that calls itself for each level fails on
the result. With a limit, every such function can read what was parsed, on all versions of Python.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from conformance.core.model import JSON

MAX_DEPTH = 200
"""Levels of arrays and objects. Real documents have far fewer."""


class TooDeepError(ValueError):
    """A document has more levels than MAX_DEPTH."""


def loads(text: bytes | str, parse_constant: Callable[[str], object] | None = None) -> JSON:
    """The value of a JSON text; `parse_constant` as for `json.loads`. Raises ValueError for another text."""
    try:
        value: JSON = json.loads(text, parse_constant=parse_constant)
    except RecursionError:
        raise TooDeepError(_TOO_DEEP) from None
    if _is_too_deep(text, value):
        raise TooDeepError(_TOO_DEEP)
    return value


def read_object(text: bytes | str) -> dict[str, JSON] | None:
    """The object of a JSON text; None for another text."""
    try:
        value = loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


_TOO_DEEP = "nested too deeply to read"


def _is_too_deep(text: bytes | str, value: JSON) -> bool:
    """Counting the brackets of the text first spares nearly all documents the walk."""
    opened = text.count(b"[") + text.count(b"{") if isinstance(text, bytes) else text.count("[") + text.count("{")
    if opened <= MAX_DEPTH:
        return False
    level = [value]  # all values at one depth, then those one level deeper
    for _ in range(MAX_DEPTH):
        members = (part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list))
        level = [part for parts in members for part in parts if isinstance(part, dict | list)]
        if not level:
            return False
    return True
