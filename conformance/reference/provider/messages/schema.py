"""The body of a Messages request as a JSON Schema.

Source: https://docs.anthropic.com/en/api/messages and `anthropic/types/message_create_params.py` of the
Python SDK.
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
    nullable,
    obj,
    one_of,
    tagged,
    text_or,
)

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
_RESULT_PARTS = {"text": _TEXT, "image": _IMAGE, "document": _DOCUMENT, "search_result": _SEARCH_RESULT}
_TOOL_RESULT = obj(
    ["tool_use_id"], tool_use_id=STRING, content=nullable(text_or(tagged("type", _RESULT_PARTS))), is_error=BOOL,
    cache_control=_CACHE, toolset_name=OPTIONAL_STRING,
)  # fmt: skip
_TOOL_USE = obj(
    ["id", "name", "input"], id={"type": "string", "pattern": "^[a-zA-Z0-9_-]+$"}, name=FILLED, input=OBJECT,
    cache_control=_CACHE, caller=ANY, toolset_name=OPTIONAL_STRING,
)  # fmt: skip
BLOCKS = {
    "text": _TEXT,
    "image": _IMAGE,
    "document": _DOCUMENT,
    "search_result": _SEARCH_RESULT,
    "thinking": obj(["thinking", "signature"], thinking=STRING, signature=STRING),
    "redacted_thinking": obj(["data"], data=STRING),
    "tool_use": _TOOL_USE,
    "tool_result": _TOOL_RESULT,
}
_SYSTEM = text_or(tagged("type", {"text": _TEXT}))
_MESSAGE = tagged("role", {
    "user": obj(["content"], content=text_or(tagged("type", BLOCKS))),
    "assistant": obj(["content"], content=text_or(tagged("type", BLOCKS))),
    "system": obj(["content"], content=_SYSTEM),
})  # fmt: skip
_DISPLAY: Schema = {"enum": ["summarized", "omitted", None]}
_THINKING = tagged("type", {
    "enabled": obj(["budget_tokens"], budget_tokens={"type": "integer", "minimum": 1024}, display=_DISPLAY),
    "adaptive": obj([], display=_DISPLAY),
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
_SERVER_TOOL = "^(bash|text_editor|code_execution|web_search|web_fetch|memory|tool_search_tool|computer|browser)_"
_TOOL: Schema = {
    "type": "object",
    "if": {"properties": {"type": {"type": "string", "pattern": _SERVER_TOOL}}, "required": ["type"]},
    "then": {"required": ["name"], "properties": {"name": FILLED}},
    "else": {**_CLIENT_TOOL, "properties": {**_CLIENT_TOOL["properties"], "type": {"enum": ["custom", None]}}},
}
_TOOL_CHOICE = tagged("type", {
    "auto": obj([], disable_parallel_tool_use=BOOL),
    "any": obj([], disable_parallel_tool_use=BOOL),
    "tool": obj(["name"], name=STRING, disable_parallel_tool_use=BOOL),
    "none": obj(),
})  # fmt: skip
_FORMAT = nullable(tagged("type", {"json_schema": obj(["schema"], schema=OBJECT)}))
_EFFORT: Schema = {"enum": ["low", "medium", "high", "xhigh", "max", None]}
_PROMPT: dict[str, Schema] = {
    "model": FILLED,
    "messages": array(_MESSAGE, minItems=1, maxItems=100_000),
    "system": _SYSTEM,
    "tools": array(_TOOL),
    "tool_choice": _TOOL_CHOICE,
    "thinking": _THINKING,
    "output_config": obj([], effort=_EFFORT, format=_FORMAT),
    "cache_control": _CACHE,
    "speed": {"enum": ["standard", "fast", None]},
}
_ANSWER: dict[str, Schema] = {
    "max_tokens": {"type": "integer", "minimum": 0},
    "stream": BOOL,
    "stop_sequences": array(FILLED),
    "metadata": obj([], user_id={"type": ["string", "null"], "maxLength": 256}),
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
_BETA_FIELDS = (
    "context_management", "compaction", "mcp_servers", "fallbacks", "fallback_credit_token", "billing_policy", "thread",
)  # fmt: skip
BETA: dict[str, Schema] = dict.fromkeys(_BETA_FIELDS, ANY)


def request(*, counting: bool, sampling: bool, beta: bool) -> Schema:
    """The schema of `/v1/messages`, or of `/v1/messages/count_tokens`, with or without the optional groups."""
    answer = {} if counting else {**_ANSWER, **(SAMPLING if sampling else {})}
    required = ["model", "messages"] if counting else ["model", "max_tokens", "messages"]
    return obj(required, **_PROMPT, **answer, **(BETA if beta else {}))
