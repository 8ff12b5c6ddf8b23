"""Edits that damage documents for tests: single edits, and every kind of damage at every place."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any


def patched(document: dict[str, Any], *edits: tuple[Any, ...]) -> dict[str, Any]:
    """A copy with edits in the manner of JSON Patch (RFC 6902): (add|replace|remove, pointer, value)."""
    result = copy.deepcopy(document)
    for name, pointer, *value in edits:
        *way, last = pointer.split("/")[1:]
        parent = result
        for token in way:
            parent = parent[int(token)] if isinstance(parent, list) else parent[token]
        key = int(last) if isinstance(parent, list) else last
        if name == "remove":
            del parent[key]
        elif name == "add" and isinstance(parent, list):
            parent.insert(key, copy.deepcopy(value[0]))
        else:
            parent[key] = copy.deepcopy(value[0])
    return result


def mutants(document: dict[str, Any], part: str) -> Iterator[dict[str, Any]]:
    """The document with nodes of a part dropped, or made a value of each JSON type.

    Of the nodes of one form that differ in nothing but their places in lists, such as the id in every event of a
    stream, the first and the last are damaged.
    """
    alike: dict[tuple[str, str], list[str]] = {}
    for pointer, node in nodes(document[part], f"/{part}"):
        alike.setdefault((re.sub(r"/\d+(?=/|$)", "/*", pointer), form(node)), []).append(pointer)
    for pointer in (one for same in alike.values() for one in dict.fromkeys((same[0], same[-1]))):
        for value in (None, True, -1, 1.5, "x", [], {}, [[]], {"type": {}}):
            yield patched(document, ("replace", pointer, value))
        if pointer != f"/{part}":
            yield patched(document, ("remove", pointer))


def nodes(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    """(pointer, value) of a value and of everything in it."""
    yield at, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from nodes(member, f"{at}/{name}")


def form(value: Any) -> str:
    """The names of the members and the types of the values."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{form(value[name])}" for name in sorted(value)) + "}"
    return "[" + ",".join(map(form, value)) + "]" if isinstance(value, list) else type(value).__name__
