"""Proposed patches of the schemas: they name the unknown, fit the schema files, and forbid nothing."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.analysis.drift import learn
from conformance.analysis.drift.tally import Tally, count
from conformance.core import data_files
from conformance.core.model import Exchange
from conformance.judge import contract
from conformance.protocol import schema_check, schema_shape
from conformance.records.jsonl import read_jsonl
from tests.support.paths import TRAFFIC
from tests.support.wire import (
    CHAT,
    MESSAGES,
    chat_answer,
    chat_events,
    exchange,
    messages_answer,
    messages_events,
    named,
    unnamed,
)


def tally_of(*found: Exchange) -> Tally:
    return count((f"#{number}", one) for number, one in enumerate(found))


def novel_answer() -> dict[str, Any]:
    usage = {**messages_answer()["usage"], "novel_tokens": 1}
    content = [{"type": "text", "text": "Hi", "novelty": None}, {"type": "novel_block", "x": 1}]
    return {**messages_answer(), "usage": usage, "content": content}


NOVEL = (
    exchange(MESSAGES, novel_answer()),
    exchange(MESSAGES, {**messages_answer(), "stop_reason": "novel_reason"}),
    exchange(MESSAGES, named([*messages_events()[:-1], {"type": "novel/event"}, messages_events()[-1]]), stream=True),
    exchange(CHAT, {**chat_answer(), "usage": {**chat_answer()["usage"], "prompt_tokens_details": {"novelty": 1}}}),
    exchange(
        CHAT, unnamed([{**chat_events()[0], "novelty": "x"}, *chat_events()[1:]]) + "data: [DONE]\n\n", stream=True
    ),
)


def applied(patches: dict[str, list[Any]]) -> dict[str, Any]:
    """The patched schema files. Only `add` is needed of RFC 6902; a missing parent raises KeyError."""
    files = {}
    for file, operations in patches.items():
        document = files[file] = copy.deepcopy(data_files.schema(file))
        for operation in operations:
            assert operation["op"] == "add"
            *parents, last = (token.replace("~1", "/").replace("~0", "~") for token in operation["path"].split("/")[1:])
            place = document
            for token in parents:
                place = place[int(token) if isinstance(place, list) else token]
            if isinstance(place, list):
                assert last == "-"
                place.append(operation["value"])
            else:
                assert last not in place
                place[last] = operation["value"]
    return files


@pytest.fixture
def patch_schemas(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    caches = (schema_check._schema, schema_check._files, schema_shape.load_shape)

    def use(files: dict[str, Any]) -> None:
        own = data_files.schema
        monkeypatch.setattr(data_files, "schema", lambda path: files[path] if path in files else own(path))
        for cached in caches:
            cached.cache_clear()

    yield use
    monkeypatch.undo()
    for cached in caches:
        cached.cache_clear()


def breaches(*found: Exchange) -> list[Any]:
    return [(finding.rule, finding.where) for one in found for finding in contract.findings(one)]


def test_what_the_schemas_know_is_not_proposed() -> None:
    known = tally_of(exchange(MESSAGES, messages_answer()), exchange(MESSAGES, named(messages_events()), stream=True))
    assert learn.proposals(known) == []


def test_everything_unknown_is_proposed_with_its_share() -> None:
    found = learn.proposals(tally_of(*NOVEL))
    assert {(one.trait.aspect, one.trait.pointer or one.trait.event, one.trait.name) for one in found} == {
        ("field", "/usage/novel_tokens", ""),
        ("field", "/content/*[type=text]/novelty", ""),
        ("value", "/content/*/type", "novel_block"),
        ("value", "/stop_reason", "novel_reason"),
        ("event", "novel/event", ""),
        ("field", "/usage/prompt_tokens_details/novelty", ""),
        ("field", "/novelty", ""),
    }
    [tokens] = [one for one in found if one.trait.pointer == "/usage/novel_tokens"]
    assert (tokens.hits, tokens.trials, tokens.example.name) == (1, 2, "#0")
    assert tokens.operations == (
        {
            "op": "add",
            "path": "/$defs/usage/properties/novel_tokens",
            "value": {"description": "Seen in 1 of 2 exchanges, as integer."},
        },
    )


def test_values_that_a_must_rule_forbids_are_not_proposed() -> None:
    choice = {**chat_answer()["choices"][0], "finish_reason": "end_turn"}
    assert learn.proposals(tally_of(exchange(CHAT, {**chat_answer(), "choices": [choice]}))) == []
    assert learn.proposals(tally_of(exchange(CHAT, {**chat_answer(), "object": "novel"}))) == []


def test_events_without_a_type_are_not_proposed() -> None:
    odd = "".join(f"data: {data}\n\n" for data in ("[DONE]", "[1]", '{"x": 1}', '{"type": 7}'))
    assert learn.proposals(tally_of(exchange(MESSAGES, named(messages_events()) + odd, stream=True))) == []


def test_a_patched_schema_knows_it_and_forbids_nothing(patch_schemas: Any) -> None:
    before = breaches(*NOVEL)
    patch_schemas(applied(learn.patches(learn.proposals(tally_of(*NOVEL)))))
    [below] = learn.proposals(tally_of(*NOVEL))  # a member of the block, which is known now
    assert below.trait.pointer == "/content/*[type=novel_block]/x"
    after = breaches(*NOVEL)
    assert set(after) <= set(before)
    assert not [rule for rule, _ in after if rule == schema_check.NO_RULE]


@pytest.mark.skipif(not TRAFFIC.is_file(), reason="the recorded traffic is not here")
def test_patches_from_official_traffic_can_be_applied(patch_schemas: Any) -> None:
    exchanges = list(read_jsonl(TRAFFIC))
    found = learn.proposals(count(exchanges))
    assert {one.trait.pointer for one in found} >= {"/moderation", "/output/*[type=message]/phase", "/tool_usage"}
    patches = learn.patches(found)
    assert json.loads(json.dumps(patches)) == patches
    patch_schemas(applied(patches))
    assert learn.proposals(count(exchanges)) == []
    assert [one for _, each in exchanges for one in contract.findings(each) if one.level == "must"] == []
