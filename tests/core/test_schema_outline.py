"""Schema outlines: documents with the same outline share a validation result, without changing findings."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from benchmarks import streams
from conformance.core import data_files
from conformance.core.model import Breach
from conformance.core.schema_outline import SchemaOutline, build_outline
from conformance.protocol import schema_check
from conformance.protocol.family import load_family
from conformance.protocol.reading import Reading

SCHEMA = {
    "properties": {
        "type": {"enum": ["red", "green"]},
        "name": {"type": "string", "minLength": 2},
        "size": {"type": "integer", "minimum": 1, "maximum": 10},
    }
}
STRANGE: list[Any] = [None, True, False, 0, 1, -1, 1.0, 0.5, 2**70, "", "x", "error", [], [1], {}, {"type": "text"}]


def outline(document: Any) -> Hashable:
    seen = build_outline([SCHEMA])
    assert isinstance(seen, SchemaOutline)
    return seen.signature(document)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Anna"}, {"name": "Otto"}),
        ({"size": 3}, {"size": 9}),
        ({"size": 11}, {"size": 12}),
        ({"other": [0.5, {"a": None}]}, {"other": [0.25, {"a": None}]}),
    ],
)
def test_documents_with_equal_outlines(one: Any, other: Any) -> None:
    assert outline(one) == outline(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"type": "red"}, {"type": "green"}),
        ({"type": "red"}, {"type": "blue"}),
        ({"name": "A"}, {"name": "Anna"}),
        ({"size": 1}, {"size": 0}),
        ({"size": 10}, {"size": 11}),
        ({"size": 3}, {"size": 3.5}),
        ({"size": 1}, {"size": True}),
        ({"size": 0}, {"size": False}),
        ({"size": "3"}, {"size": 3}),
        ({"a": [1]}, {"a": [1, 1]}),
        ({"a": {}}, {"a": []}),
        ({"a": None}, {"b": None}),
        (["{"], {}),
        ("{", {}),
    ],
)
def test_documents_with_different_outlines(one: Any, other: Any) -> None:
    assert outline(one) != outline(other)


ALIKE: dict[str, Any] = {
    "type": [{"type": kind} for kind in ("null", "boolean", "integer", "number", "string", "array", "object")],
    "const": [{"const": value} for value in (None, False, 0, 3, 2.5, "aaa", [], [1, "a"], {"a": 1, "b": [2]})],
    "enum": [{"enum": [1, "aa", True, [3], {"a": "aa"}]}, {"enum": [0, None, "", {}]}],
    "minimum": [{"minimum": 3}, {"minimum": 2.5}],
    "maximum": [{"maximum": 3}, {"maximum": 2.5}],
    "exclusiveMinimum": [{"exclusiveMinimum": 3}],
    "exclusiveMaximum": [{"exclusiveMaximum": 3}],
    "minLength": [{"minLength": 3}, {"minLength": 1, "maxLength": 2}],
    "maxLength": [{"maxLength": 3}, {"maxLength": 0}],
    "minItems": [{"minItems": 2}],
    "maxItems": [{"maxItems": 2}],
    "items": [{"items": {"minimum": 2}}, {"items": False}],
    "prefixItems": [{"prefixItems": [{"const": 1}, {"type": "string"}]}],
    "contains": [{"contains": {"const": 2}}, {"contains": {"maxLength": 1}, "minContains": 2}],
    "required": [{"required": ["a"]}],
    "properties": [{"properties": {"a": {"maximum": 1}, "b": False}}],
    "additionalProperties": [{"properties": {"a": True}, "additionalProperties": {"maxLength": 2}}],
    "pattern": [{"pattern": "^a+$"}, {"pattern": "bb"}],
    "patternProperties": [{"patternProperties": {"^a": {"type": "integer"}}}],
    "propertyNames": [{"propertyNames": {"maxLength": 1}}],
    "minProperties": [{"minProperties": 2}],
    "maxProperties": [{"maxProperties": 1}],
    "dependentRequired": [{"dependentRequired": {"a": ["b"]}}],
    "anyOf": [{"anyOf": [{"type": "string", "maxLength": 1}, {"type": "number", "minimum": 7}]}],
    "oneOf": [{"oneOf": [{"minimum": 2}, {"maximum": 3}]}],
    "allOf": [{"allOf": [{"minimum": 2}, {"maximum": 3}]}],
    "not": [{"not": {"maxLength": 2}}],
    "if": [{"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}, "else": {"maxProperties": 1}}],
}
"""Example schemas for each keyword."""
CLOSER = ("format", "multipleOf", "uniqueItems")
"""Keywords that look at more than an outline contains, so that documents are always validated."""
SAID = ("$schema", "$id", "$comment", "$defs", "$ref", "title", "description", "default", "examples", "deprecated",
        "x-rule", "x-unknown", "discriminator", "then", "else", "minContains", "maxContains")  # fmt: skip
"""Keywords that do not validate anything by themselves."""

NUMBERS = [-1, 0, 1, 1.5, 2, 2.5, 3, 3.0, 3.5, 4, 7, 10**400, 1e308]
TEXTS = ["a" * length for length in range(6)] + ["b" * length for length in range(1, 6)]
PLAIN: list[Any] = [None, True, False, *NUMBERS, *TEXTS]
LISTS = [[], *([one] for one in PLAIN), [1, "a"], ["a", 1], [2, 2], ["a", "a"], ["a", "aa"], [1, 2, 3], [[1]], [{}]]
NAMES = (
    {},
    {"c": 1},
    {"aa": 1},
    {"aa": "x"},
    {"b": 1, "a": 1},
    {"b": [2], "a": 1},
    {"a": 1, "b": [2]},
    {"a": 1, "b": [3]},
)
ANY: list[Any] = [*PLAIN, *LISTS, *NAMES, *({name: one} for one in PLAIN for name in ("a", "b"))]


@pytest.mark.parametrize("keyword", ALIKE)
def test_documents_with_equal_outlines_have_the_same_validity(keyword: str) -> None:
    for schema in ALIKE[keyword]:
        seen = build_outline([schema])
        assert isinstance(seen, SchemaOutline)
        found: dict[Hashable, dict[bool, Any]] = {}
        for value in ANY:
            found.setdefault(seen.signature(value), {})[Draft202012Validator(schema).is_valid(value)] = value
        assert {right for verdicts in found.values() for right in verdicts} == {True, False}
        assert [verdicts for verdicts in found.values() if len(verdicts) > 1] == []


def test_every_keyword_of_the_schemas_is_handled() -> None:
    used = {
        name
        for path in data_files.folder("schemas").glob("*/*.schema.json")
        for name in keywords(data_files.schema(_file(path)))
    }
    assert used > {"type", "enum", "minLength", "maxLength"}
    assert used <= {*ALIKE, *CLOSER, *SAID}


def _file(path: Path) -> str:
    return path.relative_to(data_files.folder("schemas")).as_posix()


def keywords(schema: Any) -> Iterator[str]:
    """The keywords of a schema and of those in it; what a `properties` holds are names, and no keywords."""
    if not isinstance(schema, dict):
        return
    yield from schema
    for name in ("properties", "$defs", "patternProperties"):
        for part in schema.get(name, {}).values():
            yield from keywords(part)
    for name in ("items", "not", "if", "then", "else", "additionalProperties", "propertyNames", "contains"):
        yield from keywords(schema.get(name))
    for name in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for part in schema.get(name, ()):
            yield from keywords(part)


@pytest.mark.parametrize("keyword", [{"format": "uri"}, {"multipleOf": 2}, {"uniqueItems": True}])
def test_schemas_with_closer_keywords_have_no_outline(keyword: dict[str, Any]) -> None:
    assert build_outline([{"properties": {"a": keyword}}]) is None


def test_a_property_may_be_called_as_a_keyword_is() -> None:
    assert build_outline([{"properties": {"format": {"type": "object"}}}]) is not None


def test_deeply_nested_documents_are_always_validated() -> None:
    document: dict[str, Any] = {}
    for _ in range(100_000):
        document = {"a": document}
    event = {"type": "message_stop", "more": document}
    assert list(schema_check.breaches_of_events(load_family("messages").event, [(1, event), (2, event)])) == []


@pytest.mark.parametrize("name", list(streams.FAMILIES))
def test_no_finding_is_lost(name: str) -> None:
    schema = load_family(name).event
    documents = list(enumerate(damaged(name), 1))
    one_by_one = [
        breach for number, document in documents for breach in schema_check.breaches(schema, document, number)
    ]
    assert one_by_one
    found = list(schema_check.breaches_of_events(schema, documents))
    assert {_told(breach) for breach in found} == {_told(breach) for breach in one_by_one}
    assert [breach for breach in one_by_one if breach in found] == found, "the same findings, in the same order"


@pytest.mark.parametrize("name", list(streams.FAMILIES))
def test_kept_violations_are_those_that_validation_finds(name: str) -> None:
    """The same breaches, with the same texts, whether a similar document was validated before or not."""
    path = load_family(name).event
    schema = schema_check._schema(path)
    for document in damaged(name):
        warm = list(schema_check.breaches(path, document))
        fresh = dataclasses.replace(schema, known={})
        found = fresh.violations(document, None)
        assert warm == [violation.breach(document, None, "") for violation in found]


def _told(breach: Breach) -> tuple[str, str, str | None]:
    """The parts of a breach that do not depend on its first event; only some of many equal breaches are reported."""
    return breach.rule, breach.expected, breach.where.pointer


def damaged(name: str) -> Iterator[Any]:
    """Good events, and as many with one value changed."""
    chance = random.Random(7)
    for document in Reading(streams.FAMILIES[name](250)).documents:
        yield document
        yield changed(document, chance)


def changed(document: Any, chance: random.Random) -> Any:
    if not document or not isinstance(document, dict | list) or chance.random() < 0.2:
        return chance.choice(STRANGE)
    if isinstance(document, list):
        return [changed(document[0], chance), *document[1:]]
    name = chance.choice(list(document))
    return {**document, name: changed(document[name], chance)}
