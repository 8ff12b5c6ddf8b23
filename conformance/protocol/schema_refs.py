"""Where a `$ref` leads: from a place in one schema file to another, in the same folder or a neighbouring one.

Source: https://json-schema.org/draft/2020-12/json-schema-core#section-8.2.3.1, for the references that the
schemas here use: `#/pointer`, `file.json`, `file.json#/pointer`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from conformance.core import data_files
from conformance.core.model import JSON


@dataclass(frozen=True, slots=True)
class Place:
    """A subschema and the file it stands in, a path below schemas/."""

    file: str
    schema: JSON


def place(path: str) -> Place:
    """The place that a path below schemas/ names, which may end in #fragment."""
    file, _, fragment = path.partition("#")
    return Place(file, _at(file, fragment))


def follow(start: Place) -> Iterator[Place]:
    """The place itself, and the ones that its `$ref` chain leads to."""
    yield start
    while isinstance(start.schema, str | dict) and (ref := _ref(start.schema)):
        start = place(_beside(start.file, ref))
        yield start


def step(schema: JSON, token: Any) -> JSON:
    """A part of a schema; {} where there is no such part. The branches of a discriminator are parts of it."""
    if isinstance(schema, dict) and token not in schema and "mapping" in schema:
        schema = schema["mapping"]
    try:
        return schema[token]
    except (KeyError, IndexError, TypeError):
        return {}


def reachable(path: str) -> dict[str, JSON]:
    """The schema files that a path below schemas/ leads to, itself first, by their paths."""
    found: dict[str, JSON] = {}
    waiting = [path.partition("#")[0]]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found[file] = data_files.schema(file)
            waiting += (_beside(file, ref).partition("#")[0] for ref in _refs(found[file]))
    return found


def parts(schema: JSON) -> Iterator[JSON]:
    """A schema and everything in it, however deep."""
    yield schema
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    for part in inner:
        yield from parts(part)


def _refs(schema: JSON) -> Iterator[str]:
    for part in parts(schema):
        if isinstance(part, dict):
            if isinstance(part.get("$ref"), str):
                yield part["$ref"]
            if isinstance(part.get("mapping"), dict):
                yield from part["mapping"].values()


def _ref(schema: JSON) -> str | None:
    return schema if isinstance(schema, str) else schema.get("$ref")


def _beside(file: str, ref: str) -> str:
    """The path below schemas/ of a reference that stands in a file."""
    other, mark, fragment = ref.partition("#")
    names = [*file.split("/")[:-1], *other.split("/")] if other else [file]
    while ".." in names:
        index = names.index("..")
        del names[index - 1 : index + 1]
    return "/".join(names) + mark + fragment


def _at(file: str, fragment: str) -> JSON:
    schema = data_files.schema(file)
    for token in fragment.split("/")[1:]:
        schema = step(schema, token.replace("~1", "/").replace("~0", "~"))
    return schema
