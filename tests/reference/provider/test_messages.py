"""Messages requests that the provider accepts and refuses, in process."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.protocol.answers.messages import assemble
from conformance.protocol.schema_check import breaches
from conformance.reference.provider.cache import Cache
from conformance.reference.provider.errors import Refused
from conformance.reference.provider.identity import Seal
from conformance.reference.provider.messages import Dialect, answer
from tests.support.examples.messages_shapes import (
    ACCEPTED,
    ACCEPTED_IN_BETA,
    LOOKUP,
    MODEL,
    NOT_ACCEPTED,
    TURN,
    request,
)

PLAIN, BETA = Dialect("2026-10-21"), Dialect("2026-10-21", beta=True)
SEAL = Seal("secret")


def answered(changes: dict[str, Any], dialect: Dialect = PLAIN) -> Any:
    """The message that answers a request."""
    return answer(request(changes), (MODEL,), SEAL, dialect, Cache()).body


@pytest.mark.parametrize("name", ACCEPTED)
@pytest.mark.parametrize("dialect", [PLAIN, BETA], ids=["plain", "beta"])
def test_what_the_api_accepts_is_answered(name: str, dialect: Dialect) -> None:
    assert answered(ACCEPTED[name], dialect)["type"] == "message"


@pytest.mark.parametrize("name", ACCEPTED_IN_BETA)
def test_what_a_beta_adds_needs_the_header(name: str) -> None:
    assert answered(ACCEPTED_IN_BETA[name], BETA)["type"] == "message"


@pytest.mark.parametrize("name", ["context_management", "thinking.updates", "system.clear_at", "task_budget", "mcp"])
def test_without_the_header_it_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        answered(ACCEPTED_IN_BETA[name])


@pytest.mark.parametrize("name", NOT_ACCEPTED)
def test_what_the_api_does_not_know_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        answered(NOT_ACCEPTED[name], BETA)


def test_an_unknown_field_is_refused_in_the_words_that_clients_look_for() -> None:
    with pytest.raises(Refused, match=r"^context_management: Extra inputs are not permitted$"):
        answered({"context_management": {"edits": []}})


OTHER = {**LOOKUP, "name": "find_colour", "description": "Finds a colour", "defer_loading": True}
SEARCHED = {"type": "tool_use", "id": "toolu_1", "name": "lookup", "input": {}}


@pytest.mark.parametrize("loaded", [True, False])
def test_a_deferred_tool_is_called_only_when_a_reference_has_loaded_it(loaded: bool) -> None:
    content: list[dict[str, Any]] = [{"type": "tool_reference", "tool_name": "find_colour"}] if loaded else []
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": content}
    question = {"type": "text", "text": "Now call find_colour."}
    messages = [TURN, {"role": "assistant", "content": [SEARCHED]}, {"role": "user", "content": [result, question]}]
    message = answered({"tools": [LOOKUP, OTHER], "messages": messages})
    assert [block.get("name") for block in message["content"]] == (["find_colour"] if loaded else [None])


@pytest.mark.parametrize(("clear_at", "says"), [("next_user_message", "plain"), ("never", "green"), (None, "green")])
def test_a_system_message_can_end_with_the_next_turn(clear_at: str | None, says: str) -> None:
    told = {"role": "system", "content": "The colour is green.", "clear_at": clear_at}
    turns = [{"role": "user", "content": "The colour is plain."}, told, {"role": "assistant", "content": "Yes."}]
    message = answered({"messages": [*turns, {"role": "user", "content": "What is the colour?"}]}, BETA)
    assert message["content"][0]["text"] == says


def test_the_latest_effort_of_a_system_message_decides() -> None:
    def thought(effort: str) -> int:
        turns = [TURN, {"role": "system", "output_config": {"effort": effort}}]
        changes = {"thinking": {"type": "adaptive"}, "output_config": {"effort": "low"}, "messages": turns}
        return int(answered(changes, BETA)["usage"]["output_tokens_details"]["thinking_tokens"])

    assert thought("max") > thought("medium")


def test_the_model_reads_the_result_of_a_tool_of_the_server() -> None:
    page = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "The word is plum."}}
    fetched = {"type": "web_fetch_result", "url": "https://example.com", "content": page}
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_fetch", "input": {}}
    result = {"type": "web_fetch_tool_result", "tool_use_id": "srvtoolu_1", "content": fetched}
    turns = [TURN, {"role": "assistant", "content": [call, result]}, {"role": "user", "content": "What is the word?"}]
    assert "plum" in json.dumps(answered({"messages": turns})["content"])


SERVER_TOOLS = [
    {"type": "web_search_20250305", "name": "web_search"},
    {"type": "web_fetch_20250910", "name": "web_fetch"},
    {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"},
]
PYTHON = {"type": "code_execution_20250522", "name": "code_execution"}
SHELL = {"type": "code_execution_20250825", "name": "code_execution"}
COMPACT = {"type": "compact_20260112", "pause_after_compaction": True, "trigger": {"type": "input_tokens", "value": 1}}
THINKING = {"thinking": {"type": "adaptive"}}


def question(text: str, **changes: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"{text} Reply with exactly: pong"}], **changes}


# name -> a request, the types of the blocks that answer it, and the stop reason
COURSES: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "no tool is named": (question("Hello.", tools=SERVER_TOOLS), ["text"], "end_turn"),
    "web_search": (
        question("Use web_search.", tools=SERVER_TOOLS), ["server_tool_use", "web_search_tool_result", "text"],
        "end_turn",
    ),
    "web_fetch": (
        question("Use web_fetch.", tools=SERVER_TOOLS), ["server_tool_use", "web_fetch_tool_result", "text"],
        "end_turn",
    ),
    "code_execution": (
        question("Use code_execution.", tools=[PYTHON]), ["server_tool_use", "code_execution_tool_result", "text"],
        "end_turn",
    ),
    "two parts": (
        question("Use bash_code_execution and text_editor_code_execution.", tools=[SHELL]),
        [
            "server_tool_use", "bash_code_execution_tool_result", "server_tool_use",
            "text_editor_code_execution_tool_result", "text",
        ],
        "end_turn",
    ),
    "container_upload": (
        question("Use code_execution, and container_upload.", tools=[SHELL]),
        ["server_tool_use", "bash_code_execution_tool_result", "container_upload", "text"], "end_turn",
    ),
    "tool search": (
        {"tools": [*SERVER_TOOLS, OTHER],
         **question("Use tool_search_tool_bm25, then call find_colour.")},
        ["server_tool_use", "tool_search_tool_result", "tool_use"], "tool_use",
    ),
    "redacted": (
        question("Show redacted_thinking.", **THINKING), ["redacted_thinking", "text"], "end_turn",
    ),
    "pause_turn": (
        question("Use web_search, and stop with pause_turn.", tools=SERVER_TOOLS, **THINKING),
        ["server_tool_use", "web_search_tool_result"], "pause_turn",
    ),
    "refusal": (question("Please stop with refusal."), [], "refusal"),
    "window": (
        question("Please stop with model_context_window_exceeded."), ["text"], "model_context_window_exceeded",
    ),
    "compaction": (question("Hello.", compaction={"type": "summarize"}), ["compaction"], "compaction"),
    "compaction by an edit": (
        question("Hello.", context_management={"edits": [COMPACT]}), ["compaction"], "compaction",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", COURSES)
def test_a_prompt_asks_for_blocks_and_stop_reasons(name: str) -> None:
    changes, types, stop = COURSES[name]
    message = answered(changes, BETA)
    assert [block["type"] for block in message["content"]] == types
    assert message["stop_reason"] == stop
    assert list(breaches("messages/response.schema.json", message)) == []


@pytest.mark.parametrize("name", COURSES)
def test_a_stream_has_the_same_blocks(name: str) -> None:
    changes, types, stop = COURSES[name]
    frames = answer(request({**changes, "stream": True}), (MODEL,), SEAL, BETA, Cache()).frames
    events = [json.loads(frame.partition(b"data: ")[2]) for frame in frames]
    final = assemble(events)
    assert [block["type"] for block in final["content"]] == types
    assert final["stop_reason"] == stop
    assert list(breaches("messages/response.schema.json", final)) == []
    for event in events:
        assert list(breaches("messages/event.schema.json", event)) == []


def test_a_paused_turn_goes_on_when_it_is_sent_back() -> None:
    changes = COURSES["pause_turn"][0]
    paused = answered(changes)
    turns = [*changes["messages"], {"role": "assistant", "content": paused["content"]}]
    message = answered({**changes, "messages": turns})
    assert message["content"][-1]["text"] == "pong"
    assert message["stop_reason"] == "end_turn"


NOTES = {"type": "text", "media_type": "text/plain", "data": "We met at nine. The word is plum."}
PARTS = {
    "type": "content",
    "content": [{"type": "text", "text": "Nine."}, {"type": "text", "text": "The word is plum."}],
}
CITED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "char_location": (
        {"type": "document", "source": NOTES, "title": "Notes"},
        {"cited_text": "plum", "document_index": 0, "document_title": "Notes", "start_char_index": 28},
    ),
    "content_block_location": (
        {"type": "document", "source": PARTS}, {"cited_text": "The word is plum.", "start_block_index": 1},
    ),
    "search_result_location": (
        {"type": "search_result", "source": "https://example.com", "title": "A", "content": PARTS["content"]},
        {"search_result_index": 0, "source": "https://example.com", "end_block_index": 2},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", CITED)
@pytest.mark.parametrize("enabled", [True, False])
def test_a_source_is_cited_if_the_request_wants_it(kind: str, enabled: bool) -> None:
    source, expected = CITED[kind]
    asks = {"type": "text", "text": "What is the word?"}
    content = [{**source, "citations": {"enabled": enabled}}, asks]
    if kind == "search_result_location":  # the model recalls what documents say
        content = [{**source, "citations": {"enabled": enabled}}, {**asks, "text": "Reply with exactly: plum"}]
    (block,) = answered({"messages": [{"role": "user", "content": content}]})["content"]
    assert "plum" in block["text"]
    assert ("citations" in block) is enabled
    if enabled:
        (cited,) = block["citations"]
        assert cited["type"] == kind
        assert expected.items() <= cited.items()
