"""JSON Pointer (RFC 6901), read-only, with an extension: the tokens `*` and `*[name=text]` match several members.

`get` never raises for a document: checks read documents of any shape with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from conformance.core.model import JSON

T = TypeVar("T")


class PointerError(LookupError):
    """The document has no value at the pointer. The message names the first token that is missing."""


def resolve(document: JSON, pointer: str) -> JSON:
    """Return the value at `pointer`. Raises PointerError if it does not exist."""
    value = document
    for token in tokens(pointer):
        value = _member(value, token, pointer)
    return value


def get(document: JSON, pointer: str, kind: type[T]) -> T | None:
    """Return the value at `pointer` if it exists and has this type (a bool is not an int), else None."""
    value = document
    for token in tokens(pointer):
        if isinstance(value, dict):
            if token not in value:
                return None
            value = value[token]
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    if isinstance(value, kind) and (not isinstance(value, bool) or kind is bool or kind is object):
        return value  # as `is_kind` says; the call would take a quarter of the time
    return None


def is_kind(value: JSON, kind: type) -> bool:
    """Whether a JSON value has a Python type. As in JSON, and unlike in Python, a boolean is not an integer."""
    return isinstance(value, kind) and (kind is bool or kind is object or not isinstance(value, bool))


def each(document: JSON, pointer: str) -> Iterator[tuple[str, JSON]]:
    """Yield (pointer, value) for every value that a pointer with `*` tokens matches; missing members are skipped.

    `*[name=text]` only matches members that are objects with this text in the member `name`.
    """
    found = [("", document)]
    for token in tokens(pointer):
        found = [
            (f"{at}/{escape(name) if isinstance(name, str) else name}", member)
            for at, value in found
            for name, member in _named(value, token)
        ]
        if not found:
            break
    return iter(found)


def values(document: JSON, pointer: str) -> list[JSON]:
    """Return the values that `each` yields, without their pointers; this takes half of its time."""
    found = [document]
    for token in tokens(pointer):
        found = _members(found, token)
        if not found:
            break
    return found


def _members(several: list[JSON], token: str) -> list[JSON]:
    """The members of several values that a token matches."""
    if token == "*":
        found: list[JSON] = []
        for value in several:
            if isinstance(value, dict):
                found += value.values()
            elif isinstance(value, list):
                found += value
        return found
    if token.isdecimal() or token.startswith("*["):
        return [member for value in several for _, member in _named(value, token)]
    return [value[token] for value in several if isinstance(value, dict) and token in value]


def escape(token: object) -> str:
    """Return a member's name or an index as one escaped token of a pointer."""
    return str(token).replace("~", "~0").replace("/", "~1")


_CHOSEN = re.compile(r"\*\[(\w+)=([^\]]*)\]")


@lru_cache(maxsize=4096)
def tokens(pointer: str) -> tuple[str, ...]:
    """Return the unescaped tokens of a pointer; `()` for the empty pointer. Raises PointerError if it is malformed."""
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise PointerError(f"the JSON pointer {pointer!r} does not start with '/'")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer[1:].split("/"))


def _member(value: JSON, token: str, pointer: str) -> JSON:
    if isinstance(value, dict) and token in value:
        return value[token]
    if isinstance(value, list) and token.isdecimal() and int(token) < len(value):
        return value[int(token)]
    raise PointerError(f"{pointer} ends at {token!r}: the answer has no such member")


def _named(value: JSON, token: str) -> Iterable[tuple[object, JSON]]:
    """Return the members of a value that a token matches, with their names or indexes."""
    if token == "*":
        return value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if token.startswith("*[") and (chosen := _CHOSEN.fullmatch(token)):
        return [(key, each) for key, each in _named(value, "*") if get(each, f"/{chosen[1]}", str) == chosen[2]]
    if isinstance(value, dict):
        return [(token, value[token])] if token in value else ()
    if isinstance(value, list) and token.isdecimal() and int(token) < len(value):
        return [(int(token), value[int(token)])]
    return ()
