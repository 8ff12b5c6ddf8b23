"""Chat Completions requests: read into an `Ask`, and written from one.

Source: `openai/types/chat/completion_create_params.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile
from typing import Any

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
from conformance.reference.gateway.translate.fates import SHARED, history, openai_shared, refused
from conformance.reference.gateway.translate.values import Reader, missing, unknown_kind

_MODES: dict[str, Choice] = {"auto": Choice("auto"), "required": Choice("any"), "none": Choice("none")}
_MOST_STOPS = 4


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
    return Text(part.text(kind), refusal=kind == "refusal")


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


def write(ask: Ask, family: str) -> dict[str, Any]:
    """The body of the request. Raises UnusableError in the words of `family` for what has no counterpart."""
    if len(ask.stop) > _MOST_STOPS:
        raise refused(family, "stop_sequences", f"more than {_MOST_STOPS} of them")
    if ask.cap == 0:
        raise refused(family, "max_tokens", "0")
    optional: dict[str, JSON] = {
        "tools": [_written_tool(tool) for tool in ask.tools] or None,
        "tool_choice": _written_choice(ask) if ask.tools else None,
        "parallel_tool_calls": ask.parallel if ask.tools else None,
        "max_completion_tokens": ask.cap,
        "stop": list(ask.stop) or None,
        "temperature": ask.temperature,
        "top_p": ask.top_p,
        "response_format": _written_output(ask.output) if ask.output else None,
        "reasoning_effort": ask.effort,
        "logprobs": True if ask.logprobs else None,
        "top_logprobs": ask.top_logprobs if ask.logprobs else None,
        "verbosity": ask.verbosity,
        **openai_shared(ask),
        "stream": True if ask.stream else None,
        "stream_options": {"include_usage": True} if ask.stream else None,
    }
    messages = [*_system(ask), *(message for turn in ask.turns for message in _messages(turn, family))]
    return {"model": ask.model, "messages": messages, **{k: v for k, v in optional.items() if v is not None}}


def _system(ask: Ask) -> Iterator[JSON]:
    for text in ask.system:
        yield {"role": "system", "content": text}


def _messages(turn: Turn, family: str) -> Iterator[JSON]:
    if turn.role == "tool":
        yield from _results(turn, family)
    elif turn.role == "assistant":
        yield from _assistant(turn)
    elif turn.role == "system":
        yield {"role": "system", "content": "\n".join(part.text for part in turn.parts if isinstance(part, Text))}
    else:
        yield {"role": "user", "content": _content(turn.parts, family)}


def _results(turn: Turn, family: str) -> Iterator[JSON]:
    """A tool message has only texts, so pictures and files follow in a message of the user."""
    more: list[Part] = []
    for result in turn.parts:
        if isinstance(result, Result):
            texts = [part.text for part in result.parts if isinstance(part, Text)]
            yield {"role": "tool", "tool_call_id": result.id, "content": "\n".join(texts)}
            more += [part for part in result.parts if not isinstance(part, Text)]
    if more:
        yield {"role": "user", "content": _content(tuple(more), family)}


def _assistant(turn: Turn) -> Iterator[JSON]:
    texts = [part.text for part in turn.parts if isinstance(part, Text) and not part.refusal]
    refusals = [part.text for part in turn.parts if isinstance(part, Text) and part.refusal]
    calls = [_written_call(part) for part in turn.parts if isinstance(part, Call)]
    message: dict[str, JSON] = {"role": "assistant", "content": "".join(texts) if texts else None}
    if refusals:
        message["refusal"] = "".join(refusals)
    if calls:
        message["tool_calls"] = calls
    if texts or refusals or calls:
        yield message


def _content(parts: tuple[Part, ...], family: str) -> JSON:
    if len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0].text
    return [_written_part(part, family) for part in parts]


def _written_part(part: Part, family: str) -> JSON:
    if isinstance(part, Image):
        detail = {"detail": part.detail} if part.detail else {}
        return {"type": "image_url", "image_url": {"url": part.url, **detail}}
    if isinstance(part, File):
        if part.url and not part.url.startswith("data:"):
            raise refused(family, history(family), "a file with a URL")
        fields = {"file_data": part.url, "filename": part.name, "file_id": part.id}
        return {"type": "file", "file": {name: value for name, value in fields.items() if value}}
    return {"type": "text", "text": part.text if isinstance(part, Text) else ""}


def _written_call(call: Call) -> JSON:
    if call.custom:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _written_tool(tool: Tool) -> JSON:
    if tool.custom:
        format_ = _nested_format(tool.format)
        inner = {"name": tool.name, "description": tool.description, "format": format_}
    else:
        inner = {"name": tool.name, "description": tool.description, "parameters": tool.schema, "strict": tool.strict}
    kind = "custom" if tool.custom else "function"
    return {"type": kind, kind: {name: value for name, value in inner.items() if value is not None}}


def _nested_format(given: JSON) -> JSON:
    if isinstance(given, dict) and given.get("type") == "grammar":
        return {"type": "grammar", "grammar": {name: value for name, value in given.items() if name != "type"}}
    return given


def _written_choice(ask: Ask) -> JSON:
    choice = ask.choice
    if choice is None:
        return None
    kinds = {tool.name: "custom" if tool.custom else "function" for tool in ask.tools}
    named = [{"type": kinds.get(name, "function"), kinds.get(name, "function"): {"name": name}} for name in choice.only]
    mode = {"auto": "auto", "any": "required", "none": "none"}[choice.mode]
    if choice.named:
        return named[0]
    return {"type": "allowed_tools", "allowed_tools": {"mode": mode, "tools": named}} if named else mode


def _written_output(output: Output) -> JSON:
    if output.schema is None:
        return {"type": "json_object"}
    fields = {"name": output.name or "answer", "description": output.description, "schema": output.schema,
              "strict": output.strict}  # fmt: skip
    return {"type": "json_schema", "json_schema": {name: value for name, value in fields.items() if value is not None}}
