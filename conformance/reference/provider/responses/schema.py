"""The body of a Responses request as a JSON Schema.

Source: `CreateResponse` in https://github.com/openai/openai-openapi and
`openai/types/responses/response_create_params.py` of the Python SDK.
"""

from __future__ import annotations

from ..openai_common import BREAKPOINT, EFFORT, GRAMMAR, SHARED, TOOL_NAME, VERBOSITY
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
    integer,
    loose,
    nullable,
    obj,
    one_of,
    string_or,
    tagged,
    text_or,
)

_STATUS: Schema = {"enum": ["in_progress", "completed", "incomplete", None]}
_PHASE: Schema = {"enum": ["commentary", "final_answer", None]}
_CALLER: Schema = {"type": ["object", "null"]}
_IMAGE = obj(
    [], image_url=OPTIONAL_STRING, file_id=OPTIONAL_STRING, prompt_cache_breakpoint=BREAKPOINT,
    detail={"enum": ["low", "high", "auto", "original", None]},
)  # fmt: skip
_FILE = obj(
    [], file_data=STRING, file_id=OPTIONAL_STRING, file_url=STRING, filename=STRING,
    detail=one_of("auto", "low", "high"), prompt_cache_breakpoint=BREAKPOINT,
)  # fmt: skip
_INPUT_PARTS = {
    "input_text": obj(["text"], text=STRING, prompt_cache_breakpoint=BREAKPOINT),
    "input_image": _IMAGE,
    "input_file": _FILE,
}
_OUTPUT_PARTS = {
    "output_text": obj(["text"], text=STRING, annotations=ANY, logprobs=ANY),
    "refusal": obj(["refusal"], refusal=STRING),
}
_MESSAGE = obj(
    ["role", "content"],
    type=ANY,
    id=STRING,
    role=one_of("user", "assistant", "system", "developer"),
    content=text_or(tagged("type", {**_INPUT_PARTS, **_OUTPUT_PARTS})),
    status=_STATUS,
    phase=_PHASE,
    internal_chat_message_metadata_passthrough={"type": ["object", "null"]},
)
_OUTPUT = text_or(tagged("type", _INPUT_PARTS))
_CALL_ID: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
_HOSTED_ITEMS = (
    "web_search_call", "file_search_call", "computer_call", "computer_call_output", "image_generation_call",
    "code_interpreter_call", "local_shell_call", "local_shell_call_output", "shell_call", "shell_call_output",
    "apply_patch_call", "apply_patch_call_output", "mcp_list_tools", "mcp_call", "mcp_approval_request",
    "mcp_approval_response", "program", "program_output", "compaction", "compaction_trigger", "configuration_update",
)  # fmt: skip
_FUNCTION = obj(
    ["name"], name=TOOL_NAME, description=OPTIONAL_STRING, parameters={"type": ["object", "null"]},
    strict=OPTIONAL_BOOL, defer_loading=BOOL, output_schema={"type": ["object", "null"]}, allowed_callers=ANY,
    **{"async": BOOL},
)  # fmt: skip
_CUSTOM_FORMAT = tagged("type", {"text": obj(), "grammar": GRAMMAR})
_CUSTOM = obj(
    ["name"], name=TOOL_NAME, description=STRING, format=_CUSTOM_FORMAT, defer_loading=BOOL, allowed_callers=ANY,
    **{"async": BOOL},
)  # fmt: skip
HOSTED = (
    "file_search", "web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11",
    "computer", "computer_use_preview", "mcp", "code_interpreter", "image_generation", "local_shell", "shell",
    "apply_patch", "programmatic_tool_calling",
)  # fmt: skip
_NESTED = {"function": _FUNCTION, "custom": _CUSTOM}
CHOSEN_HOSTED = (*HOSTED, "computer_use")
"""The types of `tool_choice` that force a tool which runs at the provider."""
_EXECUTION: Schema = {"enum": ["server", "client", None]}
_TOOL = tagged("type", {
    **_NESTED,
    "namespace": obj(["name", "tools"], name=TOOL_NAME, description=OPTIONAL_STRING,
                     tools=array(tagged("type", _NESTED))),
    "tool_search": obj(description=OPTIONAL_STRING, execution=_EXECUTION, parameters={"type": ["object", "null"]}),
    **dict.fromkeys(HOSTED, OBJECT),
})  # fmt: skip
ITEM = tagged("type", {
    "message": _MESSAGE,
    "function_call": obj(
        ["call_id", "name", "arguments"], id=OPTIONAL_STRING, call_id=_CALL_ID, name=STRING, arguments=STRING,
        status=_STATUS, namespace=OPTIONAL_STRING, caller=_CALLER, **{"async": OPTIONAL_BOOL},
    ),
    "function_call_output": obj(
        ["output"], id=OPTIONAL_STRING, call_id=nullable(_CALL_ID), output=_OUTPUT, status=_STATUS,
        name=OPTIONAL_STRING, namespace=OPTIONAL_STRING, caller=_CALLER,
    ),
    "custom_tool_call": obj(
        ["call_id", "name", "input"], id=OPTIONAL_STRING, call_id=_CALL_ID, name=STRING, input=STRING, status=_STATUS,
        namespace=OPTIONAL_STRING, caller=_CALLER, **{"async": OPTIONAL_BOOL},
    ),
    "custom_tool_call_output": obj(
        ["call_id", "output"], id=OPTIONAL_STRING, call_id=_CALL_ID, output=_OUTPUT, status=_STATUS,
        name=OPTIONAL_STRING, namespace=OPTIONAL_STRING, caller=_CALLER,
    ),
    "reasoning": obj(
        ["summary"], id=OPTIONAL_STRING, summary=array(tagged("type", {"summary_text": obj(["text"], text=STRING)})),
        content=nullable(array(tagged("type", {"reasoning_text": obj(["text"], text=STRING)}))),
        encrypted_content=OPTIONAL_STRING, status=_STATUS,
    ),
    "item_reference": obj(["id"], id=STRING),
    "additional_tools": obj(["tools"], id=OPTIONAL_STRING, role=one_of("developer"), tools=array(_TOOL)),
    "tool_search_call": loose(["arguments"], call_id=OPTIONAL_STRING, execution=_EXECUTION),
    "tool_search_output": loose(["tools"], call_id=OPTIONAL_STRING, execution=_EXECUTION, tools=array(_TOOL)),
    **dict.fromkeys(_HOSTED_ITEMS, OBJECT),
}, default="message")  # fmt: skip
_NAMED = obj(["name"], name=STRING)
_TOOL_CHOICE = tagged("type", {
    "function": _NAMED,
    "custom": _NAMED,
    "allowed_tools": obj(["mode", "tools"], mode=one_of("auto", "required"), tools=array(OBJECT, minItems=1)),
    **dict.fromkeys(CHOSEN_HOSTED, OBJECT),
})  # fmt: skip
_JSON_SCHEMA = obj(["name", "schema"], name=TOOL_NAME, schema=OBJECT, description=STRING, strict=OPTIONAL_BOOL)
_FORMAT = tagged("type", {"text": obj(), "json_object": obj(), "json_schema": _JSON_SCHEMA})
_SUMMARY: Schema = {"enum": ["auto", "concise", "detailed", None]}
_REASONING = obj(
    [], effort=EFFORT, summary=_SUMMARY, generate_summary=_SUMMARY, mode=OPTIONAL_STRING,
    context={"enum": ["auto", "current_turn", "all_turns", None]},
)  # fmt: skip
INCLUDES = (
    "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
    "message.input_image.image_url", "computer_call_output.output.image_url", "code_interpreter_call.outputs",
    "reasoning.encrypted_content", "message.output_text.logprobs",
)  # fmt: skip

REQUEST: Schema = obj(
    ["model"],
    **SHARED,
    model=FILLED,
    input=text_or(ITEM),
    instructions=OPTIONAL_STRING,
    max_output_tokens=integer(16),
    max_tool_calls=integer(1),
    parallel_tool_calls=OPTIONAL_BOOL,
    previous_response_id=OPTIONAL_STRING,
    conversation=nullable({"anyOf": [STRING, obj(["id"], id=STRING)]}),
    prompt=ANY,
    reasoning=nullable(_REASONING),
    text=nullable(obj([], format=nullable(_FORMAT), verbosity=VERBOSITY)),
    tools=nullable(array(_TOOL)),
    tool_choice=nullable(string_or(["none", "auto", "required"], _TOOL_CHOICE)),
    include=nullable(array(one_of(*INCLUDES))),
    background=OPTIONAL_BOOL,
    background_options=ANY,
    stream_options=nullable(obj([], include_obfuscation=BOOL)),
    service_tier={"enum": ["auto", "default", "flex", "scale", "priority", "fast", "ultrafast", None]},
    truncation={"enum": ["auto", "disabled", None]},
    context_management=nullable(array(OBJECT, minItems=1)),
    image=OBJECT,
    access_programs=OBJECT,
    client_metadata={"type": ["object", "null"], "additionalProperties": STRING},
)
