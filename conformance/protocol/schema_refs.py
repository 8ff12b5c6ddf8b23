"""Resolves `$ref` between the suite's schema files.

The schemas use `#/pointer`, `file.json` and `file.json#/pointer`, relative to the folder of the file.
Source: https://json-schema.org/draft/2020-12/json-schema-core#section-8.2.3.1
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.core import data_files
from conformance.core.model import JSON
from conformance.core.schema_outline import parts


@dataclass(frozen=True, slots=True)
class Place:
    """A subschema and its file (a path below schemas/)."""

    file: str
    schema: JSON


def place(path: str) -> Place:
    """Return the place of a path below schemas/, which may end in `#/pointer`."""
    file, _, fragment = path.partition("#")
    return Place(file, _at(file, fragment))


def follow(start: Place) -> Iterator[Place]:
    """Yield the place itself, and the places that its chain of `$ref` leads to."""
    yield start
    while isinstance(start.schema, str | dict) and (ref := _ref(start.schema)):
        start = place(absolute(start.file, ref))
        yield start


def child(schema: JSON, token: Any) -> JSON:
    """Return a member of a schema; {} if it is missing. For a discriminator, the token is a key of its mapping."""
    if isinstance(schema, dict) and token not in schema and "mapping" in schema:
        schema = schema["mapping"]
    try:
        return schema[token]
    except (KeyError, IndexError, TypeError):
        return {}


def reachable(path: str) -> dict[str, JSON]:
    """Return all schema files that a path below schemas/ refers to, directly or not, by path; its own file first."""
    found: dict[str, JSON] = {}
    waiting = [path.partition("#")[0]]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file] = data_files.schema(file)
            waiting += (absolute(file, ref).partition("#")[0] for ref in _refs(found[file]))
    return found


def _refs(schema: JSON) -> Iterator[str]:
    for part in parts(schema):
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            if isinstance(part.get("mapping"), dict):
                yield from part["mapping"].values()


def _ref(schema: str | dict[str, JSON]) -> str | None:
    """Return the reference of a schema; a value in a discriminator's mapping is a reference itself."""
    return schema if isinstance(schema, str) else schema.get("$ref")


def absolute(file: str, ref: str) -> str:
    """Return the path below schemas/ of a reference in a file; it may end in `#/pointer`."""
    other, mark, fragment = ref.partition("#")
    names = [*file.split("/")[:-1], *other.split("/")] if other else [file]
    while ".." in names:
        index = names.index("..")
        del names[index - 1 : index + 1]
    return "/".join(names) + mark + fragment


def _at(file: str, fragment: str) -> JSON:
    schema = data_files.schema(file)
    for token in fragment.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        schema = child(schema, int(name) if isinstance(schema, list) else name)
    return schema
