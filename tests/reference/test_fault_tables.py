"""The YAML tables of faults and variations: what they can say, and the errors for wrong ones."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.core import data_files as data
from conformance.core.model import JSON
from conformance.core.yaml_input import InputError, parse
from conformance.reference import faults, tables, variations
from conformance.reference.changes.answers import on_json
from conformance.reference.changes.asked import FACTS
from conformance.reference.changes.flows import on_events
from conformance.reference.changes.frames import event, frames, typed
from conformance.reference.faults import FAULTS, Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import whole
from conformance.reference.variations import VARIATIONS
from conformance.reference.vocabulary import Node, NodeError, change
from conformance.reference.vocabulary.edits import EDITS, VALUES, edits
from conformance.reference.vocabulary.steps import KINDS, STEPS, WRITES
from conformance.reference.vocabulary.streams import EVENTS, FLOWS, FRAMES, WHOLE, flow

SCHEMA = data.schema("fault.schema.json")
FOLDERS = [Path(folder) for package in (faults, variations) for folder in package.__path__]
TABLES = [path for folder in FOLDERS for path in sorted(folder.rglob("*.yaml"))]

FIVE_LINES = """\
family: chat_completions
cases: chat_completions/text/system-and-user[stream=false]
faults:
  - id: chat-id-empty
    sentence: The id of a completion is an empty string.
    rules: [chat.id]
    answer: [{put: [/id, ""]}]
"""


def asked(body: JSON = None) -> Call:
    return Call("POST", "/v1/chat/completions", b"/v1/chat/completions", body=json.dumps(body).encode())


def answered(step: Any, answer: Answer, body: JSON = None) -> tuple[Answer, bytes]:
    """The changed answer and its whole body."""

    async def answering(_call: Call) -> Answer:
        return answer

    async def run() -> tuple[Answer, bytes]:
        given = await step(answering)(asked(body))
        return given, b"".join([piece async for piece in given.body])

    return asyncio.run(run())


def document(value: JSON) -> Answer:
    return Answer(200, (("content-type", "application/json"),), whole(json.dumps(value).encode()))


def stream(*events: JSON) -> Answer:
    raw = b"".join((typed(each) if isinstance(each, dict) else event(each)).raw for each in events)
    return Answer(200, (("content-type", "text/event-stream"),), whole(raw))


def streamed(given: bytes) -> list[str]:
    """The events of a stream, each as its type or, without one, as its data."""

    async def body() -> AsyncIterator[bytes]:
        yield given

    async def read() -> list[str]:
        return [frame.type or frame.data or frame.raw.decode() async for frame in frames(body())]

    return asyncio.run(read())


@pytest.mark.parametrize("path", TABLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_table_is_valid(path: Path) -> None:
    Draft202012Validator(SCHEMA).validate(parse(path).value)
    assert path.read_text("utf-8").startswith("# yaml-language-server: $schema=../../../../schemas/fault.schema.json\n")


def test_the_schema_knows_the_words() -> None:
    defined = SCHEMA["$defs"]
    beside = {"with", "as", "until", "seconds", "cut", "by"}
    assert defined["edit"]["properties"].keys() == EDITS.keys()
    assert set(defined["edit"]["properties"]["convert"]["prefixItems"][1]["enum"]) == VALUES.keys()
    assert set(defined["event"]["enum"]) == EVENTS.keys()
    assert defined["frames"]["items"]["properties"].keys() == FRAMES.keys()
    assert defined["step_of_events"]["properties"].keys() - beside == FLOWS.keys()
    assert set(defined["flow"]["anyOf"][0]["enum"]) == WHOLE.keys()
    assert set(defined["of"]["enum"]) == KINDS.keys()
    assert defined["change"]["properties"].keys() - {"when"} == STEPS.keys()
    assert defined["change"]["properties"]["writes"]["properties"].keys() - {"of"} == WRITES.keys()


def test_most_faults_are_in_tables() -> None:
    assert sum(path.read_text("utf-8").count("  - id: ") for path in TABLES) > 1000


def test_entries_are_in_the_order_of_family_and_id() -> None:
    for families in (
        [(one.family, one.id) for one in FAULTS.values()],
        [(one.family, one.id) for one in VARIATIONS.values()],
    ):
        assert families == sorted(families)


def test_a_fault_is_a_few_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(FIVE_LINES)
    (fault,) = tables.table(path, "faults", Fault)
    assert (fault.id, fault.family, fault.rules) == ("chat-id-empty", "chat_completions", ("chat.id",))
    assert fault.cases == "chat_completions/text/system-and-user[stream=false]"
    assert json.loads(answered(fault.apply, document({"id": "chatcmpl-1"}))[1]) == {"id": ""}


def test_an_id_is_used_once(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(FIVE_LINES)
    with pytest.raises(ValueError, match="an id of faults is used twice: chat-id-empty"):
        tables.collected("none", [str(tmp_path)], "faults", Fault)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("put: [/id", "putt: [/id", ":7: unknown key or word 'putt'; known are put, replace, drop, rename"),
        ("put: [/id", "put: [id", ":7: a JSON Pointer starts with a slash, not 'id'"),
        ('put: [/id, ""]', "put: [/id]", ":7: 2 arguments are expected here, not 1"),
        ('put: [/id, ""]', "convert: [/id, none]", ":7: unknown key or word 'none'; known are text, json_text"),
        ('[{put: [/id, ""]}]', "/id", ":7: a list is expected here, not '/id'"),
        ("answer:", "anwser:", ":7: unknown key or word 'anwser'; known are request, answer"),
        ("sentence:", "sentense:", ":4: 'sentence' is missing"),
        ("rules: [chat.id]", "rules: [1]", ":6: a text is expected here, not 1"),
        ("    answer:", "    when: {tools: true}\n#", ":4: there is no change, such as `answer`"),
        ("    answer:", "    when: {tool: true}\n    answer:", ":7: unknown key or word 'tool'; known are stream"),
        ("family:", "famly:", ":1: unknown key 'famly'; known are id, family, sentence"),
        ("faults:", "fault:", ":1: the list 'faults' is missing"),
        ("answer: [{put", "stream: [{edit", ":7: 'edit' needs 'with' beside it"),
        (
            'answer: [{put: [/id, ""]}]',
            "stream: [{lose: {typ: ping}}]",
            ":7: unknown key 'typ'; known are type, having",
        ),
        ('answer: [{put: [/id, ""]}]', "stream: [{loose: done}]", ":7: a change of a stream is expected here: edit, "),
        ('answer: [{put: [/id, ""]}]', "stream: [{lose: done, with: []}]", ":7: unknown key 'with' beside 'lose'"),
        ('answer: [{put: [/id, ""]}]', "stream: [{end: [{typed: {}}]}]", ":7: a typed event needs a `type`"),
        ('answer: [{put: [/id, ""]}]', "refuse: {status: 400}", ":7: missing a required argument: 'message'; the keys"),
        (
            'answer: [{put: [/id, ""]}]',
            "set_status: {status: 400, of: all}",
            ":7: unknown key or word 'all'; known are",
        ),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "mine.yaml"
    assert old in FIVE_LINES
    path.write_text(FIVE_LINES.replace(old, new))
    with pytest.raises(InputError) as caught:
        list(tables.table(path, "faults", Fault))
    assert f"mine.yaml{message}" in str(caught.value)


@pytest.mark.parametrize(
    ("edit", "after"),
    [
        ({"put": ["/b", 2]}, {"a": [1, "x"], "b": 2}),
        ({"replace": ["/b", 2]}, {"a": [1, "x"]}),
        ({"replace": ["/a/0", 2]}, {"a": [2, "x"]}),
        ({"drop": "/a/1"}, {"a": [1]}),
        ({"rename": ["/a", "b"]}, {"b": [1, "x"]}),
        ({"add": ["/a/0", 0.5]}, {"a": [1.5, "x"]}),
        ({"prefix": ["/a/1", "y"]}, {"a": [1, "yx"]}),
        ({"substitute": ["/a/1", "x", "y"]}, {"a": [1, "y"]}),
        ({"convert": ["/a/0", "text"]}, {"a": ["1", "x"]}),
        ({"convert": ["/a", "json_text"]}, {"a": '[1, "x"]'}),
        ({"convert": ["/a", "first"]}, {"a": 1}),
        ({"convert": ["/a", "shortened"]}, {"a": [1]}),
        ({"convert": ["/a", "backwards"]}, {"a": ["x", 1]}),
        ({"convert": ["/a", "doubled"]}, {"a": [1, "x", 1, "x"]}),
        ({"convert": ["", "in_list"]}, [{"a": [1, "x"]}]),
    ],
)
def test_edits(edit: JSON, after: JSON) -> None:
    step = on_json(*edits(Node([edit])))
    assert json.loads(answered(step, document({"a": [1, "x"]}))[1]) == after


@pytest.mark.parametrize(
    ("step", "after"),
    [
        ({"lose": {"type": "b"}}, ["a", "c", "[DONE]"]),
        ({"lose": {"type": ["b", "c"]}}, ["a", "[DONE]"]),
        ({"lose": {"having": "/n"}}, ["a", "b", "[DONE]"]),
        ({"lose": {"number": 2}}, ["a", "c", "[DONE]"]),
        ({"lose": "done"}, ["a", "b", "c"]),
        ({"double": {"type": "a"}}, ["a", "a", "b", "c", "[DONE]"]),
        ({"edit": {"type": "a"}, "with": [{"put": ["/type", "x"]}]}, ["x", "b", "c", "[DONE]"]),
        ({"exchange": {"type": "a"}, "with": [{"typed": {"type": "x"}}]}, ["x", "b", "c", "[DONE]"]),
        ({"precede": "done", "with": [{"data": "text"}]}, ["a", "b", "c", "text", "[DONE]"]),
        ({"follow": {"type": "a"}, "with": [{"comment": "hi"}]}, ["a", ": hi\n\n", "b", "c", "[DONE]"]),
        ({"hold": {"type": "a"}, "until": {"type": "b"}}, ["b", "a", "c", "[DONE]"]),
        ({"stop_after": {"type": "b"}}, ["a", "b"]),
        ({"begin": [{"typed": {"type": "x"}}]}, ["x", "a", "b", "c", "[DONE]"]),
        ({"end": [{"raw": "data: x\n\n"}]}, ["a", "b", "c", "[DONE]", "x"]),
    ],
)
def test_flows(step: JSON, after: list[str]) -> None:
    _, body = answered(
        on_events(flow(Node(step))), stream({"type": "a"}, {"type": "b"}, {"type": "c", "n": 1}, "[DONE]")
    )
    assert streamed(body) == after


def test_steps_run_in_their_order_and_only_when_they_are_for_the_request() -> None:
    steps = {"answer": [{"put": ["/a", 1]}], "set_status": {"status": 201}, "when": {"tools": True}}
    whole_change = change(Node(steps).members())
    given, body = answered(whole_change, document({}), {"tools": [{}]})
    assert (given.status, json.loads(body)) == (201, {"a": 1})
    given, body = answered(whole_change, document({}), {"tools": []})
    assert (given.status, json.loads(body)) == (200, {})


def test_every_fact_of_a_request_can_be_named() -> None:
    for fact in FACTS:
        change(Node({"when": {fact: True}, "answer": [{"drop": "/id"}]}).members())


def test_an_error_knows_the_path_of_the_wrong_part() -> None:
    with pytest.raises(NodeError, match="an object is expected here, not 3") as caught:
        change(Node({"writes": 3}).members())
    assert caught.value.path == ("writes",)


@dataclass(frozen=True)
class Named:
    """A minimal kind of entry."""

    id: str
    family: str
    apply: object = None


def test_any_kind_of_entry_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("family: all\nthings:\n  - {id: b, answer: [{drop: /x}]}\n  - {id: a, bare: {}}\n")
    assert list(tables.collected("none", [str(tmp_path)], "things", Named)) == ["a", "b"]
