"""Edits of JSON documents, at places that a JSON Pointer (RFC 6901) names; `*` stands for every member.

An edit that finds no such place changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from conformance.core.model import JSON

Edit = Callable[[JSON], JSON]
"""Takes a document of its own, which it may change in place, and returns what it has become."""


class _Gone:
    """The kind of `GONE`."""


GONE: Any = _Gone()
"""What a function of `at` returns to take the value away."""


def edited(document: JSON, edits: Iterable[Edit]) -> JSON:
    """The document after all the edits, one after the other."""
    for edit in edits:
        document = edit(document)
    return document


def all_of(*edits: Edit) -> Edit:
    """All the edits as one."""
    return lambda document: edited(document, edits)


def at(pointer: str, function: Callable[[JSON], JSON]) -> Edit:
    """Replaces the value at each place by what the function makes of it; `GONE` takes it away."""
    if not pointer:
        return function
    *parents, last = _tokens(pointer)

    def edit(document: JSON) -> JSON:
        for parent in _places(document, parents):
            _apply(parent, last, function)
        return document

    return edit


def put(pointer: str, value: JSON, *, new: bool = True) -> Edit:
    """Sets the value, in every object that the pointer's beginning leads to; `new=False` only replaces."""
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
    """Takes the value away."""
    return at(pointer, lambda _value: GONE)


def rename(pointer: str, name: str) -> Edit:
    """Gives the member another name, and leaves it where it stands."""
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
    """The values at the pointer's places."""
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
    """The members that a token means; from the end, so that members may go while they are visited."""
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
