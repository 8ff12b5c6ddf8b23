"""Every rule of Messages: what breaks it, what comes along, and what breaks none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anthropic_wire import (
    ERROR,
    FAILED,
    PING,
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
    json_delta,
    message,
    patched,
    signature_delta,
    start,
    text,
    text_delta,
    thinking_delta,
    thought,
)
from jsonschema import Draft202012Validator

from conformance import answers, checks, contract, data, grammar, recording, rulebook
from conformance.reading import Reading

TRAFFIC = Path(__file__).parents[2] / "shared" / "traffic" / "official-dev.jsonl.gz"
STRICT = {**WEATHER, "strict": True}
DOG = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
FORMAT = {
    "request": asked(output_config={"format": {"type": "json_schema", "schema": DOG}}),
    "answer": message([text('{"name": "Rex"}')]),
}
STOPPED = {
    "request": asked(stop_sequences=["END"]),
    "answer": message([text("One, two, ")], "stop_sequence", stop_sequence="END"),
}
CHAT_CHUNK = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "It "}}]}

# (rule, document, edits, rules that come along)
BROKEN: list[tuple[Any, ...]] = [
    # The message
    ("messages.object", TEXT, [("replace", "/answer/type", "completion")]),
    ("messages.object", TEXT, [("replace", "/answer", None)]),
    ("messages.id", TEXT, [("remove", "/answer/id")]),
    ("messages.id", STREAM, [("replace", "/answer/0/message/id", "")]),
    ("messages.role", TEXT, [("replace", "/answer/role", "user")]),
    ("messages.role", STREAM, [("remove", "/answer/0/message/role")]),
    ("messages.model", TEXT, [("replace", "/answer/model", None)]),
    ("messages.model", STREAM, [("remove", "/answer/0/message/model")]),
    # Blocks
    ("messages.content.list", TEXT, [("replace", "/answer/content", "It rains.")]),
    ("messages.content.list", TEXT, [("replace", "/answer/content", None)]),
    ("messages.content.list", STREAM, [("replace", "/answer/0/message/content", None)]),
    ("messages.content.block", TEXT, [("remove", "/answer/content/0/text")]),
    ("messages.content.block", TEXT, [("remove", "/answer/content/0/type")]),
    ("messages.content.block", TEXT, [("replace", "/answer/content/0", "It rains.")]),
    ("messages.content.block", TOOLS, [("replace", "/answer/content/0/thinking", None)]),
    ("messages.content.block", STREAM, [("remove", "/answer/1/content_block/text")]),
    ("messages.content.block", TEXT, [("add", "/answer/content/0", {"type": "redacted_thinking"})]),
    ("messages.content.block", TEXT, [("add", "/answer/content/0", {"type": "web_search_tool_result", "content": []})]),
    ("messages.content.known-type", TEXT, [("add", "/answer/content/0", {"type": "hologram"})]),
    ("messages.content.known-type", STREAM, [("replace", "/answer/1/content_block/type", "hologram")]),
    ("messages.content.empty-text", TEXT, [("replace", "/answer/content/0/text", "")]),
    ("messages.content.says-something", TEXT, [("replace", "/answer/content", [])]),
    ("messages.thinking.signature", TOOLS, [("remove", "/answer/content/0/signature")]),
    (
        "messages.thinking.signature",
        STREAM_TOOLS,
        [("remove", "/answer/1/content_block/signature"), ("remove", "/answer/4")],
    ),
    ("messages.thinking.signed", TOOLS, [("replace", "/answer/content/0/signature", "")]),
    ("messages.thinking.signed", STREAM_TOOLS, [("remove", "/answer/4")]),
    ("messages.thinking.disabled", TOOLS, [("add", "/request/thinking", {"type": "disabled"})]),
    # Tools
    ("messages.tool-use.identity", TOOLS, [("replace", "/answer/content/2/id", "")]),
    ("messages.tool-use.identity", TOOLS, [("remove", "/answer/content/2/name")]),
    ("messages.tool-use.identity", STREAM_TOOLS, [("replace", "/answer/6/content_block/name", "")]),
    ("messages.tool-use.input", TOOLS, [("replace", "/answer/content/2/input", '{"city": "Oslo"}')]),
    ("messages.tool-use.input", STREAM_TOOLS, [("replace", "/answer/6/content_block/input", "")]),
    ("messages.tool-use.unique-ids", TOOLS, [("replace", "/answer/content/3/id", "toolu_1")]),
    ("messages.tool-use.declared", TOOLS, [("replace", "/answer/content/2/name", "weather")]),
    ("messages.tool-use.declared", STREAM_TOOLS, [("remove", "/request/tools")]),
    ("messages.tool-use.fits-schema", TOOLS, [("replace", "/answer/content/2/input", {})]),
    ("messages.tool-use.fits-schema", STREAM_TOOLS, [("remove", "/answer/9"), ("remove", "/answer/8")]),
    ("messages.tool-use.strict", TOOLS, [("replace", "/request/tools/0", STRICT), ("remove", "/answer/content/2/input/city")]),
    ("messages.tool-use.stop-reason", TEXT, [("replace", "/answer/stop_reason", "tool_use")]),
    ("messages.tool-use.stop-reason", STREAM, [("replace", "/answer/5/delta/stop_reason", "tool_use")]),
    ("messages.tool-use.ends-turn", TOOLS, [("replace", "/answer/stop_reason", "end_turn")]),
    ("messages.tool-use.ends-turn", STREAM_TOOLS, [("replace", "/answer/11/delta/stop_reason", "end_turn")]),
    ("messages.tool-choice.any", TEXT, [("add", "/request/tool_choice", {"type": "any"})]),
    ("messages.tool-choice.tool", TEXT, [("add", "/request/tool_choice", {"type": "tool", "name": "get_weather"})]),
    ("messages.tool-choice.tool", TOOLS, [("add", "/request/tool_choice", {"type": "tool", "name": "other"})]),
    ("messages.tool-choice.none", TOOLS, [("add", "/request/tool_choice", {"type": "none"})]),
    (
        "messages.tool-choice.one-call",
        TOOLS,
        [("add", "/request/tool_choice", {"type": "auto", "disable_parallel_tool_use": True})],
    ),
    # The end
    ("messages.stop-reason.present", TEXT, [("remove", "/answer/stop_reason")]),
    ("messages.stop-reason.present", TEXT, [("replace", "/answer/stop_reason", None)]),
    ("messages.stop-reason.present", STREAM, [("replace", "/answer/5/delta/stop_reason", None)]),
    ("messages.stop-reason.known", TEXT, [("replace", "/answer/stop_reason", "stop")]),
    ("messages.stop-reason.known", STREAM, [("replace", "/answer/5/delta/stop_reason", "length")]),
    ("messages.stop-sequence.present", TEXT, [("remove", "/answer/stop_sequence")]),
    ("messages.stop-sequence.agrees", TEXT, [("replace", "/answer/stop_sequence", "")]),
    ("messages.stop-sequence.agrees", STOPPED, [("replace", "/answer/stop_sequence", None)]),
    ("messages.stop-sequence.agrees", STOPPED, [("replace", "/answer/stop_sequence", "FIN")]),
    ("messages.stop-sequence.agrees", STREAM, [("replace", "/answer/5/delta/stop_sequence", "")]),
    ("messages.stop-sequence.left-out", STOPPED, [("replace", "/answer/content/0/text", "One, END")]),
    ("messages.max-tokens.kept", TEXT, [("replace", "/request/max_tokens", 29)]),
    ("messages.output-format.json", FORMAT, [("replace", "/answer/content/0/text", "A dog.")]),
    ("messages.output-format.schema", FORMAT, [("replace", "/answer/content/0/text", "{}")]),
    # Usage
    ("messages.usage.object", TEXT, [("remove", "/answer/usage")]),
    ("messages.usage.object", TEXT, [("remove", "/answer/usage/output_tokens")]),
    ("messages.usage.object", STREAM, [("remove", "/answer/0/message/usage")]),
    ("messages.usage.counts", TEXT, [("replace", "/answer/usage/output_tokens", "30")]),
    ("messages.usage.counts", TEXT, [("replace", "/answer/usage/input_tokens", -1)]),
    ("messages.usage.counts", TEXT, [("replace", "/answer/usage/cache_read_input_tokens", 1.5)]),
    ("messages.usage.counts", STREAM, [("remove", "/answer/5/usage/output_tokens")]),
    ("messages.usage.cache-sum", TEXT, [("replace", "/answer/usage/cache_creation_input_tokens", 5)]),
    ("messages.usage.cache-sum", STREAM, [("replace", "/answer/0/message/usage/cache_creation_input_tokens", 5)]),
    ("messages.usage.prompt-counted", TEXT, [("replace", "/answer/usage", {"input_tokens": 0, "output_tokens": 30})]),
    ("messages.usage.output-counted", TEXT, [("replace", "/answer/usage", {"input_tokens": 9, "output_tokens": 0})]),
    ("messages.usage.thinking-part", TEXT, [("replace", "/answer/usage/output_tokens_details/thinking_tokens", 31)]),
    ("messages.usage.foreign-names", TEXT, [("add", "/answer/usage/total_tokens", 43)]),
    ("messages.usage.foreign-names", STREAM, [("add", "/answer/5/usage/completion_tokens", 30)]),
    # The stream: its events
    ("messages.stream.event-type", STREAM, [("add", "/answer/2", {"text": "It "})]),
    ("messages.stream.event-type", STREAM, [("remove", "/answer/0/message")], "messages.usage.object"),
    ("messages.stream.foreign-event", STREAM, [("add", "/answer/2", CHAT_CHUNK)], "messages.stream.event-type"),
    (
        "messages.stream.foreign-event",
        STREAM,
        [("add", "/answer/2", {"error": {"message": "Overloaded"}})],
        "messages.stream.event-type",
    ),
    (
        "messages.stream.foreign-event",
        STREAM,
        [("add", "/answer/2", {"type": "response.output_text.delta", "delta": "It "})],
        "messages.stream.unknown-event",
    ),
    ("messages.stream.unknown-event", STREAM, [("add", "/answer/2", {"type": "heartbeat"})]),
    ("messages.stream.unknown-delta", STREAM, [("add", "/answer/2/delta", {"type": "smell_delta"})]),
    ("messages.stream.delta-payload", STREAM, [("remove", "/answer/2/delta/text")]),
    ("messages.stream.delta-payload", STREAM, [("replace", "/answer/2/delta", "It ")]),
    ("messages.stream.delta-payload", STREAM_TOOLS, [("replace", "/answer/7/delta/partial_json", {})]),
    ("messages.stream.delta-fits-block", STREAM, [("replace", "/answer/2/delta", thinking_delta("It "))]),
    ("messages.stream.delta-fits-block", STREAM_TOOLS, [("replace", "/answer/7/delta", text_delta(""))]),
    ("messages.stream.delta-fits-block", STREAM, [("replace", "/answer/2/delta", json_delta(""))]),
    # The stream: its start
    ("messages.stream.start-first", STREAM, [("remove", "/answer/0")]),
    ("messages.stream.start-once", STREAM, [("add", "/answer/1", start())]),
    ("messages.stream.start-once", STREAM, [("add", "/answer/6", start())], "messages.stream.message-delta",
     "messages.stream.usage-cumulative"),
    ("messages.stream.start-empty", STREAM, [("replace", "/answer/0/message/content", [text("It rains.")])]),
    ("messages.stream.start-empty", STREAM, [("replace", "/answer/0/message/stop_reason", "end_turn")]),
    ("messages.stream.start-fields", STREAM, [("remove", "/answer/0/message/stop_reason")]),
    (
        "messages.stream.start-usage",
        STREAM,
        [
            ("replace", "/answer/0/message/usage", {"input_tokens": 0, "output_tokens": 0}),
            ("add", "/answer/5/usage/input_tokens", 9),
        ],
    ),
    # The stream: its blocks
    ("messages.stream.block-index", STREAM, [("replace", f"/answer/{event}/index", 1) for event in (1, 2, 3, 4)]),
    ("messages.stream.block-index", STREAM_TOOLS, [("replace", f"/answer/{event}/index", 0) for event in range(6, 11)]),
    ("messages.stream.block-index", STREAM, [("remove", "/answer/4/index")], "messages.stream.block-not-open"),
    ("messages.stream.block-not-open", STREAM, [("replace", "/answer/3/index", 1)]),
    ("messages.stream.block-not-open", STREAM, [("add", "/answer/5", {"type": "content_block_stop", "index": 0})]),
    ("messages.stream.blocks-overlap", STREAM_TOOLS, [("remove", "/answer/5")]),
    ("messages.stream.block-left-open", STREAM, [("remove", "/answer/4")]),
    (
        "messages.stream.block-after-delta",
        STREAM,
        [("add", "/answer/6", event) for event in reversed(block(1, text(""), text_delta("!")))],
        "messages.stream.message-delta",
    ),
    ("messages.stream.block-start-empty", STREAM, [("replace", "/answer/1/content_block/text", "It rains.")]),
    ("messages.stream.block-start-empty", STREAM_TOOLS, [("replace", "/answer/1/content_block/thinking", "Let")]),
    ("messages.stream.tool-start-empty", STREAM_TOOLS, [("replace", "/answer/6/content_block/input", {"city": "Oslo"})]),
    ("messages.stream.tool-input", STREAM_TOOLS, [("add", "/answer/9", {**STREAM_TOOLS["answer"][9]})]),
    ("messages.stream.tool-input", STREAM_TOOLS, [("remove", "/answer/9")]),
    ("messages.stream.tool-input", STREAM_TOOLS, [("remove", "/answer/9"), ("replace", "/answer/8/delta", json_delta("[1]"))]),
    # The stream: its end
    ("messages.stream.message-delta", STREAM, [("remove", "/answer/5")], "messages.stop-reason.present"),
    ("messages.stream.message-delta", STREAM, [("remove", "/answer/5/usage")]),
    ("messages.stream.message-delta", STREAM, [("replace", "/answer/5/usage", None)]),
    ("messages.stream.delta-fields", STREAM, [("remove", "/answer/5/delta/stop_sequence")]),
    ("messages.stream.usage-cumulative", STREAM, [("add", "/answer/6", {**end()[0], "usage": {"output_tokens": 3}})]),
    ("messages.stream.unfinished", STREAM, [("remove", "/answer/6")]),
    ("messages.stream.unfinished", STREAM, [("remove", f"/answer/{event}") for event in (6, 5, 4, 3)]),
    ("messages.stream.after-stop", STREAM, [("add", "/answer/7", {"type": "message_stop"})]),
    ("messages.stream.after-stop", STREAM_TOOLS, [("add", "/answer/13", PING)]),
    ("messages.stream.after-error", STREAM, [("add", "/answer/2", ERROR)]),
    ("messages.stream.error-first", STREAM, [("replace", "/answer", [ERROR])]),
    ("messages.stream.error-after-end", STREAM, [("replace", "/answer/6", ERROR)]),
    # Errors
    ("error.anthropic.envelope", FAILED, [("replace", "/answer", "Bad request")]),
    ("error.anthropic.envelope", FAILED, [("replace", "/answer/error", "Bad request")]),
    ("error.anthropic.envelope", FAILED, [("replace", "/answer/type", "invalid_request_error")]),
    ("error.anthropic.foreign-envelope", FAILED, [("remove", "/answer/type")]),
    ("error.anthropic.foreign-envelope", FAILED, [("replace", "/answer", {"detail": "x"})], "error.anthropic.envelope"),
    ("error.anthropic.error-type", FAILED, [("replace", "/answer/error/type", None)]),
    ("error.anthropic.message", FAILED, [("replace", "/answer/error/message", "")]),
    ("error.anthropic.message", FAILED, [("remove", "/answer/error/message")]),
    ("error.anthropic.known-type", FAILED, [("replace", "/answer/error/type", "None")]),
    (
        "error.anthropic.known-type",
        STREAM,
        [("replace", "/answer", [start(), {"type": "error", "error": {"type": "server_error", "message": "x"}}])],
    ),
    ("error.anthropic.status-agrees", FAILED, [("replace", "/answer/error/type", "authentication_error")]),
    ("error.anthropic.request-id", FAILED, [("remove", "/answer/request_id")]),
    ("error.anthropic.request-id", FAILED, [("replace", "/answer/request_id", 7)]),
    ("error.anthropic.request-id-agrees", FAILED, [("replace", "/answer/request_id", "req_2")]),
]

EAGER = [
    ("add", "/sent", {"anthropic-beta": "fine-grained-tool-streaming-2025-05-14"}),
    ("replace", "/answer/9/delta/partial_json", '"Os'),
]
AT_LIMIT = ("replace", "/answer/stop_reason", "max_tokens")

# (what is legal, document, edits, rules that are only worth knowing)
LEGAL: list[tuple[Any, ...]] = [
    ("a message", TEXT, []),
    ("calls after thinking", TOOLS, []),
    ("a stream", STREAM, []),
    ("a streamed call after thinking", STREAM_TOOLS, []),
    ("a format", FORMAT, []),
    ("a stop sequence", STOPPED, []),
    ("an error", FAILED, []),
    ("no content, for no tokens", TEXT, [("replace", "/request/max_tokens", 0), ("replace", "/answer", message([], "max_tokens", usage={"input_tokens": 9, "output_tokens": 0}))]),
    ("nothing to add to a result", TEXT, [("replace", "/answer/content", []), ("replace", "/request/messages/0/content", [{"type": "tool_result", "tool_use_id": "toolu_1"}])]),
    ("nothing to say without the tool", TEXT, [("replace", "/answer/content", []), ("add", "/request/tool_choice", {"type": "none"})]),
    ("a refusal before any word", TEXT, [("replace", "/answer", message([], "refusal"))]),
    ("a prompt that was all cached", TEXT, [("replace", "/answer/usage/input_tokens", 0)]),
    ("usage without the cache", TEXT, [("replace", "/answer/usage", {"input_tokens": 9, "output_tokens": 30})]),
    ("members that came later", TEXT, [("add", "/answer/context_management", {}), ("add", "/answer/stop_details", None)]),
    ("thinking that is not shown", TOOLS, [("replace", "/answer/content/0/thinking", "")]),
    ("a call that was cut off", TOOLS, [AT_LIMIT, ("replace", "/answer/content/3/input", {})]),
    ("a forced call that was cut off", TEXT, [AT_LIMIT, ("add", "/request/tool_choice", {"type": "any"})]),
    ("a forced search", TEXT, [("add", "/request/tool_choice", {"type": "any"}), ("add", "/answer/content/0", {**call(), "type": "server_tool_use"})]),
    ("a call of a toolset", TOOLS, [("add", "/request/tools/0", {"type": "computer_toolset_20260801"}), ("replace", "/answer/content/2/name", "click")]),
    ("a search that paused", TEXT, [("replace", "/answer/content/0", {**call(), "type": "server_tool_use"}), ("replace", "/answer/stop_reason", "pause_turn")]),
    ("several samples", TEXT, [("replace", "/request/max_tokens", 29), ("add", "/answer/content/0", {**call(), "type": "server_tool_use"})]),
    ("a tool with a schema that cannot be used", TOOLS, [("replace", "/request/tools/0/input_schema", {"$ref": "https://gateway.test/x"})]),
    ("a format that was cut off", FORMAT, [AT_LIMIT, ("replace", "/answer/content/0/text", '{"na')]),
    ("words before the document", FORMAT, [("add", "/answer/content/0", text("I think."))]),
    ("pings anywhere", STREAM, [("add", f"/answer/{event}", PING) for event in (6, 5, 5, 4, 2, 1, 0)]),
    ("a call without arguments", STREAM_TOOLS, [("remove", "/answer/9"), ("remove", "/answer/8"), ("remove", "/request/tools/0/input_schema")]),
    ("a streamed call that was cut off", STREAM_TOOLS, [("remove", "/answer/9"), ("replace", "/answer/10/delta/stop_reason", "max_tokens")]),
    ("input as it is written", STREAM_TOOLS, EAGER),
    ("blocks without deltas", STREAM, [("add", "/answer/1", event) for event in reversed(block(0, {"type": "redacted_thinking", "data": "x"}))] + [("replace", f"/answer/{event}/index", 1) for event in (3, 4, 5, 6)]),
    ("a later count of the prompt", STREAM, [("add", "/answer/5/usage/input_tokens", 900), ("add", "/answer/5/usage/cache_creation_input_tokens", 9)]),
    ("two message_deltas", STREAM, [("add", "/answer/5", {**end()[0], "delta": {"stop_reason": None, "stop_sequence": None}})]),
    ("a citation", STREAM, [("add", "/answer/3/delta", {"type": "citations_delta", "citation": {"type": "char_location"}})]),
    ("an error in the midst", STREAM, [("remove", "/answer/6"), ("remove", "/answer/5"), ("replace", "/answer/4", ERROR)]),
    ("an empty text", STREAM, [("remove", "/answer/3"), ("remove", "/answer/2")], "messages.content.empty-text"),
    ("an overloaded server", FAILED, [("replace", "/answer", ERROR), ("remove", "/answer/request_id"), ("replace", "/status", 529)]),
    ("an old error", FAILED, [("remove", "/answer/request_id"), ("add", "/date", "2025-05-29")]),
    ("a status that is not documented", FAILED, [("replace", "/status", 422)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "document", "edits", "along"),
    [(rule, document, edits, along) for rule, document, edits, *along in BROKEN],
    ids=[f"{number}-{rule}" for number, (rule, *_) in enumerate(BROKEN)],
)
def test_a_breach_is_noticed(rule: str, document: Any, edits: Any, along: list[str]) -> None:
    assert broken(patched(document, *edits)) == {rule, *along}


@pytest.mark.parametrize(
    ("document", "edits", "known"),
    [(document, edits, known) for _, document, edits, *known in LEGAL],
    ids=[title for title, *_ in LEGAL],
)
def test_what_is_legal_breaks_no_rule(document: Any, edits: Any, known: list[str]) -> None:
    judged = patched(document, *edits)
    assert broken(judged) == set(known)
    assert not demanded(judged)


def test_every_rule_is_broken_by_a_test() -> None:
    ours = {rule for rule in rulebook.rules() if rule.startswith(("messages.", "error.anthropic."))}
    assert ours == {rule for rule, *_ in BROKEN}


def test_the_rules_that_checks_and_tables_name_exist() -> None:
    named = {rule for check in checks.all_checks() for rule in check.rules}
    named |= set(grammar.rules(grammar.load(data.table("messages/stream.yaml"))))
    missing = {rule for rule in named if rule.startswith(("messages.", "error.anthropic."))} - set(rulebook.rules())
    assert not missing


@pytest.mark.parametrize("name", ["request", "response", "error", "event"])
def test_the_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(data.schema(f"messages/{name}.schema.json"))


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


def test_a_stream_that_never_started_is_no_message() -> None:
    assert answers.assemble("messages", [PING, *end()]) is None


@pytest.mark.parametrize("document", [TOOLS, FORMAT, STOPPED, STREAM, STREAM_TOOLS, FAILED])
def test_documents_of_any_shape_are_judged(document: Any) -> None:
    for changed in mutants(document, "answer"):
        contract.findings(exchange(changed))
    for changed in mutants(document, "request"):
        contract.findings(exchange(changed))


def mutants(document: dict[str, Any], part: str) -> Iterator[dict[str, Any]]:
    """The document with every node of a part dropped, or made a value of each JSON type."""
    for pointer in pointers(document[part], f"/{part}"):
        for value in (None, True, -1, 1.5, "x", [], {}, [[]], {"type": {}}):
            yield patched(document, ("replace", pointer, value))
        if pointer != f"/{part}":
            yield patched(document, ("remove", pointer))


def pointers(value: Any, at: str) -> Iterator[str]:
    yield at
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in members:
        yield from pointers(member, f"{at}/{name}")


def test_long_streams_are_judged_in_linear_time() -> None:
    words = [text_delta("word ")] * 20_000
    reading = Reading(exchange({"request": asked(stream=True), "answer": [start(), *block(0, text(""), *words), *end()]}))
    applicable = [check for check in checks.applicable(reading) if check.families == ("messages",)]
    assert len(reading.events) == len(words) + 5
    assert reading.final is not None
    began = time.process_time()
    for check in applicable:
        assert not list(check.function(reading))
    assert (time.process_time() - began) / len(words) < 40e-6


@pytest.mark.skipif(not TRAFFIC.exists(), reason="the recorded traffic is not here")
def test_official_traffic_breaks_no_must() -> None:
    judged = [traffic for _, traffic in recording.read(TRAFFIC) if traffic.family == "messages"]
    found = [found for traffic in judged for found in contract.findings(traffic)]
    ours = [item for item in found if item.rule.startswith(("messages.", "error.anthropic."))]
    assert len(judged) > 100
    assert {item.rule for item in ours} == {"messages.content.empty-text"}, "an official answer without a word"


def test_signatures_and_text_reach_the_wire_as_json() -> None:
    body = b"".join(chunk.data for chunk in exchange(STREAM_TOOLS).chunks)
    assert json.dumps(signature_delta()).encode() in body
