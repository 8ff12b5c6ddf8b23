"""The shape of a JSON body as a set of paths, so that two bodies can be compared without their values.

`.tools[]<web_search_20250305>.max_uses:int`: an object has its `role` or `type` in angle brackets, `{}` says that an
object is there, `[empty]` that a list has no members. Booleans, null and strings also occur with their value.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any


def shapes(value: Any, path: str = "") -> Iterator[str]:
    """Every path of a body."""
    if isinstance(value, dict):
        tag = next((str(value[name]) for name in ("role", "type") if isinstance(value.get(name), str)), "")
        own = f"{path}<{tag}>" if tag and path else path
        yield f"{own}{{}}"
        for name, member in value.items():
            yield f"{own}.{name}"
            yield from shapes(member, f"{own}.{name}")
    elif isinstance(value, list):
        if not value:
            yield f"{path}[empty]"
        for member in value:
            yield from shapes(member, f"{path}[]")
    else:
        yield f"{path}:{type(value).__name__}"
        yield f"{path}={json.dumps(value)}"
