"""Every rule of Messages and of its errors: an edit that breaks it, and the rules that break with it."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.core import data_files
from conformance.judge import checks
from conformance.protocol import rulebook, stream_grammar
from conformance.protocol.stream_grammar import load_grammar
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
    WEATHER,
    block,
    broken,
    end,
    json_delta,
    start,
    text,
    text_delta,
    thinking_delta,
)
from tests.support.patches import patched

STRICT = {**WEATHER, "strict": True}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "x"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}
CHAT_CHUNK = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"content": "It "}}]}

SO_FAR = [start(), *block(0, text(""), *(text_delta("It rains in Oslo."[:size]) for size in (3, 9, 12, 17))), *end()]

# (rule, document, edits, other rules that the edits break)
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
    (
        "messages.content.block",
        TEXT,
        [
            ("add", "/answer/content/0", {"type": "web_search_tool_result", "content": []}),
            ("add", "/request/tools", [{"type": "web_search_20250305", "name": "web_search"}]),
        ],
    ),
    ("messages.content.markup", TEXT, [("replace", "/answer/content/0/text", "It rains.</think>")]),
    ("messages.content.known-type", TEXT, [("add", "/answer/content/0", {"type": "hologram"})]),
    ("messages.content.known-type", STREAM, [("replace", "/answer/1/content_block/type", "hologram")]),
    (
        "messages.content.foreign-type",
        TEXT,
        [("replace", "/answer/content/0/type", "output_text")],
        "messages.content.known-type",
    ),
    (
        "messages.content.foreign-type",
        STREAM,
        [("replace", "/answer/1/content_block/type", "tool_call")],
        "messages.content.known-type",
    ),
    ("messages.content.citation", TEXT, [("add", "/answer/content/0/citations", [{"type": "char_location"}])]),
    (
        "messages.content.citation",
        STREAM,
        [("add", "/answer/3/delta", {"type": "citations_delta", "citation": {"type": "page_location"}})],
    ),
    (
        "messages.content.served-result",
        TEXT,
        [
            ("add", "/answer/content/0", {**FOUND, "content": [{"type": "web_search_result"}]}),
            ("add", "/request/tools", [{"type": "web_search_20250305", "name": "web_search"}]),
        ],
    ),
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
    (
        "messages.thinking.first",
        TOOLS,
        [
            ("add", "/request/thinking", {"type": "enabled", "budget_tokens": 1024}),
            ("add", "/answer/content/0", {"type": "text", "text": "Well."}),
        ],
    ),
    ("messages.thinking.disabled", TOOLS, [("add", "/request/thinking", {"type": "disabled"})]),
    # Tools
    ("messages.tool-use.identity", TOOLS, [("replace", "/answer/content/2/id", "")]),
    ("messages.tool-use.identity", TOOLS, [("remove", "/answer/content/2/name")]),
    ("messages.tool-use.identity", STREAM_TOOLS, [("replace", "/answer/6/content_block/name", "")]),
    (
        "messages.tool-use.id-new",
        TOOLS,
        [("add", "/request/messages/0", {"role": "assistant", "content": [{"type": "tool_use", "id": "toolu_1"}]})],
    ),
    ("messages.tool-use.input", TOOLS, [("replace", "/answer/content/2/input", '{"city": "Oslo"}')]),
    ("messages.tool-use.input", STREAM_TOOLS, [("replace", "/answer/6/content_block/input", "")]),
    ("messages.tool-use.unique-ids", TOOLS, [("replace", "/answer/content/3/id", "toolu_1")]),
    ("messages.tool-use.declared", TOOLS, [("replace", "/answer/content/2/name", "weather")]),
    ("messages.tool-use.declared", STREAM_TOOLS, [("remove", "/request/tools")]),
    ("messages.server-tool-use.declared", TEXT, [("add", "/answer/content/0", SEARCH)]),
    ("messages.server-tool-use.declared", TOOLS, [("add", "/answer/content/2", SEARCH)]),
    (
        "messages.server-tool-use.declared",
        TEXT,
        [
            ("add", "/answer/content/0", SEARCH),
            ("add", "/request/tools", [{"type": "bash_20250124", "name": "bash"}]),
        ],
    ),
    ("messages.server-tool-use.declared", TEXT, [("add", "/answer/content/0", FOUND)]),
    ("messages.tool-use.fits-schema", TOOLS, [("replace", "/answer/content/2/input", {})]),
    ("messages.tool-use.fits-schema", STREAM_TOOLS, [("remove", "/answer/9"), ("remove", "/answer/8")]),
    (
        "messages.tool-use.strict",
        TOOLS,
        [("replace", "/request/tools/0", STRICT), ("remove", "/answer/content/2/input/city")],
    ),
    ("messages.tool-use.stop-reason", TEXT, [("replace", "/answer/stop_reason", "tool_use")]),
    ("messages.tool-use.stop-reason", STREAM, [("replace", "/answer/5/delta/stop_reason", "tool_use")]),
    ("messages.tool-use.ends-turn", TOOLS, [("replace", "/answer/stop_reason", "end_turn")]),
    ("messages.tool-use.ends-turn", STREAM_TOOLS, [("replace", "/answer/11/delta/stop_reason", "end_turn")]),
    (
        "messages.tool-choice.any",
        TEXT,
        [("add", "/request/tools", [WEATHER]), ("add", "/request/tool_choice", {"type": "any"})],
    ),
    (
        "messages.tool-choice.tool",
        TEXT,
        [
            ("add", "/request/tools", [WEATHER]),
            ("add", "/request/tool_choice", {"type": "tool", "name": "get_weather"}),
        ],
    ),
    (
        "messages.tool-choice.tool",
        TOOLS,
        [
            ("add", "/request/tools", [WEATHER, {**WEATHER, "name": "other"}]),
            ("add", "/request/tool_choice", {"type": "tool", "name": "other"}),
        ],
    ),
    ("messages.tool-choice.none", TOOLS, [("add", "/request/tool_choice", {"type": "none"})]),
    (
        "messages.tool-choice.one-call",
        TOOLS,
        [("add", "/request/tool_choice", {"type": "auto", "disable_parallel_tool_use": True})],
    ),
    # The stop reason
    ("messages.stop-reason.present", TEXT, [("remove", "/answer/stop_reason")]),
    ("messages.stop-reason.present", TEXT, [("replace", "/answer/stop_reason", None)]),
    ("messages.stop-reason.present", STREAM, [("replace", "/answer/5/delta/stop_reason", None)]),
    ("messages.stop-reason.known", TEXT, [("replace", "/answer/stop_reason", "boredom")]),
    (
        "messages.stop-reason.foreign",
        TEXT,
        [("replace", "/answer/stop_reason", "stop")],
        "messages.stop-reason.known",
    ),
    (
        "messages.stop-reason.foreign",
        STREAM,
        [("replace", "/answer/5/delta/stop_reason", "length")],
        "messages.stop-reason.known",
    ),
    ("messages.stop-sequence.present", TEXT, [("remove", "/answer/stop_sequence")]),
    ("messages.stop-sequence.agrees", TEXT, [("replace", "/answer/stop_sequence", "")]),
    ("messages.stop-sequence.agrees", STOPPED, [("replace", "/answer/stop_sequence", None)]),
    ("messages.stop-sequence.agrees", STOPPED, [("replace", "/answer/stop_sequence", "FIN")]),
    ("messages.stop-sequence.agrees", STREAM, [("replace", "/answer/5/delta/stop_sequence", "")]),
    ("messages.stop-sequence.left-out", STOPPED, [("replace", "/answer/content/0/text", "One, END")]),
    ("messages.max-tokens.kept", TEXT, [("replace", "/request/max_tokens", 29)]),
    (
        "messages.max-tokens.counted",
        TEXT,
        [
            ("replace", "/request/max_tokens", 200),
            ("replace", "/answer/stop_reason", "max_tokens"),
            ("replace", "/answer/usage/output_tokens", 30),
        ],
    ),
    ("messages.output-format.json", FORMAT, [("replace", "/answer/content/0/text", "A dog.")]),
    ("messages.output-format.schema", FORMAT, [("replace", "/answer/content/0/text", "{}")]),
    # Usage
    ("messages.usage.object", TEXT, [("remove", "/answer/usage")]),
    ("messages.usage.counts", TEXT, [("remove", "/answer/usage/output_tokens")]),
    ("messages.usage.object", STREAM, [("remove", "/answer/0/message/usage")]),
    ("messages.usage.counts", TEXT, [("replace", "/answer/usage/output_tokens", "30")]),
    ("messages.usage.counts", TEXT, [("replace", "/answer/usage/input_tokens", -1)]),
    ("messages.usage.counts", TEXT, [("replace", "/answer/usage/cache_read_input_tokens", 1.5)]),
    ("messages.usage.counts", STREAM, [("remove", "/answer/5/usage/output_tokens")]),
    ("messages.usage.cache-sum", TEXT, [("replace", "/answer/usage/cache_creation_input_tokens", 5)]),
    ("messages.usage.cache-sum", STREAM, [("replace", "/answer/0/message/usage/cache_creation_input_tokens", 5)]),
    ("messages.usage.prompt-counted", TEXT, [("replace", "/answer/usage", {"input_tokens": 0, "output_tokens": 30})]),
    ("messages.usage.output-counted", TEXT, [("replace", "/answer/usage", {"input_tokens": 9, "output_tokens": 0})]),
    (
        "messages.usage.output-plausible",
        TEXT,
        [("replace", "/answer/content/0/text", "It rains. " * 70)],
    ),
    ("messages.usage.thinking-part", TEXT, [("replace", "/answer/usage/output_tokens_details/thinking_tokens", 31)]),
    ("messages.usage.foreign-names", TEXT, [("add", "/answer/usage/total_tokens", 43)]),
    ("messages.usage.foreign-names", STREAM, [("add", "/answer/5/usage/completion_tokens", 30)]),
    # The stream: its events
    ("messages.stream.event-type", STREAM, [("add", "/answer/2", {"text": "It "})]),
    ("messages.stream.event-type", STREAM, [("remove", "/answer/2/delta/type"), ("replace", "/answer/2/type", 7)]),
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
    ("messages.stream.empty-delta", STREAM, [("replace", "/answer/2/delta/text", "")]),
    ("messages.stream.delta-fits-block", STREAM, [("replace", "/answer/2/delta", thinking_delta("It "))]),
    ("messages.stream.delta-fits-block", STREAM_TOOLS, [("replace", "/answer/7/delta", text_delta("x"))]),
    ("messages.stream.delta-fits-block", STREAM, [("replace", "/answer/2/delta", json_delta(""))]),
    # The stream: its start
    ("messages.stream.start-first", STREAM, [("remove", "/answer/0")]),
    ("messages.stream.start-once", STREAM, [("add", "/answer/1", start())]),
    (
        "messages.stream.start-once",
        STREAM,
        [("add", "/answer/6", start())],
        "messages.stream.message-delta",
        "messages.stream.usage-cumulative",
    ),
    ("messages.stream.start-empty", STREAM, [("remove", "/answer/0/message")]),
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
    (
        "messages.stream.tool-start-empty",
        STREAM_TOOLS,
        [("replace", "/answer/6/content_block/input", {"city": "Oslo"})],
    ),
    ("messages.stream.tool-input", STREAM_TOOLS, [("add", "/answer/9", {**STREAM_TOOLS["answer"][9]})]),
    ("messages.stream.tool-input", STREAM_TOOLS, [("remove", "/answer/9")]),
    (
        "messages.stream.tool-input",
        STREAM_TOOLS,
        [("remove", "/answer/9"), ("replace", "/answer/8/delta", json_delta("[1]"))],
    ),
    # The stream: its end
    ("messages.stream.message-delta", STREAM, [("remove", "/answer/5")], "messages.stop-reason.present"),
    ("messages.stream.message-delta", STREAM, [("remove", "/answer/5/usage")]),
    ("messages.stream.message-delta", STREAM, [("replace", "/answer/5/usage", None)]),
    ("messages.stream.delta-fields", STREAM, [("remove", "/answer/5/delta/stop_sequence")]),
    ("messages.stream.usage-cumulative", STREAM, [("add", "/answer/6", {**end()[0], "usage": {"output_tokens": 3}})]),
    (
        "messages.stream.usage-split",
        STREAM,
        [
            ("add", "/answer/5/usage/input_tokens", 4),
            ("add", "/answer/5/usage/cache_creation_input_tokens", 4),
            ("add", "/answer/5/usage/cache_read_input_tokens", 5),
        ],
    ),
    ("messages.stream.usage-split", STREAM, [("add", "/answer/5/usage/input_tokens", 13)]),
    ("messages.stream.incremental", STREAM, [("replace", "/answer", SO_FAR)]),
    ("messages.stream.unfinished", STREAM, [("remove", "/answer/6")]),
    ("messages.stream.unfinished", STREAM, [("remove", f"/answer/{event}") for event in (6, 5, 4, 3)]),
    ("messages.stream.after-stop", STREAM, [("add", "/answer/7", {"type": "message_stop"})]),
    ("messages.stream.after-stop", STREAM_TOOLS, [("add", "/answer/13", PING)]),
    ("messages.stream.after-error", STREAM, [("add", "/answer/2", ERROR)]),
    ("messages.stream.error-first", STREAM, [("replace", "/answer", [ERROR])]),
    ("messages.stream.error-after-end", STREAM, [("replace", "/answer/6", ERROR)]),
    ("messages.stop-details.agrees", STREAM, [("add", "/answer/5/delta/stop_details", {"type": "refusal"})]),
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
    (
        "messages.refusal.field",
        FAILED,
        [
            ("add", "/request/context_management", {"edits": []}),
            ("replace", "/answer/error/message", "context_management is not supported"),
        ],
    ),
    (
        "messages.refusal.unknown-field",
        FAILED,
        [("add", "/request/colour", "green"), ("replace", "/answer/error/message", "Unknown field 'colour'.")],
    ),
    ("error.anthropic.request-id", FAILED, [("remove", "/answer/request_id")]),
    ("error.anthropic.request-id", FAILED, [("replace", "/answer/request_id", 7)]),
    ("error.anthropic.request-id-agrees", FAILED, [("replace", "/answer/request_id", "req_2")]),
]


@pytest.mark.parametrize(
    ("rule", "document", "edits", "along"),
    [(rule, document, edits, along) for rule, document, edits, *along in BROKEN],
    ids=[f"{number}-{rule}" for number, (rule, *_) in enumerate(BROKEN)],
)
def test_an_edit_breaks_its_rules(rule: str, document: Any, edits: Any, along: list[str]) -> None:
    assert broken(patched(document, *edits)) == {rule, *along}


def test_every_rule_is_broken_by_a_test() -> None:
    ours = {rule for rule in rulebook.rules() if rule.startswith(("messages.", "error.anthropic."))}
    assert ours == {rule for rule, *_ in BROKEN}


def test_the_rules_that_checks_and_tables_name_exist() -> None:
    named = {rule for check in checks.all_checks() for rule in check.rules}
    named |= set(stream_grammar.rules(load_grammar(data_files.table("messages/stream.yaml"))))
    missing = {rule for rule in named if rule.startswith(("messages.", "error.anthropic."))} - set(rulebook.rules())
    assert not missing


@pytest.mark.parametrize("name", ["request", "response", "error", "event"])
def test_the_schemas_are_schemas(name: str) -> None:
    Draft202012Validator.check_schema(data_files.schema(f"messages/{name}.schema.json"))
