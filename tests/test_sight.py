"""What schemas see of a document, and that sparing the validation of what looks alike changes no finding."""

from __future__ import annotations

import random
from collections.abc import Hashable, Iterator
from typing import Any

import pytest

from benchmarks import streams
from conformance import family, shape, sight
from conformance.model import Breach
from conformance.reading import Reading
from conformance.sight import Sight

SCHEMA = {
    "properties": {
        "type": {"enum": ["red", "green"]},
        "name": {"type": "string", "minLength": 2},
        "size": {"type": "integer", "minimum": 1, "maximum": 10},
    }
}
STRANGE: list[Any] = [None, True, False, 0, 1, -1, 1.0, 0.5, 2**70, "", "x", "error", [], [1], {}, {"type": "text"}]


def outline(document: Any) -> Hashable:
    seen = sight.of([SCHEMA])
    assert isinstance(seen, Sight)
    return seen.outline(document)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"name": "Anna"}, {"name": "Otto"}),
        ({"size": 3}, {"size": 9}),
        ({"size": 11}, {"size": 12}),
        ({"other": [0.5, {"a": None}]}, {"other": [0.25, {"a": None}]}),
    ],
)
def test_what_looks_alike(one: Any, other: Any) -> None:
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
def test_what_looks_different(one: Any, other: Any) -> None:
    assert outline(one) != outline(other)


@pytest.mark.parametrize("keyword", [{"pattern": "^a"}, {"format": "uri"}, {"multipleOf": 2}, {"uniqueItems": True}])
def test_schemas_that_look_closer_are_not_spared(keyword: dict[str, Any]) -> None:
    assert sight.of([{"properties": {"a": keyword}}]) is None


def test_a_property_may_be_called_as_a_keyword_is() -> None:
    assert sight.of([{"properties": {"format": {"type": "object"}}}]) is not None


def test_what_is_nested_too_deeply_is_validated() -> None:
    document: dict[str, Any] = {}
    for _ in range(100_000):
        document = {"a": document}
    event = {"type": "message_stop", "more": document}
    assert list(shape.breaches_of_events(family.load("messages").event, [(1, event), (2, event)])) == []


@pytest.mark.parametrize("name", list(streams.FAMILIES))
def test_no_finding_is_lost(name: str) -> None:
    schema = family.load(name).event
    documents = list(enumerate(damaged(name), 1))
    one_by_one = [breach for number, document in documents for breach in shape.breaches(schema, document, number)]
    assert one_by_one
    found = list(shape.breaches_of_events(schema, documents))
    assert {_told(breach) for breach in found} == {_told(breach) for breach in one_by_one}
    assert [breach for breach in one_by_one if breach in found] == found, "in the same order, and nothing made up"


def _told(breach: Breach) -> tuple[str, str, str | None]:
    """What a breach says whichever event it was first seen in; of many alike only some are told."""
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
