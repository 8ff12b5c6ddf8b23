"""Edits of JSON documents, at the places of a JSON Pointer (RFC 6901); `*` is every member.

An edit without such a place changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from conformance.core.model import JSON

Edit = Callable[[JSON], JSON]
"""Takes a document, which it may change in place, and returns the result."""


class _Gone:
    """The class of `GONE`."""


GONE: Any = _Gone()
"""A function of `at` returns this to remove the value."""


def edited(document: JSON, edits: Iterable[Edit]) -> JSON:
    """Applies the edits in order."""
    for edit in edits:
        document = edit(document)
    return document


def all_of(*edits: Edit) -> Edit:
    """All the edits as one."""
    return lambda document: edited(document, edits)


def at(pointer: str, function: Callable[[JSON], JSON]) -> Edit:
    """Replaces the value at each place by the function's result; `GONE` removes it."""
    if not pointer:
        return function
    *parents, last = _tokens(pointer)

    def edit(document: JSON) -> JSON:
        for parent in _places(document, parents):
            _apply(parent, last, function)
        return document

    return edit


def put(pointer: str, value: JSON, *, new: bool = True) -> Edit:
    """Sets the value in every object at the pointer's parent; `new=False` only replaces values."""
    *parents, last = _tokens(pointer)

    def edit(document: JSON) -> JSON:
        for parent in _places(document, parents):
            if new and isinstance(parent, dict):
                parent[last] = value
            else:
                _apply(parent, last, lambda _old: value)
        return document

    return edit


def drop(pointer: str) -> Edit:
    """Removes the value."""
    return at(pointer, lambda _value: GONE)


def rename(pointer: str, name: str) -> Edit:
    """Renames the member, which keeps its position."""
    *parents, last = _tokens(pointer)

    def edit(document: JSON) -> JSON:
        for parent in _places(document, parents):
            if isinstance(parent, dict) and last in parent:
                members = [(name if key == last else key, value) for key, value in parent.items()]
                parent.clear()
                parent.update(members)
        return document

    return edit


def found(document: JSON, pointer: str) -> list[JSON]:
    """The values at the places of a pointer."""
    return list(_places(document, _tokens(pointer)))


def _tokens(pointer: str) -> list[str]:
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _places(value: JSON, tokens: list[str]) -> Iterator[JSON]:
    if not tokens:
        yield value
        return
    for key in _keys(value, tokens[0]):
        yield from _places(value[key], tokens[1:])


def _keys(value: JSON, token: str) -> list[Any]:
    """The keys that a token means, from the end, so that members can be removed on the way."""
    if isinstance(value, dict):
        return list(value) if token == "*" else [token] * (token in value)
    if isinstance(value, list):
        indexes = range(len(value)) if token == "*" else [int(token)] if token.isdecimal() else []
        return [index for index in reversed(indexes) if index < len(value)]
    return []


def _apply(parent: JSON, token: str, function: Callable[[JSON], JSON]) -> None:
    for key in _keys(parent, token):
        value = function(parent[key])
        if value is GONE:
            del parent[key]
        else:
            parent[key] = value
