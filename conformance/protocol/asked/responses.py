"""Reads a request of Responses. Source: openai 3.57, types/responses/response_create_params.py."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON
from conformance.protocol.asked.form import Asked, Call, Mark, Media, Part, Result, Text, Tool
from conformance.protocol.asked.read import (
    arguments,
    canonical,
    choice_of,
    marks,
    media,
    more,
    native,
    objects,
    place,
    text,
)

_ROLES = {"developer": "system"}
_TEXTS = {"input_text": "text", "output_text": "text", "text": "text", "refusal": "refusal"}
_REFERENCES = ("previous_response_id", "conversation", "prompt")


def asked(body: dict[str, JSON]) -> Asked:
    """The content of a request."""
    return Asked(
        model=body.get("model"),
        parts=tuple(_parts(body)),
        tools=tuple(_tool(tool) for tool in objects(body.get("tools"))),
        choice=choice_of(body.get("tool_choice"), body.get("parallel_tool_calls")),
        marks=tuple(mark for item in objects(body.get("input")) for mark in _marks(item)),
        refers=any(body.get(name) for name in _REFERENCES),
        inner_tools=sum(map(_inner, (*objects(body.get("tools")), *objects(body.get("input"))))),
    )


def _inner(holder: dict[str, JSON]) -> int:
    """The number of tools in a namespace or an item; namespaces in an item count with their tools."""
    return sum(1 + _inner(tool) for tool in objects(holder.get("tools")))


def _parts(body: dict[str, JSON]) -> Iterator[Part]:
    if isinstance(body.get("instructions"), str):
        yield Text("system", body["instructions"])
    if isinstance(body.get("input"), str):
        yield Text("user", body["input"])
    for item in objects(body.get("input")):
        yield from _item(item)


def _item(item: dict[str, JSON]) -> Iterator[Part]:
    kind = item.get("type") or "message"
    if kind == "message":
        role = text(item.get("role"))
        role = _ROLES.get(role, role)
        content = item.get("content")
        if isinstance(content, str):
            yield Text(role, content)
        for part in objects(content):
            yield _part(role, part)
    elif kind == "function_call":
        yield Call(text(item.get("call_id")), text(item.get("name")), arguments(item.get("arguments")))
    elif kind == "custom_tool_call":
        yield Call(text(item.get("call_id")), text(item.get("name")), text(item.get("input")))
    elif kind in ("function_call_output", "custom_tool_call_output"):
        yield _result(item)
    elif kind == "reasoning":
        yield native("assistant", item, "reasoning")
    else:
        yield native("assistant", item)


def _result(item: dict[str, JSON]) -> Result:
    output = item.get("output")
    if isinstance(output, str):
        return Result(text(item.get("call_id")), (output,))
    parts = [_part("user", part) for part in objects(output)]
    texts = tuple(part.text for part in parts if isinstance(part, Text))
    return Result(text(item.get("call_id")), texts, tuple(part for part in parts if isinstance(part, Media)))


def _part(role: str, part: dict[str, JSON]) -> Part:
    kind = text(part.get("type"))
    if kind in _TEXTS:
        return Text(role, text(part.get(_TEXTS[kind])))
    if kind == "input_image":
        return media(role, "image", part.get("image_url") or part.get("file_id"), detail=part.get("detail"))
    if kind == "input_file":
        return media(role, "file", part.get("file_data") or part.get("file_url") or part.get("file_id"))
    return native(role, part)


def _tool(tool: dict[str, JSON]) -> Tool:
    kind = text(tool.get("type")) or "function"
    schema = canonical(tool.get("parameters") or {}) if kind == "function" else canonical(tool)
    strict = tool.get("strict")
    name, description = text(tool.get("name")), text(tool.get("description"))
    strict = strict if isinstance(strict, bool) else None
    return Tool(name, description, schema, kind, strict, more(tool) if kind == "function" else "{}")


def _marks(item: dict[str, JSON]) -> Iterator[Mark]:
    role = text(item.get("role"))
    yield from marks(place(role, item), item)
    for part in objects(item.get("content")):
        yield from marks(place(role, part), part)
