"""The body of a Chat Completions request as a JSON Schema.

Source: `CreateChatCompletionRequest` in https://github.com/openai/openai-openapi and
`openai/types/chat/completion_create_params.py` of the Python SDK. Fields of a message that the API does not know
are ignored, as by current models (https://github.com/microsoft/agent-framework/pull/2344); those of its parts
and of the request are refused.
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
    number,
    obj,
    one_of,
    string_or,
    tagged,
    text_or,
)

_TEXT = obj(["text"], text=STRING, prompt_cache_breakpoint=BREAKPOINT)
_IMAGE_URL = obj(["url"], url=STRING, detail=one_of("auto", "low", "high", "original"))
_AUDIO = obj(["data", "format"], data=STRING, format=one_of("wav", "mp3"))
_FILE = obj([], file_data=STRING, file_id=STRING, filename=STRING)
_PARTS = {
    "text": _TEXT,
    "image_url": obj(["image_url"], image_url=_IMAGE_URL, prompt_cache_breakpoint=BREAKPOINT),
    "input_audio": obj(["input_audio"], input_audio=_AUDIO, prompt_cache_breakpoint=BREAKPOINT),
    "file": obj(["file"], file=_FILE, prompt_cache_breakpoint=BREAKPOINT),
}
_TEXTS = text_or(tagged("type", {"text": _TEXT}))
_SAID = text_or(tagged("type", {"text": _TEXT, "refusal": obj(["refusal"], refusal=STRING)}))
_FUNCTION_CALL = obj(["name", "arguments"], name=STRING, arguments=STRING)
_CALL = tagged("type", {
    "function": obj(["id", "function"], id=STRING, function=_FUNCTION_CALL),
    "custom": obj(["id", "custom"], id=STRING, custom=obj(["name", "input"], name=STRING, input=STRING)),
})  # fmt: skip
_INSTRUCTION = loose(["content"], content=_TEXTS, name=STRING)
_ASSISTANT = loose(
    [],
    content=nullable(_SAID),
    name=STRING,
    refusal=OPTIONAL_STRING,
    audio=nullable(obj(["id"], id=STRING)),
    tool_calls=nullable(array(_CALL, minItems=1)),
    annotations=ANY,
    function_call=nullable(_FUNCTION_CALL),
)
_MESSAGE = tagged("role", {
    "developer": _INSTRUCTION,
    "system": _INSTRUCTION,
    "user": loose(["content"], content=text_or(tagged("type", _PARTS)), name=STRING),
    "assistant": _ASSISTANT,
    "tool": loose(["content", "tool_call_id"], content=_TEXTS, tool_call_id=STRING),
    "function": loose(["content", "name"], content=OPTIONAL_STRING, name=STRING),
})  # fmt: skip
_FUNCTION = obj(["name"], name=TOOL_NAME, description=OPTIONAL_STRING, parameters=OBJECT, strict=OPTIONAL_BOOL)
_CUSTOM_FORMAT = tagged("type", {"text": obj(), "grammar": obj(["grammar"], grammar=GRAMMAR)})
_CUSTOM = obj(["name"], name=TOOL_NAME, description=STRING, format=_CUSTOM_FORMAT)
_TOOL = tagged("type", {"function": obj(["function"], function=_FUNCTION), "custom": obj(["custom"], custom=_CUSTOM)})
_NAMED = obj(["name"], name=STRING)
_ALLOWED = obj(["mode", "tools"], mode=one_of("auto", "required"), tools=array(OBJECT, minItems=1))
_TOOL_CHOICE = tagged("type", {
    "function": obj(["function"], function=_NAMED),
    "custom": obj(["custom"], custom=_NAMED),
    "allowed_tools": obj(["allowed_tools"], allowed_tools=_ALLOWED),
})  # fmt: skip
_JSON_SCHEMA = obj(
    ["name"],
    name=TOOL_NAME,
    description=STRING,
    schema=OBJECT,
    strict=OPTIONAL_BOOL,
)
_FORMAT = tagged("type", {
    "text": obj(), "json_object": obj(), "json_schema": obj(["json_schema"], json_schema=_JSON_SCHEMA),
})  # fmt: skip

_SOUND = one_of("wav", "aac", "mp3", "flac", "opus", "pcm16")
_VOICE: Schema = {"if": {"type": "string"}, "else": obj(["id"], id=STRING)}
_PLACE = obj([], city=STRING, country=STRING, region=STRING, timezone=STRING)
_LOCATION = tagged("type", {"approximate": obj(["approximate"], approximate=_PLACE)})

REQUEST: Schema = obj(
    ["model", "messages"],
    **SHARED,
    model=FILLED,
    messages=array(_MESSAGE, minItems=1),
    frequency_penalty=number(-2, 2),
    presence_penalty=number(-2, 2),
    logit_bias={
        "type": ["object", "null"],
        "additionalProperties": {"type": "number", "minimum": -100, "maximum": 100},
    },
    logprobs=OPTIONAL_BOOL,
    max_completion_tokens=integer(1),
    max_tokens=integer(1),
    modalities=nullable(array(one_of("text", "audio"), minItems=1)),
    n=integer(1, 128),
    parallel_tool_calls=BOOL,
    prediction=nullable(tagged("type", {"content": obj(["content"], content=_TEXTS)})),
    reasoning_effort=EFFORT,
    response_format=_FORMAT,
    seed={"type": ["integer", "null"]},
    service_tier={"enum": ["auto", "default", "flex", "scale", "priority", "fast", None]},
    stop=nullable({"type": ["string", "array"], "items": STRING, "maxItems": 4}),
    stream_options=nullable(obj([], include_usage=BOOL, include_obfuscation=BOOL)),
    tool_choice=string_or(["none", "auto", "required"], _TOOL_CHOICE),
    tools=nullable(array(_TOOL, minItems=1)),
    verbosity=VERBOSITY,
    audio=nullable(obj(["format", "voice"], format=_SOUND, voice=_VOICE)),
    function_call=string_or(["none", "auto"], _NAMED),
    functions=array(_FUNCTION, minItems=1, maxItems=128),
    web_search_options=obj([], search_context_size=one_of("low", "medium", "high"), user_location=nullable(_LOCATION)),
)
