"""The paths of a request's body, as facts about what clients send name them.

`.tools[]<custom>.format<grammar>.syntax="lark"` is the member `syntax`, whose value is `"lark"`, in an object of the
type `grammar`. A value may also be `:str`, `:float`, `:int`, `{}` or `[empty]`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

_DEFAULTS = {".input[]": "message"}
"""The type of members that need not have one."""


def paths(value: Any, at: str = "") -> Iterator[str]:
    """All paths in a body."""
    if isinstance(value, dict):
        kind = value.get("type", _DEFAULTS.get(at, ""))
        typed = f"{at}<{kind}>" if kind and at else at
        yield f"{typed}{{}}"
        for name, member in value.items():
            yield f"{typed}.{name}"
            yield from paths(member, f"{typed}.{name}")
    elif isinstance(value, list):
        if not value:
            yield f"{at}[empty]"
        for member in value:
            yield from paths(member, f"{at}[]")
    else:
        yield f"{at}={json.dumps(value)}"
        yield f"{at}:{type(value).__name__}"
