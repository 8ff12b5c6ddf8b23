"""Requests of Messages that the official API accepts, one for each part of it.

Source: anthropic-sdk-python 2.14, `anthropic/types/message_create_params.py` and
`anthropic/types/beta/message_create_params.py`, and what they refer to.
"""

from __future__ import annotations

from typing import Any

MODEL = "reference-large"
HOUR = {"type": "ephemeral", "ttl": "1h"}
MARK = {"type": "ephemeral"}
TURN = {"role": "user", "content": "Reply with exactly: pong"}
LOOKUP = {"name": "lookup", "description": "Looks up a word", "input_schema": {"type": "object", "properties": {}}}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 3}
_PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAIAAAA2iEnWAAAAEElEQVR42mP4z8AARAwoFABE0AX7TM5xDwAAAABJRU5ErkJggg=="
_IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": _PIXEL}}
_TEXT = {"type": "text", "text": "A note."}
_DOCUMENT = {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "Green."}}
_FOUND = {"type": "search_result", "source": "https://example.com/a", "title": "A", "content": [_TEXT]}
_NOTES = {"type": "content", "content": [_TEXT, _IMAGE]}
_CALL: dict[str, Any] = {"type": "tool_use", "id": "toolu_1", "name": "lookup", "input": {}}


def said(*blocks: dict[str, Any]) -> list[dict[str, Any]]:
    """A history in which the assistant said these blocks."""
    return [TURN, {"role": "assistant", "content": list(blocks)}, TURN]


def returned(result: dict[str, Any], call: dict[str, Any] = _CALL) -> dict[str, Any]:
    """A history with a call, and a result with these members."""
    block = {"type": "tool_result", "tool_use_id": call["id"], **result}
    messages = [TURN, {"role": "assistant", "content": [call]}, {"role": "user", "content": [block]}]
    return {"tools": [LOOKUP], "messages": messages}


def asked(*blocks: dict[str, Any]) -> dict[str, Any]:
    """A question with these blocks before its text."""
    return {"messages": [{"role": "user", "content": [*blocks, {"type": "text", "text": TURN["content"]}]}]}


def served(tool: str, kind: str, content: Any) -> dict[str, Any]:
    """A history in which a tool of the server has run."""
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": tool, "input": {}, "caller": {"type": "direct"}}
    return {"messages": said(call, {"type": f"{kind}_tool_result", "tool_use_id": "srvtoolu_1", "content": content})}


_TABS = {"tabs": [{"tab_id": "1", "title": "A", "url": "https://example.com", "active": True}]}
_RUN = {"stdout": "4", "stderr": "", "return_code": 0, "content": [{"type": "code_execution_output", "file_id": "f"}]}
_WEB = {"type": "web_search_result", "url": "https://example.com", "title": "A", "encrypted_content": "x"}
_FETCHED = {"type": "web_fetch_result", "url": "https://example.com", "content": _DOCUMENT, "retrieved_at": None}

ACCEPTED: dict[str, dict[str, Any]] = {
    "thinking.enabled.display": {"thinking": {"type": "enabled", "budget_tokens": 1024, "display": "omitted"}},
    "thinking.adaptive": {"thinking": {"type": "adaptive"}},
    "thinking.adaptive.display": {"thinking": {"type": "adaptive", "display": "omitted"}},
    "thinking.between_tools": {"thinking": {"type": "between_tools"}},
    **{f"effort.{each}": {"output_config": {"effort": each}} for each in ("low", "medium", "high", "xhigh", "max")},
    "cache_control": {"cache_control": MARK},
    "cache_control.ttl": {"cache_control": HOUR},
    "metadata": {"metadata": {"user_id": '{"device_id": "' + 64 * "d" + '", "session_id": "' + 200 * "s" + '"}'}},
    "container": {"container": {"id": None, "skills": [{"skill_id": "pptx", "type": "anthropic"}]}},
    "diagnostics": {"diagnostics": {"previous_message_id": None}},
    "max_tokens": {"max_tokens": 32_000},
    # The blocks of a user
    "image.mark": asked({**_IMAGE, "cache_control": HOUR, "transformations": {"oversized_image": "downsize"}}),
    "document.citations": asked({**_DOCUMENT, "title": "T", "citations": {"enabled": True}, "cache_control": MARK}),
    "document.content": asked({"type": "document", "source": _NOTES}),
    "search_result": asked({**_FOUND, "citations": {"enabled": True}, "cache_control": MARK}),
    "container_upload": asked({"type": "container_upload", "file_id": "file_1", "cache_control": MARK}),
    # Results of tools of the client
    "tool_result.mark": returned({"content": "x", "cache_control": MARK, "is_error": False}),
    "tool_result.image": returned({"content": [_IMAGE, _DOCUMENT, _FOUND]}),
    "tool_result.tool_reference": returned({"content": [{"type": "tool_reference", "tool_name": "lookup"}]}),
    "tool_result.browser_state": returned({"content": [{"type": "browser_state", **_TABS}], "toolset_name": "browser"}),
    "tool_use.mark": returned({"content": "x"}, {**_CALL, "cache_control": MARK}),
    "tool_use.caller": returned({"content": "x"}, {**_CALL, "caller": {"type": "direct"}}),
    "tool_use.server_caller": returned(
        {"content": "x"}, {**_CALL, "caller": {"type": "code_execution_20250825", "tool_id": "srvtoolu_1"}}
    ),
    # Tools of the server in the history
    "web_search": served("web_search", "web_search", [_WEB]),
    "web_search.error": served(
        "web_search", "web_search", {"type": "web_search_tool_result_error", "error_code": "unavailable"}
    ),
    "web_fetch": served("web_fetch", "web_fetch", _FETCHED),
    "code_execution": served("code_execution", "code_execution", {"type": "code_execution_result", **_RUN}),
    "bash": served("bash_code_execution", "bash_code_execution", {"type": "bash_code_execution_result", **_RUN}),
    "editor": served(
        "text_editor_code_execution",
        "text_editor_code_execution",
        {"type": "text_editor_code_execution_view_result", "file_type": "text", "content": "x"},
    ),
    "tool_search": {
        **served(
            "tool_search_tool_bm25",
            "tool_search",
            {
                "type": "tool_search_tool_search_result",
                "tool_references": [{"type": "tool_reference", "tool_name": "lookup"}],
            },
        ),
        "tools": [LOOKUP],
    },
    "container_upload.said": {"messages": said({"type": "container_upload", "file_id": "file_1"})},
    # Tools
    "tool.defer_loading": {"tools": [LOOKUP, {**LOOKUP, "name": "other", "defer_loading": True}]},
    "tool.eager_input_streaming": {"tools": [{**LOOKUP, "eager_input_streaming": True}]},
    "tool.allowed_callers": {"tools": [{**LOOKUP, "allowed_callers": ["direct"], "input_examples": [{}]}]},
    "tool.custom": {"tools": [{**LOOKUP, "type": "custom", "cache_control": HOUR}]},
    **{
        f"tool.{kind}": {"tools": [{"type": kind, "name": name}]}
        for kind, name in (
            ("bash_20250124", "bash"),
            ("code_execution_20250522", "code_execution"),
            ("code_execution_20250825", "code_execution"),
            ("code_execution_20260120", "code_execution"),
            ("code_execution_20260521", "code_execution"),
            ("memory_20250818", "memory"),
            ("text_editor_20250124", "str_replace_editor"),
            ("text_editor_20250429", "str_replace_based_edit_tool"),
            ("text_editor_20250728", "str_replace_based_edit_tool"),
            ("web_search_20250305", "web_search"),
            ("web_search_20260209", "web_search"),
            ("web_search_20260318", "web_search"),
            ("web_fetch_20250910", "web_fetch"),
            ("web_fetch_20260209", "web_fetch"),
            ("web_fetch_20260309", "web_fetch"),
            ("web_fetch_20260318", "web_fetch"),
            ("tool_search_tool_bm25_20251119", "tool_search_tool_bm25"),
            ("tool_search_tool_bm25", "tool_search_tool_bm25"),
            ("tool_search_tool_regex_20251119", "tool_search_tool_regex"),
            ("tool_search_tool_regex", "tool_search_tool_regex"),
        )
    },
    "tool.web_search.max_uses": {"tools": [{**SEARCH, "user_location": {"type": "approximate", "city": "Oslo"}}]},
    **{f"toolset.{kind}": {"tools": [{"type": f"{kind}_toolset_20260801"}]} for kind in ("browser", "computer")},
    # A system message after the first turn
    "system": {"messages": [TURN, {"role": "system", "content": [{**_TEXT, "cache_control": MARK}]}]},
    "system.early": {"messages": [TURN, {"role": "system", "content": "Be brief."}, *said(_TEXT)[1:]]},
    "paused": {
        "tools": [SEARCH],
        "messages": served("web_search", "web_search", [_WEB])["messages"][:2],
    },
}
"""Name -> the members of a request that differ from a plain one."""

ACCEPTED_IN_BETA: dict[str, dict[str, Any]] = {
    "context_management": {
        "context_management": {
            "edits": [
                {"type": "clear_thinking_20251015", "keep": "all"},
                {"type": "clear_tool_uses_20250919", "trigger": {"type": "input_tokens", "value": 30_000}},
            ]
        }
    },
    "context_management.turns": {
        "context_management": {
            "edits": [{"type": "clear_thinking_20251015", "keep": {"type": "thinking_turns", "value": 2}}]
        }
    },
    "context_management.compact": {"context_management": {"edits": [{"type": "compact_20260112"}]}},
    "task_budget": {"output_config": {"task_budget": {"type": "tokens", "total": 20_000}}},
    "thinking.updates": {"thinking": {"type": "adaptive", "display": "updates"}},
    "system.output_config": {"messages": [TURN, {"role": "system", "output_config": {"effort": "max"}}]},
    "system.clear_at": {
        "messages": [TURN, {"role": "system", "content": "Be brief.", "clear_at": "next_user_message"}]
    },
    "system.tool_addition": {
        "tools": [LOOKUP, {**LOOKUP, "name": "other", "defer_loading": True}],
        "messages": [
            TURN,
            {
                "role": "system",
                "content": [{"type": "tool_addition", "tool": {"type": "tool_reference", "name": "other"}}],
            },
        ],
    },
    "mcp": {
        "mcp_servers": [{"type": "url", "name": "files", "url": "https://example.com/mcp"}],
        "tools": [{"type": "mcp_toolset", "mcp_server_name": "files"}],
        "messages": said(
            {"type": "mcp_tool_use", "id": "mcptoolu_1", "name": "read", "input": {}, "server_name": "files"},
            {"type": "mcp_tool_result", "tool_use_id": "mcptoolu_1", "content": [_TEXT], "is_error": False},
        ),
    },
    "compaction.said": {"messages": said({"type": "compaction", "content": "A summary."}, _TEXT)},
    "tool.advisor": {"tools": [{"type": "advisor_20260301", "name": "advisor", "model": "m"}]},
    **{
        f"tool.{kind}": {"tools": [{"type": kind, "name": name, "display_width_px": 9, "display_height_px": 9}]}
        for kind, name in (("computer_20241022", "computer"), ("computer_20251124", "computer"))
    },
}
"""The same for the members that need a value in the header `anthropic-beta`."""

NOT_ACCEPTED: dict[str, dict[str, Any]] = {
    "block": asked({"type": "hologram"}),
    "result block": returned({"content": [{"type": "hologram"}]}),
    "reference without a name": returned({"content": [{"type": "tool_reference"}]}),
    "server result without content": {
        "messages": said({"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1"})
    },
    "caller": returned({"content": "x"}, {**_CALL, "caller": {"type": "code_execution_20250825"}}),
    "tool": {"tools": [{"type": "hologram_20260101", "name": "hologram"}]},
    "effort": {"output_config": {"effort": "most"}},
    "display": {"thinking": {"type": "adaptive", "display": "all"}},
    "ttl": {"cache_control": {"type": "ephemeral", "ttl": "2h"}},
}
"""The same for requests that the API refuses."""


def request(changes: dict[str, Any]) -> dict[str, Any]:
    """A whole body; a budget for thinking needs more tokens than 1,024."""
    return {"model": MODEL, "max_tokens": 2048, "messages": [TURN], **changes}
