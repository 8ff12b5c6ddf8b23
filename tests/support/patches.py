"""Edits that damage documents for tests: single edits, and every kind of damage at every place."""

from __future__ import annotations

import copy
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
    """The document with every node of a part dropped, or made a value of each JSON type."""
    for pointer in pointers(document[part], f"/{part}"):
        for value in (None, True, -1, 1.5, "x", [], {}, [[]], {"type": {}}):
            yield patched(document, ("replace", pointer, value))
        if pointer != f"/{part}":
            yield patched(document, ("remove", pointer))


def pointers(value: Any, at: str) -> Iterator[str]:
    yield at
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from pointers(member, f"{at}/{name}")
