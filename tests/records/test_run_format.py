"""The types of run.json, of the diff and of the list of known failures agree with the schemas of these files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest
from jsonschema import Draft202012Validator

from conformance.core import data_files
from conformance.records.run_format import BytesEntry, ChunkEntry, ListEntry, RunDocument
from conformance.report.diff_text import DiffDocument

NAMES = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}


def resolved(schema: Any, root: Any) -> Any:
    """The schema that a reference names."""
    return root["$defs"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def differences(schema: Any, hint: Any, root: Any, place: str) -> Iterator[str]:
    """The places where a type and a schema disagree."""
    schema = resolved(schema, root)
    if get_origin(hint) is NotRequired:
        (hint,) = get_args(hint)
    if hint is BytesEntry:
        hint = ChunkEntry  # one schema describes both
    if is_typeddict(hint):
        yield from object_differences(schema, hint, root, place)
    elif get_origin(hint) is list:
        yield from [] if "array" in kinds(schema) else [f"{place}: not an array"]
        yield from differences(schema.get("items", {}), get_args(hint)[0], root, f"{place}[]")
    elif get_origin(hint) in (dict, Mapping):
        key, value = get_args(hint)
        yield from differences(schema["additionalProperties"], value, root, f"{place}{{}}")
        if get_origin(key) is Literal:
            yield from differences(schema["propertyNames"], key, root, f"{place} (names)")
    elif get_origin(hint) is Literal:
        yield from [] if set(schema["enum"]) == set(get_args(hint)) else [f"{place}: other values"]
    elif get_origin(hint) in (Union, UnionType):
        lists = [part for part in get_args(hint) if get_origin(part) is list]
        wanted = {NAMES[part] for part in get_args(hint) if part in NAMES} | {"array" for _ in lists}
        given = kinds(schema) | ({"integer"} if "number" in kinds(schema) and "integer" in wanted else set())
        yield from [] if given == wanted else [f"{place}: {sorted(given)}, not {sorted(wanted)}"]
        for part in lists:
            yield from differences(schema["items"], get_args(part)[0], root, f"{place}[]")
    elif "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        yield from [] if all(isinstance(value, hint) for value in values) else [f"{place}: other values"]
    else:
        yield from [] if kinds(schema) == {NAMES[hint]} else [f"{place}: {kinds(schema)}, not {NAMES[hint]}"]


def kinds(schema: Any) -> set[str]:
    """The JSON types that a schema allows."""
    kind = schema.get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def object_differences(schema: Any, hint: Any, root: Any, place: str) -> Iterator[str]:
    members = get_type_hints(hint, include_extras=True)
    # Postponed annotations hide NotRequired from __required_keys__.
    required = {name for name in hint.__required_keys__ if get_origin(members[name]) is not NotRequired}
    properties = schema.get("properties") or dict.fromkeys(schema.get("required", ()), schema["additionalProperties"])
    if set(properties) != set(members):
        yield f"{place}: members {sorted(set(properties) ^ set(members))}"
    if set(schema.get("required", ())) != required:
        yield f"{place}: required {sorted(set(schema.get('required', ())) ^ required)}"
    for name in set(properties) & set(members):
        yield from differences(properties[name], members[name], root, f"{place}/{name}")


def as_read(root: Any) -> Any:
    """The schema of a report in memory, where observations have names and not their numbers."""
    if "names" not in root.get("properties", ()):
        return root
    properties = {name: schema for name, schema in root["properties"].items() if name != "names"}
    names = {"type": "array", "items": {"type": "string"}}
    return {**root, "properties": properties, "$defs": {**root["$defs"], "names": names}}


@pytest.mark.parametrize(
    ("file", "pointer", "type_"),
    [
        ("report.schema.json", "", RunDocument),
        ("diff.schema.json", "", DiffDocument),
        ("known.schema.json", "entry", ListEntry),
    ],
)
def test_the_types_are_those_of_the_schema(file: str, pointer: str, type_: Any) -> None:
    root = as_read(data_files.schema(file))
    schema = root["$defs"][pointer] if pointer else root
    assert list(differences(schema, type_, root, type_.__name__)) == []


def test_a_difference_is_found() -> None:
    root = as_read(data_files.schema("report.schema.json"))
    verdict = {**root["$defs"]["verdict"], "required": ["id"]}
    changed = {**root, "$defs": {**root["$defs"], "verdict": verdict}}
    Draft202012Validator.check_schema(changed)
    [found] = differences(changed, RunDocument, changed, "run")
    assert found.startswith("run/verdicts[]: required ['area', ")
