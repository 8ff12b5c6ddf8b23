"""Requests of agents at the scripted provider: it accepts and answers them as the vendor does.

Shapes: openai-python 3.57 openai/types/responses, and what Codex sends.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.reference.provider.cache import Cache
from conformance.reference.provider.errors import Refused
from conformance.reference.provider.identity import Seal
from conformance.reference.provider.responses import Store, answer, compact, count_tokens

MODEL = "reference-large"
LARK = {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"}
PATCH = {"type": "custom", "name": "edit_file", "description": "Edits a file.", "format": LARK}
CODE = {"type": "function", "name": "lookup_code", "strict": False, "parameters": {"type": "object", "properties": {}}}
CRM = {"type": "namespace", "name": "crm", "description": "The customers.", "tools": [CODE, PATCH]}
SEARCH = {
    "type": "tool_search", "execution": "client", "description": "Finds more tools.",
    "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
}  # fmt: skip
WEB = {"type": "web_search", "external_web_access": False, "search_content_types": ["text", "image"]}


def sent(given: Any = "Reply with exactly: pong", **members: Any) -> dict[str, Any]:
    """The response to a request with these members. Raises `Refused`."""
    return answer({"model": MODEL, "input": given, **members}, (MODEL,), Store(), Seal("key"), Cache()).body  # type: ignore[no-any-return]


def output(given: Any, kind: str, **members: Any) -> dict[str, Any]:
    """The only item of this type in the output."""
    (item,) = [item for item in sent(given, **members)["output"] if item["type"] == kind]
    return item  # type: ignore[no-any-return]


ACCEPTED: list[dict[str, Any]] = [
    {"client_metadata": {"turn": "1"}},
    {"safety_identifier": "x" * 128},
    {"include": [], "tools": []},
    {"include": ["web_search_call.action.sources", "reasoning.encrypted_content"]},
    {"text": {"verbosity": "low"}, "reasoning": {"summary": "auto", "context": "all_turns"}},
    {"context_management": [{"type": "compaction", "compact_threshold": 100_000}]},
    {"prompt_cache_options": {"mode": "explicit"}, "prompt_cache_retention": "24h"},
    {"moderation": {"model": "omni"}, "background_options": {"completion_window": "soonest"}},
    {"access_programs": {"cyber": "standard"}, "image": {"context_compression": "auto"}},
    {"tools": [WEB, SEARCH, CRM, PATCH, CODE]},
    {"tools": [{"type": "shell"}, {"type": "apply_patch"}, {"type": "computer"}, {"type": "local_shell"}]},
    {"tools": [{"type": "mcp", "server_label": "docs", "server_url": "https://mcp.example.org"}]},
    {"tools": [{"type": "file_search", "vector_store_ids": ["vs_1"]}], "tool_choice": {"type": "file_search"}},
    {"tools": [{"type": "web_search_preview"}], "tool_choice": {"type": "web_search_preview_2025_03_11"}},
    {"tools": [CRM], "tool_choice": {"type": "function", "name": "lookup_code"}},
]


@pytest.mark.parametrize("members", ACCEPTED, ids=lambda members: "-".join(members))
def test_what_the_vendor_accepts_is_answered(members: dict[str, Any]) -> None:
    assert sent(**members)["status"] == "completed"


QUESTION = {"type": "message", "role": "user", "content": "Reply with exactly: pong"}
MARKS = {"turn_id": "t1", "create_time": 1.5, "content_item_kinds": ["text"]}
HISTORIES: list[list[dict[str, Any]]] = [
    [{"type": "message", "role": "developer", "id": "msg_1", "content": [{"type": "input_text", "text": "Hi"}]}],
    [{**QUESTION, "internal_chat_message_metadata_passthrough": MARKS}],
    [{"type": "message", "role": "assistant", "phase": "commentary", "content": "I look."}],
    [{"type": "reasoning", "id": "rs_1", "summary": [], "content": None}],
    [{"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm"}]}],
    [{"type": "additional_tools", "id": "at_1", "role": "developer", "tools": [CRM]}],
    [{"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAAA"}],
    [{"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "x"}}],
    [{"type": "function_call", "call_id": "c1", "name": "f", "namespace": "crm", "arguments": "{}"},
     {"type": "function_call_output", "id": "fco_1", "call_id": "c1", "output": "x"}],
    [{"type": "tool_search_call", "call_id": "c1", "execution": "client", "arguments": {"query": "x"}},
     {"type": "tool_search_output", "call_id": "c1", "execution": "client", "tools": [CODE]}],
    [{"type": "mcp_approval_request", "id": "m1", "server_label": "d", "name": "f", "arguments": "{}"},
     {"type": "mcp_approval_response", "approval_request_id": "m1", "approve": True}],
]  # fmt: skip


@pytest.mark.parametrize("items", HISTORIES, ids=lambda items: items[0]["type"])
def test_a_history_that_the_vendor_accepts_is_read(items: list[dict[str, Any]]) -> None:
    message = output([*items, QUESTION], "message")
    assert message["content"][0]["text"] == "pong"


def test_a_tool_in_a_namespace_is_called_with_its_name_and_its_namespace() -> None:
    call = output("Call lookup_code.", "function_call", tools=[CRM])
    assert (call["name"], call["namespace"]) == ("lookup_code", "crm")
    custom = output('Call edit_file with "x".', "custom_tool_call", tools=[CRM])
    assert (custom["name"], custom["namespace"], custom["input"]) == ("edit_file", "crm", "x")
    assert "namespace" not in output("Call lookup_code.", "function_call", tools=[CODE])


def test_a_tool_of_an_additional_tools_item_is_called() -> None:
    added = {"type": "additional_tools", "role": "developer", "tools": [CRM]}
    call = output([added, {"role": "user", "content": "Call lookup_code."}], "function_call")
    assert (call["name"], call["namespace"]) == ("lookup_code", "crm")


def test_a_tool_search_is_called_by_its_name_and_its_tools_can_be_called_afterwards() -> None:
    asked = {"role": "user", "content": 'Call tool_search with query set to "codes", then call lookup_code.'}
    search = output([asked], "tool_search_call", tools=[SEARCH])
    assert (search["execution"], search["arguments"]) == ("client", {"query": "codes"})
    found = {"type": "tool_search_output", "call_id": search["call_id"], "execution": "client", "tools": [CODE]}
    again = {"role": "user", "content": "Call lookup_code."}
    assert output([asked, search, found, again], "function_call", tools=[SEARCH])["name"] == "lookup_code"
    assert sent("What do you know about tools that search?", tools=[SEARCH])["output"][0]["type"] == "message"


def test_a_search_of_the_client_without_its_output_is_refused() -> None:
    call = {"type": "tool_search_call", "call_id": "c1", "execution": "client", "arguments": {}}
    with pytest.raises(Refused, match="c1"):
        sent([call, QUESTION], tools=[SEARCH])


def test_a_forced_tool_that_is_not_declared_is_refused() -> None:
    for choice in ({"type": "file_search"}, {"type": "function", "name": "other"}):
        with pytest.raises(Refused, match="does not offer"):
            sent(tools=[CRM], tool_choice=choice)
    broken = {**CRM, "tools": [{**CODE, "parameters": {"type": "wat"}}]}
    with pytest.raises(Refused, match="parameters"):
        sent(tools=[broken])


def kinds(response: dict[str, Any]) -> list[str]:
    return [item["type"] for item in response["output"]]


def events(given: Any, **members: Any) -> list[dict[str, Any]]:
    """The events of a streamed response."""
    body = {"model": MODEL, "input": given, "stream": True, **members}
    frames = answer(body, (MODEL,), Store(), Seal("key"), Cache()).frames
    return [json.loads(frame.partition(b"data: ")[2]) for frame in frames]


def test_a_prompt_can_ask_for_output_items() -> None:
    response = sent("Show output items: web_search_call, citations, nonsense. Reply with exactly: pong")
    assert kinds(response) == ["web_search_call", "message", "message"]
    assert "web_search_call" not in kinds(sent("Do not show output items. Reply with exactly: pong"))


def test_items_that_belong_together_have_the_same_call_id() -> None:
    call, result, _ = sent("Show output items: shell_call, shell_call_output.")["output"]
    assert call["call_id"] == result["call_id"] != call["id"]


def test_a_declared_hosted_tool_is_used_if_the_prompt_or_the_choice_says_so() -> None:
    assert kinds(sent("Use web_search. Reply with exactly: pong", tools=[WEB])) == ["web_search_call", "message"]
    assert kinds(sent("Use web_search. Reply with exactly: pong")) == ["message"]
    assert kinds(sent(tools=[WEB, PATCH])) == ["message"]
    shell: dict[str, Any] = {"tools": [{"type": "shell"}], "tool_choice": {"type": "shell"}}
    assert kinds(sent(**shell)) == ["shell_call", "shell_call_output", "message"]


def test_a_long_prompt_is_compacted_if_the_request_says_so_and_the_item_recalls_it() -> None:
    limit = {"context_management": [{"type": "compaction", "compact_threshold": 5}]}
    assert kinds(sent(**limit)) == ["compaction", "message"]
    body = {"model": MODEL, "input": "The code word is Kestrel."}
    compacted = compact(body, (MODEL,), Store(), Seal("key")).body
    assert (compacted["object"], kinds(compacted)) == ("response.compaction", ["message", "compaction"])
    asked = {"role": "user", "content": "What is the code word?"}
    assert output([compacted["output"][-1], asked], "message")["content"][0]["text"] == "Kestrel"
    counted = count_tokens(body, (MODEL,), Store(), Seal("key")).body
    assert counted["object"] == "response.input_tokens"
    assert counted["input_tokens"] > 0


def test_a_prompt_can_ask_for_an_end() -> None:
    cut = sent("Show the end: steered. Reply with exactly: pong")
    assert (cut["status"], cut["incomplete_details"]) == ("incomplete", {"reason": "steered"})
    failed = sent("Show the failure: rate_limit_exceeded.")
    assert (failed["status"], failed["error"]["code"], failed["output"]) == ("failed", "rate_limit_exceeded", [])
    assert events("Show the failure: server_error.")[-1]["type"] == "response.failed"
    last = events("Show the error event: server_error.")[-1]
    assert (last["type"], last["error"]["code"]) == ("error", "server_error")
    with pytest.raises(Refused):
        sent("Show the error event: server_error.")


def test_a_prewarmed_request_has_no_output() -> None:
    assert sent(prompt_cache_options={"prewarm": True})["output"] == []


def test_a_background_stream_is_resumed_after_an_event() -> None:
    store = Store()
    body = {"model": MODEL, "input": "Reply with exactly: pong", "stream": True, "background": True}
    frames = answer(body, (MODEL,), store, Seal("key"), Cache()).frames
    id_ = json.loads(frames[0].partition(b"data: ")[2])["response"]["id"]
    assert store.resumed(id_, {}) == frames
    assert store.resumed(id_, {"starting_after": "2"}) == frames[3:]
    with pytest.raises(Refused):
        store.resumed(id_, {"starting_after": "x"})
    answer({**body, "background": False}, (MODEL,), store, Seal("key"), Cache())
    plain = next(reversed(store._kept))
    with pytest.raises(Refused, match="background"):
        store.resumed(plain, {})
