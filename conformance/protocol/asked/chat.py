"""Reads a request of Chat Completions. Source: openai 3.57, types/chat/completion_create_params.py."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON
from conformance.protocol.asked.form import Asked, Call, Choice, Mark, Part, Result, Text, Tool
from conformance.protocol.asked.read import (
    arguments,
    canonical,
    choice_of,
    marks,
    media,
    members,
    more,
    native,
    objects,
    place,
    text,
)

_ROLES = {"developer": "system"}


def asked(body: dict[str, JSON]) -> Asked:
    """The content of a request."""
    return Asked(
        model=body.get("model"),
        parts=tuple(part for message in objects(body.get("messages")) for part in _parts(message)),
        tools=(
            *map(_tool, objects(body.get("tools"))),
            *(_tool({"function": old}) for old in objects(body.get("functions"))),
        ),
        choice=_choice(body),
        marks=tuple(mark for message in objects(body.get("messages")) for mark in _marks(message)),
    )


def _choice(body: dict[str, JSON]) -> Choice:
    """The choice of a tool; `functions` and `function_call` are the old names."""
    old = body.get("function_call")
    if "tool_choice" not in body and isinstance(old, dict):
        old = {"type": "function", **old}
    return choice_of(body.get("tool_choice", old), body.get("parallel_tool_calls"))


def _parts(message: dict[str, JSON]) -> Iterator[Part]:
    role = text(message.get("role"))
    role = _ROLES.get(role, role)
    content = message.get("content")
    if role in ("tool", "function"):
        texts = (content,) if isinstance(content, str) else tuple(text(part.get("text")) for part in objects(content))
        yield Result(text(message.get("tool_call_id")) or text(message.get("name")), texts)
        return
    if isinstance(content, str):
        yield Text(role, content)
    for part in objects(content):
        yield _part(role, part)
    if isinstance(message.get("refusal"), str):
        yield Text(role, message["refusal"])
    for call in objects(message.get("tool_calls")):
        yield _call(call)
    if old := members(message.get("function_call")):
        yield Call(text(old.get("name")), text(old.get("name")), arguments(old.get("arguments")))


def _part(role: str, part: dict[str, JSON]) -> Part:
    kind = part.get("type")
    if kind in ("text", "refusal"):
        return Text(role, text(part.get(kind)))
    if kind == "image_url":
        image = part.get("image_url")
        url = image if isinstance(image, str) else members(image).get("url")
        return media(role, "image", url, detail=members(image).get("detail"))
    if kind == "input_audio":
        sound = members(part.get("input_audio"))
        return media(role, "audio", sound.get("data"), text(sound.get("format")))
    if kind == "file":
        file = members(part.get("file"))
        return media(role, "file", file.get("file_data") or file.get("file_id"))
    return native(role, part)


def _call(call: dict[str, JSON]) -> Call:
    if call.get("type") == "custom":
        custom = members(call.get("custom"))
        return Call(text(call.get("id")), text(custom.get("name")), text(custom.get("input")))
    function = members(call.get("function"))
    return Call(text(call.get("id")), text(function.get("name")), arguments(function.get("arguments")))


def _tool(tool: dict[str, JSON]) -> Tool:
    kind = text(tool.get("type")) or "function"
    own = members(tool.get(kind))
    schema = canonical(own.get("parameters") or {}) if kind == "function" else canonical(tool)
    strict = own.get("strict")
    name, description = text(own.get("name")), text(own.get("description"))
    strict = strict if isinstance(strict, bool) else None
    return Tool(name, description, schema, kind, strict, more(tool, own) if kind == "function" else "{}")


def _marks(message: dict[str, JSON]) -> Iterator[Mark]:
    role = text(message.get("role"))
    yield from marks(place(role, message), message)
    for part in objects(message.get("content")):
        yield from marks(place(role, part), part)
