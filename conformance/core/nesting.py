"""How deeply a JSON document is nested.

Newer versions of Python parse documents of thousands of levels, which no function that calls itself for each level can
read. A document beyond this limit is therefore treated as one that cannot be parsed. Real documents are far flatter.
"""

from __future__ import annotations

from .model import JSON

MAX_DEPTH = 200


def is_too_deep(text: bytes | str, value: JSON) -> bool:
    """Whether the value of this JSON text is nested deeper than MAX_DEPTH.

    Brackets in the text are counted first, which spares nearly all documents the walk.
    """
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
