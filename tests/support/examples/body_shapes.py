"""The shape of a JSON body as a set of paths, so that two bodies can be compared without their values.

`.tools[]<web_search_20250305>.max_uses:int`: an object has its `role` or `type` in angle brackets (the first of the
`tags` that it has), `{}` says that an object is there, `[empty]` that a list has no members. Booleans, null and
strings also occur with their value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any


def shapes(value: Any, path: str = "", tags: Sequence[str] = ("role", "type")) -> Iterator[str]:
    """Every path of a body."""
    if isinstance(value, dict):
        tag = next((str(value[name]) for name in tags if isinstance(value.get(name), str)), "")
        own = f"{path}<{tag}>" if tag and path else path
        yield f"{own}{{}}"
        for name, member in value.items():
            yield f"{own}.{name}"
            yield from shapes(member, f"{own}.{name}", tags)
    elif isinstance(value, list):
        if not value:
            yield f"{path}[empty]"
        for member in value:
            yield from shapes(member, f"{path}[]", tags)
    else:
        yield f"{path}:{type(value).__name__}"
        yield f"{path}={json.dumps(value)}"
