"""Shapes: the members, required members and values that schemas name, and the branches that a document selects."""

from __future__ import annotations

import pytest

from conformance.core.model import JSON
from conformance.protocol import schema_refs
from conformance.protocol.family import load_family, names
from conformance.protocol.schema_shape import Shape, load_shape


def member(shape: Shape | None, name: str) -> Shape:
    assert shape is not None
    found = shape.member(name)
    assert found is not None
    return found


def test_references_and_all_of_are_joined() -> None:
    usage = member(load_shape("messages/response.schema.json"), "usage")
    assert usage.member("cache_read_input_tokens") is not None
    assert usage.member("unheard_of") is None
    assert usage.required("input_tokens") == "messages.usage.object"
    assert usage.required("cache_read_input_tokens") == ""


def test_a_discriminator_selects_a_branch() -> None:
    block = member(load_shape("messages/response.schema.json"), "content").items()
    assert block is not None
    text = block.of({"type": "text"})
    assert (text.kind, text.member("text") is not None, text.member("input")) == ("[type=text]", True, None)
    assert block.of({"type": "tool_use"}).member("input") is not None
    unheard = block.of({"type": "unheard_of"})
    assert (unheard.kind, unheard.is_undecided({"type": "unheard_of"})) == ("", True)


def test_an_if_selects_a_branch() -> None:
    event = load_shape("chat_completions/event.schema.json")
    chunk, error = event.of({"choices": []}), event.of({"error": {"message": "no"}})
    assert (chunk.required("choices"), error.required("choices")) == ("chat.chunk.choices", "")
    assert (chunk.member("error"), error.member("error") is not None) == (None, True)


@pytest.mark.parametrize(("status", "nullable"), [("failed", False), ("completed", True)])
def test_a_condition_is_decided_by_the_document(status: str, nullable: bool) -> None:
    found = load_shape("responses/response.schema.json").of({"status": status})
    types = [spot.schema.get("type") for spot in member(found, "error").spots]
    assert ("null" in types) == nullable


def test_a_pattern_names_members() -> None:
    usage = member(load_shape("chat_completions/response.schema.json"), "usage")
    details = member(usage, "prompt_tokens_details")
    assert details.member("cached_tokens") is not None
    assert details.member("note") is None


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("messages/response.schema.json", ["content", "tool_use", "input"]),
        ("responses/response.schema.json", ["metadata"]),
    ],
)
def test_arguments_and_metadata_are_not_records(path: str, pointer: list[str]) -> None:
    shape: Shape | None = load_shape(path)
    for name in pointer:
        assert shape is not None
        items = shape.items()
        shape = items.of({"type": name}) if items else shape.member(name)
    assert shape is not None
    assert not shape.is_record


def test_listed_values() -> None:
    choice = member(load_shape("chat_completions/response.schema.json"), "choices").items()
    [(spot, values)] = member(choice, "finish_reason").values
    assert {"stop", "length"} <= values
    assert spot.rule == "chat.choice.finish-reason-known"


@pytest.mark.parametrize("name", names())
def test_every_schema_has_a_shape_and_its_spots_are_places(name: str) -> None:
    family = load_family(name)
    for path in filter(None, (family.response, family.event, family.error)):
        waiting: list[tuple[Shape, int]] = [(load_shape(path), 0)]
        while waiting:
            shape, depth = waiting.pop()
            places: list[JSON] = [schema_refs.place(spot.path).schema for spot in shape.spots]
            assert all(isinstance(place, dict) for place in places)
            if depth < 4:
                below = [shape.items(), *(shape.member(each) for each in shape.names_of_members)]
                waiting += [(found, depth + 1) for found in below if found is not None]
