"""Good exchanges with random damage: any member of the request or the answer may have any value."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from conformance.core.model import Chunk, Exchange, Request
from conformance.protocol import family
from conformance.protocol.family import load_family
from conformance.protocol.reading import Reading
from tests.judge.checks import test_models
from tests.support import wire
from tests.support.examples import anthropic_wire
from tests.support.examples import chat as chat_examples
from tests.support.examples import responses as responses_examples

HALF = "\ud800"
"""Half of a character, which JSON can write and UTF-8 cannot."""


def nested(depth: int) -> Any:
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


VALUES: tuple[Any, ...] = (
    [], {}, None, True, "", "x", -1, 0, 10**400, 10**4300 - 1, 1e308, float("nan"), float("inf"), HALF, nested(150),
    [None], [[]], [{}], {"type": []}, {HALF: 1},
)  # fmt: skip
"""Values of an unexpected type. The longest integer is the longest that Python reads."""


def good() -> dict[str, Exchange]:
    """Exchanges of all families by a name: answers, streams, lists, counts, and errors in both vendors' envelopes."""
    found = {f"chat {name}": chat_examples.exchange(document) for name, document in _of(chat_examples)}
    found |= {f"messages {name}": anthropic_wire.exchange(document) for name, document in _of(anthropic_wire)}
    found |= {f"models {name}": anthropic_wire.exchange(document) for name, document in _of(test_models)}
    found |= {
        f"responses {name}": responses_examples.exchange(*pair) for name, pair in responses_examples.BASES.items()
    }
    for name, text in (("chat_completions", wire.chat_stream()), ("messages", wire.messages_stream())):
        found[f"timed {name}"] = wire.exchange(name, text, stream=True)
    return found | dict(_errors())


def _of(module: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The documents of a module, by their names."""
    for name, value in vars(module).items():
        if isinstance(value, dict) and "answer" in value:
            yield name, value


def _errors() -> Iterator[tuple[str, Exchange]]:
    for name in family.names():
        spoken = load_family(name)
        request = Request(spoken.method, f"https://gateway.test/v1{spoken.path}", (), b'{"model": "m", "stream": true}')
        for status, document in ((400, wire.openai_error(status=400)), (429, wire.anthropic_error())):
            body = Chunk(0.5, json.dumps(document).encode())
            yield f"{name} error {status}", Exchange(name, request, status, (wire.JSON_TYPE,), (body,), seconds=0.5)


def spoiled(one: Exchange, chance: random.Random) -> Exchange:
    """The exchange with a few changes in its answer, in its request, or in both."""
    reading = Reading(one)
    streamed = reading.kind == "stream"
    came = (
        [parsed.event.data if parsed.problem else parsed.json for parsed in reading.events]
        if streamed
        else reading.json
    )
    sent, came = copy.deepcopy([reading.sent]), copy.deepcopy([came])
    if isinstance(reading.sent, dict) and chance.random() < 0.3:
        _spoil_both(sent, came, chance.choice(list(reading.sent)), chance)
    for _ in range(chance.randint(1, 4)):
        _spoil(came if chance.random() < 0.75 else sent, chance)
    names = [parsed.event.name if parsed.event.named else "" for parsed in reading.events] if streamed else []
    body = _stream(came[0], names) if streamed else json.dumps(came[0])
    request = replace(one.request, body=b"" if sent == [None] else json.dumps(sent[0]).encode())
    return replace(one, request=request, chunks=(Chunk(one.chunks[0].at, body.encode()),))


def _stream(events: Any, names: list[str]) -> str:
    listed = events if isinstance(events, list) else [events]
    named = zip(listed, [*names, *[""] * len(listed)], strict=False)
    return "".join((f"event: {name}\n" if name else "") + f"data: {_data(event)}\n\n" for event, name in named)


def _data(event: Any) -> str:
    return "[DONE]" if event == "[DONE]" else json.dumps(event)


def edited(document: Any, *edits: Callable[[Any], None]) -> Any:
    """A copy with random changes."""
    changed = copy.deepcopy(document)
    for edit in edits:
        edit(changed)
    return changed


def _spoil(document: list[Any], chance: random.Random) -> None:
    """One change at a random place: another value or name, or a removed or repeated member."""
    found = list(_places(document))
    parent, key = chance.choice(found)
    way = chance.random()
    if way < 0.8 or parent is document:
        parent[key] = copy.deepcopy(chance.choice(VALUES))
    elif way < 0.9:
        del parent[key]
    elif isinstance(parent, dict):
        parent[HALF] = parent.pop(key)
    else:
        parent.insert(chance.randrange(len(parent) + 1), copy.deepcopy(parent[key]))


def _spoil_both(sent: list[Any], came: list[Any], name: str, chance: random.Random) -> None:
    """Makes the request and the answer odd, because they are compared."""
    for document in (sent, came):
        value = chance.choice(VALUES)
        for parent, key in _places(document):
            if key == name:
                parent[key] = copy.deepcopy(value)


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Every (parent, key) in a document."""
    for key, member in list(document.items() if isinstance(document, dict) else enumerate(document)):
        yield document, key
        if isinstance(member, dict | list):
            yield from _places(member)
