"""Which rule (`x-rule`) a violation of a schema breaks, with schemas made for these tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.core import data_files
from conformance.protocol import schema_check

Judge = Callable[..., list[tuple[str, str | None]]]

ITEM = {
    "x-rule": "t.item",
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"x-rule": "t.item.id", "type": "string"}, "size": {"type": "integer", "minimum": 1}},
}
ROOT: dict[str, Any] = {
    "x-rule": "t.root",
    "type": "object",
    "required": ["name", "plain", "linked"],
    "properties": {
        "name": {"x-rule": "t.name", "type": "string"},
        "plain": {"type": "string"},
        "linked": {"$ref": "#/$defs/linked"},
        "near": {"$ref": "#/$defs/near"},
        "far": {"$ref": "../other/item.json#/$defs/item"},
        "items": {"x-rule": "t.items", "type": "array", "items": {"$ref": "../other/item.json#/$defs/item"}},
        "a/b": {"x-rule": "t.slash", "type": "null"},
        "either": {"x-rule": "t.either", "anyOf": [{"type": "string"}, {"type": "null"}]},
        "all": {"x-rule": "t.all", "allOf": [{"x-rule": "t.all.first", "type": "string"}, {"minLength": 2}]},
        "level": {"x-rule": "t.level", "enum": ["low", "high"]},
        "one": {"x-rule": "t.one", "const": 1},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/part"}},
        "strict": {
            "x-rule": "t.strict",
            "type": "object",
            "discriminator": {"propertyName": "type", "mapping": {"text": "#/$defs/text"}},
        },
    },
    "$defs": {
        "linked": {"x-rule": "t.linked", "type": "integer"},
        "near": {"$ref": "#/$defs/linked"},
        "part": {
            "x-rule": "t.part",
            "type": "object",
            "discriminator": {
                "propertyName": "type",
                "mapping": {"text": "#/$defs/text", "item": "../other/item.json#/$defs/item"},
                "x-unknown": "t.part.unknown",
            },
        },
        "text": {"required": ["text"], "properties": {"text": {"x-rule": "t.text", "type": "string"}}},
    },
}
GOOD = {"name": "n", "plain": "p", "linked": 1}


@pytest.fixture
def judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judge]:
    """A function from changes of GOOD to the broken rules, as (rule, pointer), with ROOT as the schema."""
    for path, schema in (("mine/root.json", ROOT), ("other/item.json", {"$defs": {"item": ITEM}})):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(json.dumps(schema))
    monkeypatch.setattr(data_files, "folder", lambda _name: tmp_path)

    def found(changes: dict[str, Any], without: str = "", **where: Any) -> list[tuple[str, str | None]]:
        document = {key: value for key, value in {**GOOD, **changes}.items() if key != without}
        breaches = schema_check.breaches("mine/root.json", document, **where)
        return [(breach.rule, breach.where.pointer) for breach in breaches]

    yield from _without_caches(found)


def _without_caches(found: Judge) -> Iterator[Judge]:
    for cache in (data_files.schema, schema_check._files, schema_check._schema):
        cache.cache_clear()
    yield found
    for cache in (data_files.schema, schema_check._files, schema_check._schema):
        cache.cache_clear()


def test_a_good_document_breaks_nothing(judge: Judge) -> None:
    assert judge({}) == []


@pytest.mark.parametrize(
    ("changes", "rule", "pointer"),
    [
        ({"name": 1}, "t.name", "/name"),
        ({"plain": 1}, "t.root", "/plain"),
        ({"linked": "x"}, "t.linked", "/linked"),
        ({"near": "x"}, "t.linked", "/near"),
        ({"a/b": 1}, "t.slash", "/a~1b"),
        ({"either": 1}, "t.either", "/either"),
        ({"all": 1}, "t.all.first", "/all"),
        ({"all": "x"}, "t.all", "/all"),
        ({"level": "mid"}, "t.level", "/level"),
        ({"one": 2}, "t.one", "/one"),
        ({"far": []}, "t.item", "/far"),
        ({"far": {"id": 1}}, "t.item.id", "/far/id"),
        ({"far": {"id": "i", "size": 0}}, "t.item", "/far/size"),
        ({"items": {}}, "t.items", "/items"),
        ({"items": [{"id": "i"}, {"id": 2}]}, "t.item.id", "/items/1/id"),
        ({"parts": [{"type": "text", "text": 1}]}, "t.text", "/parts/0/text"),
        ({"parts": [{"type": "item", "id": 1}]}, "t.item.id", "/parts/0/id"),
        ({"parts": [{"type": "new"}]}, "t.part.unknown", "/parts/0"),
        ({"parts": [[]]}, "t.part", "/parts/0"),
        ({"strict": {"type": "text", "text": 1}}, "t.text", "/strict/text"),
    ],
)
def test_the_innermost_rule_counts(judge: Judge, changes: dict[str, Any], rule: str, pointer: str) -> None:
    assert judge(changes) == [(rule, pointer)]


def test_a_missing_property_breaks_its_own_rule(judge: Judge) -> None:
    assert judge({}, without="name") == [("t.name", "/name")]
    assert judge({"far": {}}) == [("t.item.id", "/far/id")]
    assert judge({"parts": [{"type": "text"}]}) == [("t.text", "/parts/0/text")]


def test_a_missing_property_without_a_rule_breaks_that_of_its_object(judge: Judge) -> None:
    assert judge({}, without="plain") == [("t.root", "/plain")]


def test_a_missing_property_breaks_the_rule_that_its_reference_leads_to(judge: Judge) -> None:
    assert judge({}, without="linked") == [("t.linked", "/linked")]


def test_each_missing_property_is_reported(judge: Judge) -> None:
    breaches = schema_check.breaches("mine/root.json", {})
    assert {breach.where.pointer for breach in breaches} == {"/name", "/plain", "/linked"}


def test_a_value_that_no_branch_is_for_is_accepted(judge: Judge) -> None:
    assert judge({"strict": {"type": "new"}}) == []
    assert judge({"parts": [{"type": 7}, {}]}) == []


def test_where_the_document_stands(judge: Judge) -> None:
    (breach,) = schema_check.breaches("mine/root.json", {**GOOD, "name": 1}, event=4, at="/response")
    assert (breach.where.pointer, breach.where.event) == ("/response/name", 4)


def test_a_fragment_of_a_schema(judge: Judge) -> None:
    (breach,) = schema_check.breaches("other/item.json#/$defs/item", {"id": 1})
    assert (breach.rule, breach.expected, breach.got) == ("t.item.id", "string", "1")


def test_a_schema_without_a_rule_is_a_mistake_of_the_suite(judge: Judge) -> None:
    (breach,) = schema_check.breaches("mine/root.json#/$defs/text", {})
    assert breach.rule == "t.text"
    (other,) = schema_check.breaches("mine/root.json#/properties/plain", 1)
    assert other.rule == schema_check.NO_RULE


def test_values_are_shown_short() -> None:
    assert schema_check.show({"a": "é"}) == '{"a": "é"}'
    assert len(schema_check.show("x" * 1000)) == 120


def test_a_cached_result_only_applies_to_the_same_outline(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invalid documents are still found after valid ones, and the number of cached outlines is limited."""
    right: list[dict[str, Any]] = [
        {}, {"level": "low"}, {"one": 1}, {"all": "xx"}, {"far": {"id": "i", "size": 1}}, {"either": None},
        {"parts": [{"type": "text", "text": "t"}]}, {"a/b": None},
    ]  # fmt: skip
    wrong: list[dict[str, Any]] = [
        {"name": None}, {"level": "mid"}, {"one": 2}, {"one": True}, {"all": "x"}, {"far": {"id": "i", "size": 0}},
        {"far": {"id": "i", "size": 1.5}}, {"either": False}, {"parts": [{"type": "text", "text": 1}]}, {"a/b": 0},
        {"parts": [{"type": "new"}]}, {"far": {"size": 1}},
    ]  # fmt: skip
    for _ in range(2):
        assert [judge(changes) for changes in right] == [[]] * len(right)
        assert all(judge(changes) for changes in wrong)
    known = schema_check._schema("mine/root.json").known
    assert len(known) == len(right) + len(wrong)
    monkeypatch.setattr(schema_check, "MAX_SIGNATURES", len(known))
    assert judge({"more": [1, 2]}) == []
    assert len(known) == len(right) + len(wrong)
    assert judge({"more": [0] * schema_check.MAX_TOKENS}) == []


def test_the_outline_of_a_large_document_is_not_kept(judge: Judge) -> None:
    assert judge({"more": [0] * schema_check.MAX_TOKENS}) == []
    assert not schema_check._schema("mine/root.json").known


def test_many_violations_are_not_kept(judge: Judge) -> None:
    parts = [{"type": "text", "text": 1}] * (schema_check.MAX_KEPT + 1)
    assert len(judge({"parts": parts})) == len(parts)
    assert not schema_check._schema("mine/root.json").known


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ({"parts": [{"type": "some"}]}, {"parts": [{"type": "else"}]}, '"else"'),
        ({"name": 3.5}, {"name": 4.5}, "4.5"),
        ({"parts": [{"type": "text", "text": [8]}]}, {"parts": [{"type": "text", "text": [9]}]}, "[9]"),
    ],
)
def test_a_kept_violation_shows_the_value_of_each_document(
    judge: Judge, first: dict[str, Any], second: dict[str, Any], shown: str
) -> None:
    assert judge(first) == judge(second)
    assert len(schema_check._schema("mine/root.json").known) == 1
    (breach,) = schema_check.breaches("mine/root.json", {**GOOD, **second})
    assert breach.got == shown
