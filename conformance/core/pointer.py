"""JSON Pointer (RFC 6901), read only, with one extension: a `*` token stands for every member.

`get` never raises: a judge meets documents of any shape.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TypeVar, cast

from conformance.core.model import JSON

T = TypeVar("T")


class PointerError(LookupError):
    """The pointer names nothing in the document; the message says at which token it ended."""


def resolve(document: JSON, pointer: str) -> JSON:
    """The value at `pointer`. Raises PointerError where there is none."""
    value = document
    for token in tokens(pointer):
        value = _member(value, token, pointer)
    return value


def get(document: JSON, pointer: str, kind: type[T]) -> T | None:
    """The value at `pointer` if it is there and of this kind (bool is no int), else None."""
    value = document
    for token in tokens(pointer):
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and token.isdecimal() and int(token) < len(value):
            value = value[int(token)]
        else:
            return None
    return cast(T, value) if is_kind(value, kind) else None


def is_kind(value: JSON, kind: type) -> bool:
    """Whether a JSON value is of a Python type, keeping apart booleans and integers as JSON does."""
    return isinstance(value, kind) and (kind is bool or kind is object or not isinstance(value, bool))


def each(document: JSON, pointer: str) -> Iterator[tuple[str, JSON]]:
    """Every (pointer, value) that a pointer with `*` tokens names; what is not there is left out."""
    yield from _each(document, tokens(pointer), "")


def escape(token: object) -> str:
    """A member's name or index as one token of a pointer."""
    return str(token).replace("~", "~0").replace("/", "~1")


@lru_cache(maxsize=4096)
def tokens(pointer: str) -> tuple[str, ...]:
    """The unescaped tokens of a pointer; the empty pointer has none."""
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


def _each(value: JSON, rest: tuple[str, ...], at: str) -> Iterator[tuple[str, JSON]]:
    if not rest:
        yield at, value
        return
    for key, member in _named(value, rest[0]):
        yield from _each(member, rest[1:], f"{at}/{escape(key)}")


def _named(value: JSON, token: str) -> Iterator[tuple[object, JSON]]:
    if isinstance(value, dict):
        yield from value.items() if token == "*" else [(token, value[token])] if token in value else []
    elif isinstance(value, list):
        if token == "*":
            yield from enumerate(value)
        elif token.isdecimal() and int(token) < len(value):
            yield int(token), value[int(token)]
