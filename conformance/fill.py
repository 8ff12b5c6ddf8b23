"""$name -> value in a case: a whole scalar takes any value, inside a longer text only a text.

`$name/pointer` names a part of a value that an earlier step kept. A `$word` inside a longer text that is
no known name stays as it is, so that prices and shell snippets need no escape.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from conformance.model import JSON
from conformance.pointer import PointerError, resolve

_WHOLE = re.compile(r"^\$([a-z_]+)((?:/[^\s]*)?)$")
_INSIDE = re.compile(r"\$([a-z_]+)")


class UnknownNameError(LookupError):
    """A `$name` that stands for nothing, or a part that the kept value does not have."""


def fill(value: JSON, values: Mapping[str, JSON], leave: Collection[str] = ()) -> JSON:
    """A copy of `value` with every $name replaced but the ones to leave. Raises UnknownNameError."""
    if isinstance(value, dict):
        return {key: fill(member, values, leave) for key, member in value.items()}
    if isinstance(value, list):
        return [fill(member, values, leave) for member in value]
    return _text(value, values, leave) if isinstance(value, str) else value


def _text(text: str, values: Mapping[str, JSON], leave: Collection[str]) -> JSON:
    match = _WHOLE.match(text)
    if match is None:
        return _INSIDE.sub(lambda found: _inside(found, values, leave), text)
    return text if match[1] in leave else _whole(match[1], match[2], values, leave)


def _whole(name: str, pointer: str, values: Mapping[str, JSON], leave: Collection[str]) -> JSON:
    if name not in values:
        known = ", ".join(f"${known}" for known in (*leave, *values))
        raise UnknownNameError(f"${name} stands for nothing here; known are {known}")
    others = {key: member for key, member in values.items() if key != name}
    try:
        return resolve(fill(values[name], others, leave), pointer)
    except PointerError as error:
        raise UnknownNameError(f"${name}{pointer}: {error}") from error


def _inside(found: re.Match[str], values: Mapping[str, JSON], leave: Collection[str]) -> str:
    value = values.get(found[1])
    return value if isinstance(value, str) and found[1] not in leave else found[0]
