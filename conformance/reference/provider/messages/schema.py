"""The body of a Messages request as a JSON Schema.

Sources: https://docs.anthropic.com/en/api/messages, and `anthropic/types/message_create_params.py` and
`anthropic/types/beta/message_create_params.py` of the Python SDK, 2.14.
"""

from __future__ import annotations

from ..images import MEDIA_TYPES
from ..validation import (
    ANY,
    BOOL,
    FILLED,
    OBJECT,
    OPTIONAL_BOOL,
    OPTIONAL_STRING,
    STRING,
    Schema,
    array,
    loose,
    nullable,
    obj,
    one_of,
    tagged,
    text_or,
)

SERVER_TOOLS = (
    "web_search", "web_fetch", "code_execution", "bash_code_execution", "text_editor_code_execution", "tool_search",
)  # fmt: skip
"""The tools that run at the vendor: a result of `web_search` is a block of the type `web_search_tool_result`."""

_CACHE = nullable(tagged("type", {"ephemeral": obj([], ttl=one_of("5m", "1h"))}))
_TEXT = obj(["text"], text=FILLED, cache_control=_CACHE, citations=nullable(array(OBJECT)))
_IMAGE_SOURCE = tagged("type", {
    "base64": obj(["media_type", "data"], media_type=one_of(*MEDIA_TYPES), data=STRING),
    "url": obj(["url"], url=STRING),
    "file": obj(["file_id"], file_id=STRING),
})  # fmt: skip
_IMAGE = obj(["source"], source=_IMAGE_SOURCE, cache_control=_CACHE, transformations=nullable(OBJECT))
_DOCUMENT_SOURCE = tagged("type", {
    "base64": obj(["media_type", "data"], media_type=one_of("application/pdf"), data=STRING),
    "text": obj(["media_type", "data"], media_type=one_of("text/plain"), data=STRING),
    "content": obj(["content"], content=text_or(tagged("type", {"text": _TEXT, "image": _IMAGE}))),
    "url": obj(["url"], url=STRING),
    "file": obj(["file_id"], file_id=STRING),
})  # fmt: skip
_CITATIONS = nullable(obj([], enabled=BOOL))
_DOCUMENT = obj(
    ["source"], source=_DOCUMENT_SOURCE, cache_control=_CACHE, citations=_CITATIONS, context=OPTIONAL_STRING,
    title=OPTIONAL_STRING,
)  # fmt: skip
_SEARCH_RESULT = obj(
    ["source", "title", "content"], source=STRING, title=STRING, content=array(tagged("type", {"text": _TEXT})),
    cache_control=_CACHE, citations=_CITATIONS,
)  # fmt: skip
_REFERENCE = obj(["tool_name"], tool_name=STRING, cache_control=_CACHE)
_TABS = array(loose(["tab_id", "title", "url"], tab_id=STRING, title=STRING, url=STRING))
_RESULT_PARTS = {
    "text": _TEXT, "image": _IMAGE, "document": _DOCUMENT, "search_result": _SEARCH_RESULT,
    "tool_reference": _REFERENCE,
    "browser_state": obj(["tabs"], tabs=_TABS, cache_control=_CACHE, state_changes=nullable(array(OBJECT))),
}  # fmt: skip
_TOOL_RESULT = obj(
    ["tool_use_id"], tool_use_id=STRING, content=nullable(text_or(tagged("type", _RESULT_PARTS))), is_error=BOOL,
    cache_control=_CACHE, toolset_name=OPTIONAL_STRING,
)  # fmt: skip
_CALLER = nullable(tagged("type", {
    "direct": obj(),
    "code_execution_20250825": obj(["tool_id"], tool_id=STRING),
    "code_execution_20260120": obj(["tool_id"], tool_id=STRING),
}))  # fmt: skip
_CALL: dict[str, Schema] = {
    "id": {"type": "string", "pattern": "^[a-zA-Z0-9_-]+$"}, "name": FILLED, "input": OBJECT, "cache_control": _CACHE,
}  # fmt: skip
_TOOL_USE = obj(["id", "name", "input"], **_CALL, caller=_CALLER, toolset_name=OPTIONAL_STRING)
_SERVED = obj(["tool_use_id", "content"], tool_use_id=STRING, content=ANY, cache_control=_CACHE, caller=_CALLER)
BLOCKS: dict[str, Schema] = {
    "text": _TEXT,
    "image": _IMAGE,
    "document": _DOCUMENT,
    "search_result": _SEARCH_RESULT,
    "thinking": obj(["thinking", "signature"], thinking=STRING, signature=STRING),
    "redacted_thinking": obj(["data"], data=STRING),
    "tool_use": _TOOL_USE,
    "tool_result": _TOOL_RESULT,
    "server_tool_use": obj(["id", "name", "input"], **_CALL, caller=_CALLER),
    **{f"{name}_tool_result": _SERVED for name in SERVER_TOOLS},
    "container_upload": obj(["file_id"], file_id=STRING, cache_control=_CACHE),
}
"""The 16 types of blocks (`anthropic/types/content_block_param.py`)."""
_CHANGE = obj(["tool"], tool=OBJECT, cache_control=_CACHE)
BETA_BLOCKS: dict[str, Schema] = {
    "advisor_tool_result": _SERVED,
    "mcp_tool_use": obj(["id", "name", "input", "server_name"], **_CALL, server_name=STRING),
    "mcp_tool_result": obj(
        ["tool_use_id"], tool_use_id=STRING, content=text_or(tagged("type", {"text": _TEXT})), is_error=BOOL,
        cache_control=_CACHE,
    ),
    "mcp_tool_listing": loose(["mcp_server_name", "tools"]),
    "compaction": loose([]),
    "fallback": loose([]),
    "tool_addition": _CHANGE,
    "tool_removal": _CHANGE,
}  # fmt: skip
"""The types of blocks that betas add (`anthropic/types/beta/beta_content_block_param.py`)."""
_SYSTEM = text_or(tagged("type", {"text": _TEXT}))
_CHANGING_SYSTEM = text_or(tagged("type", {"text": _TEXT, "tool_addition": _CHANGE, "tool_removal": _CHANGE}))


def _message(*, beta: bool) -> Schema:
    """A message; in beta, one of role `system` may have settings of its own, and then needs no content."""
    content = text_or(tagged("type", {**BLOCKS, **(BETA_BLOCKS if beta else {})}))
    settings = {"output_config": nullable(obj([], effort=_EFFORT)), "clear_at": _CLEAR_AT}
    system = obj([], content=_CHANGING_SYSTEM, **settings) if beta else obj(["content"], content=_SYSTEM)
    said = obj(["content"], content=content)
    return tagged("role", {"user": said, "assistant": said, "system": system})


_EFFORT: Schema = {"enum": ["low", "medium", "high", "xhigh", "max", None]}
_CLEAR_AT: Schema = {"enum": ["next_user_message", "never", None]}


def _thinking(*, beta: bool) -> Schema:
    """The settings of thinking; in beta, thinking may also be shown as updates."""
    shown: Schema = {"enum": ["summarized", "omitted", *(["updates"] if beta else []), None]}
    more = {"display": shown, **({"block_binding": nullable(OBJECT)} if beta else {})}
    budget: Schema = {"type": "integer", "minimum": 1024}
    return tagged("type", {
        "enabled": obj(["budget_tokens"], budget_tokens=budget, **more),
        "adaptive": obj([], **more),
        "disabled": obj(),
        "between_tools": obj(),
    })  # fmt: skip


_INPUT_SCHEMA: Schema = {
    "type": "object", "required": ["type"], "properties": {"type": {"enum": ["object"]}},
}  # fmt: skip
_CLIENT_TOOL = obj(
    ["name", "input_schema"],
    type=ANY,
    name={"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[a-zA-Z0-9_-]+$"},
    input_schema=_INPUT_SCHEMA,
    description=STRING,
    strict=BOOL,
    cache_control=_CACHE,
    defer_loading=BOOL,
    eager_input_streaming=OPTIONAL_BOOL,
    input_examples=array(OBJECT),
    allowed_callers=ANY,
)
_SERVER_TOOL = "^(bash|text_editor|code_execution|web_search|web_fetch|memory|tool_search_tool|computer|advisor)_"
_TOOLSET = "^((computer|browser)_toolset_[0-9]+|mcp_toolset)$"


def _typed(pattern: str) -> Schema:
    return {"properties": {"type": {"type": "string", "pattern": pattern}}, "required": ["type"]}


_TOOL: Schema = {
    "type": "object",
    "if": _typed(_TOOLSET),
    "else": {
        "if": _typed(_SERVER_TOOL),
        "then": {"required": ["name"], "properties": {"name": FILLED, "cache_control": _CACHE}},
        "else": {**_CLIENT_TOOL, "properties": {**_CLIENT_TOOL["properties"], "type": {"enum": ["custom", None]}}},
    },
}
"""A tool of the client, one of the vendor's (`anthropic/types/tool_union_param.py`), or a toolset, without a name."""
_TOOL_CHOICE = tagged("type", {
    "auto": obj([], disable_parallel_tool_use=BOOL),
    "any": obj([], disable_parallel_tool_use=BOOL),
    "tool": obj(["name"], name=STRING, disable_parallel_tool_use=BOOL),
    "none": obj(),
})  # fmt: skip
_FORMAT = nullable(tagged("type", {"json_schema": obj(["schema"], schema=OBJECT)}))
_PROMPT: dict[str, Schema] = {
    "model": FILLED,
    "system": _SYSTEM,
    "tools": array(_TOOL),
    "tool_choice": _TOOL_CHOICE,
    "cache_control": _CACHE,
    "speed": {"enum": ["standard", "fast", None]},
}
_EDIT = tagged("type", {
    "clear_tool_uses_20250919": loose([]),
    "clear_thinking_20251015": loose([]),
    "compact_20260112": loose([]),
})  # fmt: skip
_ANSWER: dict[str, Schema] = {
    "max_tokens": {"type": "integer", "minimum": 0},
    "stream": BOOL,
    "stop_sequences": array(FILLED),
    "metadata": obj([], user_id=OPTIONAL_STRING),
    "service_tier": one_of("auto", "standard_only"),
    "container": ANY,
    "diagnostics": nullable(obj([], previous_message_id=OPTIONAL_STRING)),
    "inference_geo": OPTIONAL_STRING,
}
SAMPLING: dict[str, Schema] = {
    "temperature": {"type": "number", "minimum": 0, "maximum": 1},
    "top_p": {"type": "number", "minimum": 0, "maximum": 1},
    "top_k": {"type": "integer", "minimum": 0},
}
BETA: dict[str, Schema] = {
    "context_management": nullable(obj([], edits=array(_EDIT))),
    "compaction": nullable(tagged("type", {"summarize": obj([], instructions=OPTIONAL_STRING)})),
    "mcp_servers": array(OBJECT),
    **dict.fromkeys(("fallbacks", "fallback_credit_token", "billing_policy", "thread"), ANY),
}
"""The fields that betas add (`anthropic/types/beta/message_create_params.py`)."""


def request(*, counting: bool, sampling: bool, beta: bool) -> Schema:
    """The schema of `/v1/messages`, or of `/v1/messages/count_tokens`, with or without the optional groups."""
    answer = {} if counting else {**_ANSWER, **(SAMPLING if sampling else {})}
    required = ["model", "messages"] if counting else ["model", "max_tokens", "messages"]
    budget = {"task_budget": nullable(OBJECT)} if beta else {}
    prompt = {
        **_PROMPT,
        "messages": array(_message(beta=beta), minItems=1, maxItems=100_000),
        "thinking": _thinking(beta=beta),
        "output_config": obj([], effort=_EFFORT, format=_FORMAT, **budget),
    }
    return obj(required, **prompt, **answer, **(BETA if beta else {}))
