"""Chat Completions requests, read into an `Ask`.

Source: `openai/types/chat/completion_create_params.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from conformance.core.model import JSON
from conformance.reference.gateway.families import CHAT
from conformance.reference.gateway.translate.ask import (
    Ask,
    Call,
    Choice,
    File,
    Image,
    Output,
    Part,
    Result,
    Text,
    Tool,
    Turn,
    UnusableError,
)
from conformance.reference.gateway.translate.fates import SHARED
from conformance.reference.gateway.translate.values import Reader, missing, unknown_kind

_MODES: dict[str, Choice] = {"auto": Choice("auto"), "required": Choice("any"), "none": Choice("none")}


def read(body: JSON) -> Ask:
    """The request in the form between. Raises UnusableError for what cannot be translated."""
    top = Reader(CHAT, body)
    if not top.required("messages", "an array"):
        raise UnusableError("Invalid 'messages': empty array.", param="messages", code="empty_array")
    turns = tuple(_turn(message) for message in top.each("messages"))
    system = tuple(takewhile(lambda turn: turn.role == "system", turns))
    options = top.inner("stream_options")
    stream = bool(top.get("stream", "a boolean"))
    if options.value and not stream:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise UnusableError(message, param="stream_options")
    cap = top.at_least("max_completion_tokens", 1) or top.at_least("max_tokens", 1)
    return Ask(
        model=top.text("model"),
        turns=turns[len(system) :],
        body=top.value,
        system=tuple(part.text for turn in system for part in turn.parts if isinstance(part, Text)),
        tools=tuple(_tool(tool) for tool in top.each("tools")),
        choice=_choice(top),
        parallel=top.get("parallel_tool_calls", "a boolean"),
        cap=cap,
        stop=top.texts("stop"),
        temperature=top.get("temperature", "a number"),
        top_p=top.get("top_p", "a number"),
        output=_output(top),
        effort=top.get("reasoning_effort", "a string"),
        logprobs=bool(top.get("logprobs", "a boolean")),
        top_logprobs=top.get("top_logprobs", "an integer"),
        verbosity=top.get("verbosity", "a string"),
        user=top.get("safety_identifier", "a string") or top.get("user", "a string"),
        stream=stream,
        include_usage=bool(options.get("include_usage", "a boolean")),
        obfuscation=options.get("include_obfuscation", "a boolean"),
        shared={name: top.value[name] for name in SHARED if top.value.get(name) is not None},
    )


def _turn(message: Reader) -> Turn:
    role = message.text("role")
    if role in ("system", "developer"):
        return Turn("system", _texts(message, "content"))
    if role == "user":
        content = message.value.get("content")
        return Turn("user", (Text(content),) if isinstance(content, str) else tuple(_parts(message)))
    if role == "tool":
        return Turn("tool", (Result(message.text("tool_call_id"), _texts(message, "content")),))
    if role != "assistant":
        raise unknown_kind(CHAT, message.at("role"), role)
    said = _texts(message, "content") if message.value.get("content") is not None else ()
    refusal = message.get("refusal", "a string")
    parts: list[Part] = [part for part in said if part.text]
    parts += [Text(refusal, refusal=True)] if refusal else []
    parts += [_call(call) for call in message.each("tool_calls")]
    return Turn("assistant", tuple(parts))


def _texts(message: Reader, name: str) -> tuple[Text, ...]:
    if isinstance(message.value.get(name), str):
        return (Text(message.value[name]),)
    if message.value.get(name) is None:
        raise missing(CHAT, message.at(name))
    return tuple(_text(part) for part in message.each(name))


def _text(part: Reader) -> Text:
    kind = part.value.get("type")
    if kind not in ("text", "refusal"):
        raise unknown_kind(CHAT, part.path, kind)
    return Text(part.text(kind), refusal=kind == "refusal", cached=bool(part.inner("prompt_cache_breakpoint").value))


def _parts(message: Reader) -> Iterator[Part]:
    message.required("content", "an array")
    for part in message.each("content"):
        kind = part.value.get("type")
        if kind == "image_url":
            image = part.inner("image_url")
            yield Image(image.text("url"), image.get("detail", "a string"))
        elif kind == "file":
            file = part.inner("file")
            fields = (file.get(name, "a string") or "" for name in ("file_data", "filename", "file_id"))
            yield File(*fields)
        else:
            yield _text(part)


def _call(call: Reader) -> Call:
    if call.value.get("type") == "custom":
        custom = call.inner("custom")
        return Call(call.text("id"), custom.text("name"), custom.text("input"), custom=True)
    function = call.inner("function")
    return Call(call.text("id"), function.text("name"), function.text("arguments"))


def _tool(tool: Reader) -> Tool:
    kind = tool.value.get("type")
    if kind not in ("function", "custom"):
        raise unknown_kind(CHAT, tool.path, kind)
    inner = tool.inner(kind)
    description = inner.get("description", "a string")
    if kind == "custom":
        return Tool(inner.text("name"), description, custom=True, format=_flat_format(inner.value.get("format")))
    strict = inner.get("strict", "a boolean")
    return Tool(inner.text("name"), description, inner.get("parameters", "an object"), bool(strict))


def _flat_format(given: JSON) -> JSON:
    """Responses has the grammar beside the type, Chat Completions below it."""
    grammar = given.get("grammar") if isinstance(given, dict) else None
    return {"type": "grammar", **grammar} if isinstance(grammar, dict) else given


def _choice(top: Reader) -> Choice | None:
    given = top.value.get("tool_choice")
    if given is None or isinstance(given, str):
        return _MODES.get(given or "")
    choice = top.inner("tool_choice")
    kind = choice.value.get("type")
    if kind == "allowed_tools":
        allowed = choice.inner("allowed_tools")
        names = tuple(each.inner(each.text("type")).text("name") for each in allowed.each("tools"))
        return Choice("any" if allowed.text("mode") == "required" else "auto", names)
    if kind not in ("function", "custom"):
        raise unknown_kind(CHAT, choice.path, kind)
    return Choice("any", (choice.inner(kind).text("name"),), named=True)


def _output(top: Reader) -> Output | None:
    given = top.inner("response_format")
    kind = given.value.get("type")
    if kind in (None, "text"):
        return None
    if kind == "json_object":
        return Output(None)
    if kind != "json_schema":
        raise unknown_kind(CHAT, given.path, kind)
    schema = given.inner("json_schema")
    strict, description = schema.get("strict", "a boolean"), schema.get("description", "a string")
    return Output(schema.required("schema", "an object"), schema.text("name"), description, bool(strict))
