"""Messages answers without findings: legal oddities, documents of any shape, long streams, official traffic."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.judge import checks, contract
from conformance.protocol import answers
from conformance.protocol.reading import Reading
from conformance.records.jsonl import read_jsonl
from tests.support.examples.anthropic_wire import (
    ERROR,
    FAILED,
    FORMAT,
    PING,
    STOPPED,
    STREAM,
    STREAM_TOOLS,
    TEXT,
    TOOLS,
    USAGE,
    WEATHER,
    asked,
    block,
    broken,
    call,
    demanded,
    end,
    exchange,
    message,
    start,
    text,
    text_delta,
    thought,
)
from tests.support.patches import mutants, patched
from tests.support.paths import TRAFFIC

EAGER = [
    ("add", "/sent", {"anthropic-beta": "fine-grained-tool-streaming-2025-05-14"}),
    ("replace", "/answer/9/delta/partial_json", '"Os'),
]
SEARCHING = ("add", "/request/tools", [{"type": "web_search_20250305", "name": "web_search"}])
FETCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_fetch", "input": {"url": "https://example.org"}}
CITATION = {
    "type": "char_location",
    "cited_text": "It",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 0,
    "end_char_index": 2,
}
AT_LIMIT = (("replace", "/request/max_tokens", 30), ("replace", "/answer/stop_reason", "max_tokens"))

# (title, document, edits, informational rules that the edits break)
LEGAL: list[tuple[Any, ...]] = [
    ("a message", TEXT, []),
    ("calls after thinking", TOOLS, []),
    ("a stream", STREAM, []),
    ("a streamed call after thinking", STREAM_TOOLS, []),
    ("a format", FORMAT, []),
    ("a stop sequence", STOPPED, []),
    ("an error", FAILED, []),
    (
        "no content, for no tokens",
        TEXT,
        [
            ("replace", "/request/max_tokens", 0),
            ("replace", "/answer", message([], "max_tokens", usage={"input_tokens": 9, "output_tokens": 0})),
        ],
    ),
    (
        "nothing to add to a result",
        TEXT,
        [
            ("replace", "/answer/content", []),
            ("replace", "/request/messages/0/content", [{"type": "tool_result", "tool_use_id": "toolu_1"}]),
        ],
    ),
    (
        "nothing to add to a result before a system message",
        TEXT,
        [
            ("replace", "/answer/content", []),
            ("replace", "/request/messages/0/content", [{"type": "tool_result", "tool_use_id": "toolu_1"}]),
            ("add", "/request/messages/1", {"role": "system", "content": "Be brief."}),
        ],
    ),
    (
        "nothing to say without the tool",
        TEXT,
        [("replace", "/answer/content", []), ("add", "/request/tool_choice", {"type": "none"})],
    ),
    (
        "nothing to add to the model's own words",
        TEXT,
        [
            ("replace", "/answer/content", []),
            ("add", "/request/messages/1", {"role": "assistant", "content": "It rains."}),
        ],
    ),
    (
        "a hosted call that starts with its input",
        STREAM,
        [("add", "/request/tools", [{"type": "web_fetch_20250910", "name": "web_fetch"}])]
        + [("add", "/answer/1", event) for event in reversed(block(0, FETCH))]
        + [("replace", f"/answer/{event}/index", 1) for event in (3, 4, 5, 6)],
    ),
    ("a refusal before any word", TEXT, [("replace", "/answer", message([], "refusal"))]),
    ("a prompt that was all cached", TEXT, [("replace", "/answer/usage/input_tokens", 0)]),
    ("usage without the cache", TEXT, [("replace", "/answer/usage", {"input_tokens": 9, "output_tokens": 30})]),
    (
        "members that came later",
        TEXT,
        [("add", "/answer/context_management", {}), ("add", "/answer/stop_details", None)],
    ),
    ("thinking that is not shown", TOOLS, [("replace", "/answer/content/0/thinking", "")]),
    ("a call that was cut off", TOOLS, [*AT_LIMIT, ("replace", "/answer/content/3/input", {})]),
    (
        "a forced call that was cut off",
        TEXT,
        [*AT_LIMIT, ("add", "/request/tools", [WEATHER]), ("add", "/request/tool_choice", {"type": "any"})],
    ),
    ("a forced call without any tools", TEXT, [("add", "/request/tool_choice", {"type": "any"})]),
    (
        "a forced call of a tool that is not offered",
        TOOLS,
        [("add", "/request/tool_choice", {"type": "tool", "name": "get_time"})],
    ),
    ("a limit that is none", TEXT, [("replace", "/request/max_tokens", -1)]),
    (
        "a forced search",
        TEXT,
        [
            SEARCHING,
            ("add", "/request/tool_choice", {"type": "any"}),
            ("add", "/answer/content/0", {**call(), "type": "server_tool_use"}),
        ],
    ),
    (
        "a call of a toolset",
        TOOLS,
        [
            ("add", "/request/tools/0", {"type": "computer_toolset_20260801"}),
            ("replace", "/answer/content/2/name", "click"),
        ],
    ),
    (
        "a search that paused",
        TEXT,
        [
            SEARCHING,
            ("replace", "/answer/content/0", {**call(), "type": "server_tool_use"}),
            ("replace", "/answer/stop_reason", "pause_turn"),
        ],
    ),
    (
        "several samples",
        TEXT,
        [
            SEARCHING,
            ("replace", "/request/max_tokens", 29),
            ("add", "/answer/content/0", {**call(), "type": "server_tool_use"}),
        ],
    ),
    (
        "a tool with a schema that cannot be used",
        TOOLS,
        [("replace", "/request/tools/0/input_schema", {"$ref": "https://gateway.test/x"})],
    ),
    ("a format that was cut off", FORMAT, [*AT_LIMIT, ("replace", "/answer/content/0/text", '{"na')]),
    ("words before the document", FORMAT, [("add", "/answer/content/0", text("I think."))]),
    ("pings anywhere", STREAM, [("add", f"/answer/{event}", PING) for event in (6, 5, 5, 4, 2, 1, 0)]),
    (
        "a call without arguments",
        STREAM_TOOLS,
        [("remove", "/answer/9"), ("remove", "/answer/8"), ("remove", "/request/tools/0/input_schema")],
    ),
    (
        "a streamed call that was cut off",
        STREAM_TOOLS,
        [("remove", "/answer/9"), ("replace", "/answer/10/delta/stop_reason", "max_tokens"), AT_LIMIT[0]],
    ),
    (
        "a limit that the context may not leave room for",
        TEXT,
        [("replace", "/request/max_tokens", 4096), ("replace", "/answer/stop_reason", "max_tokens")],
    ),
    (
        "the counts of the prompt again at the end",
        STREAM,
        [("add", "/answer/5/usage/input_tokens", 9), ("add", "/answer/5/usage/cache_creation_input_tokens", 4)],
    ),
    ("no counts of the prompt at the end", STREAM, [("add", "/answer/5/usage/input_tokens", None)]),
    ("input as it is written", STREAM_TOOLS, EAGER),
    (
        "blocks without deltas",
        STREAM,
        [("add", "/answer/1", event) for event in reversed(block(0, {"type": "redacted_thinking", "data": "x"}))]
        + [("replace", f"/answer/{event}/index", 1) for event in (3, 4, 5, 6)],
    ),
    (
        "a later count of the prompt",
        STREAM,
        [("add", "/answer/5/usage/input_tokens", 900), ("add", "/answer/5/usage/cache_creation_input_tokens", 9)],
    ),
    (
        "two message_deltas",
        STREAM,
        [("add", "/answer/5", {**end()[0], "delta": {"stop_reason": None, "stop_sequence": None}})],
    ),
    (
        "a citation",
        STREAM,
        [("add", "/answer/3/delta", {"type": "citations_delta", "citation": CITATION})],
    ),
    (
        "an error in the midst",
        STREAM,
        [("remove", "/answer/6"), ("remove", "/answer/5"), ("replace", "/answer/4", ERROR)],
    ),
    ("an empty text", STREAM, [("remove", "/answer/3"), ("remove", "/answer/2")], "messages.content.empty-text"),
    *(
        (
            f"a refused field: {message}",
            FAILED,
            [
                ("add", "/request/context_management", {"edits": []}),
                ("add", "/request/colour", "green"),
                ("replace", "/answer/error/message", message),
            ],
        )
        for message in (
            "context_management: Extra inputs are not permitted",
            "colour: Extra inputs are not permitted",
            "context_management.edits.0.type: this value is not supported",
            "messages.0.content: a document is not supported",
            "context_management cannot be used in this way",
        )
    ),
    (
        "an overloaded server",
        FAILED,
        [("replace", "/answer", ERROR), ("remove", "/answer/request_id"), ("replace", "/status", 529)],
    ),
    ("an old error", FAILED, [("remove", "/answer/request_id"), ("add", "/date", "2025-05-29")]),
    ("a status that is not documented", FAILED, [("replace", "/status", 422)]),
]


@pytest.mark.parametrize(
    ("document", "edits", "known"),
    [(document, edits, known) for _, document, edits, *known in LEGAL],
    ids=[title for title, *_ in LEGAL],
)
def test_legal_exchanges_break_no_rule(document: Any, edits: Any, known: list[str]) -> None:
    judged = patched(document, *edits)
    assert broken(judged) == set(known)
    assert not demanded(judged)


def test_a_stream_adds_up_to_the_message() -> None:
    final = answers.assemble("messages", STREAM_TOOLS["answer"])
    assert final["content"] == [thought(), call()]
    assert (final["stop_reason"], final["usage"]) == ("tool_use", {**USAGE, "output_tokens_details": None})
    said = answers.answer("messages", final)
    assert said is not None
    assert (said.reasoning, said.stop, said.input_tokens, said.output_tokens) == ("Let me see.", "tool_use", 13, 30)
    assert [(made.id, made.name, made.arguments) for made in said.tool_calls] == [
        ("toolu_1", "get_weather", {"city": "Oslo"})
    ]


@pytest.mark.sdk
@pytest.mark.parametrize("document", [STREAM, STREAM_TOOLS])
def test_a_stream_adds_up_as_in_the_sdk(document: Any) -> None:
    streaming = pytest.importorskip("anthropic.lib.streaming._messages")
    snapshot, buffers = None, {}
    for event in document["answer"]:
        snapshot = streaming.accumulate_event(event=event, current_snapshot=snapshot, json_bufs=buffers)
    theirs = snapshot.to_dict(mode="json")
    ours = answers.assemble("messages", document["answer"])
    assert ours["content"] == [
        {name: value for name, value in block.items() if name in ours["content"][index]}
        for index, block in enumerate(theirs["content"])
    ]
    assert (ours["stop_reason"], ours["usage"]["output_tokens"]) == (theirs["stop_reason"], 30)


def test_a_stream_that_never_started_is_no_message() -> None:
    assert answers.assemble("messages", [PING, *end()]) is None


@pytest.mark.fuzz
@pytest.mark.parametrize("document", [TOOLS, FORMAT, STOPPED, STREAM, STREAM_TOOLS, FAILED])
def test_documents_of_any_shape_are_judged(document: Any) -> None:
    for changed in mutants(document, "answer"):
        contract.findings(exchange(changed))
    for changed in mutants(document, "request"):
        contract.findings(exchange(changed))


@pytest.mark.fuzz
def test_long_streams_break_nothing() -> None:
    words = [text_delta("word")] * 5_000
    long = {"request": asked(stream=True), "answer": [start(), *block(0, text(""), *words), *end()]}
    reading = Reading(exchange(long))
    ours = ("conformance.judge.checks.messages", "conformance.judge.checks.grammar")
    applicable = [check for check in checks.applicable(reading) if check.function.__module__.startswith(ours)]
    assert len(reading.events) == len(words) + 5
    assert len(applicable) > 20
    for check in applicable:
        assert not list(check.function(reading))


@pytest.mark.skipif(not TRAFFIC.exists(), reason="the recorded traffic is not here")
def test_official_traffic_breaks_no_must() -> None:
    judged = [traffic for _, traffic in read_jsonl(TRAFFIC) if traffic.family == "messages"]
    found = [found for traffic in judged for found in contract.findings(traffic)]
    ours = [item for item in found if item.rule.startswith(("messages.", "error.anthropic."))]
    assert len(judged) > 100
    assert {item.rule for item in ours} == {"messages.content.empty-text"}, "an official answer without a word"
