"""Reads a request of Messages. Source: anthropic 2.14, types/message_create_params.py."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON
from conformance.protocol.asked.form import MODES, Asked, Call, Choice, Mark, Media, Part, Result, Text, Tool
from conformance.protocol.asked.read import (
    arguments,
    canonical,
    marks,
    media,
    members,
    more,
    native,
    objects,
    place,
    text,
)

_MEDIA = {"image": "image", "document": "file"}
_SOURCES = ("data", "url", "file_id")


def asked(body: dict[str, JSON]) -> Asked:
    """The content of a request."""
    return Asked(
        model=body.get("model"),
        parts=tuple(_parts(body)),
        tools=tuple(_tool(tool) for tool in objects(body.get("tools"))),
        choice=_choice(body.get("tool_choice")),
        marks=tuple(_marks(body)),
        enclosed=tuple(found for content in _user_contents(body) for found in _enclosed(content) if found.strip()),
    )


def _parts(body: dict[str, JSON]) -> Iterator[Part]:
    yield from _content("system", body.get("system"))
    for message in objects(body.get("messages")):
        yield from _content(text(message.get("role")), message.get("content"))


def _content(role: str, content: JSON) -> Iterator[Part]:
    if isinstance(content, str):
        yield Text(role, content)
    for block in objects(content):
        yield _part(role, block)


def _part(role: str, block: dict[str, JSON]) -> Part:
    kind = text(block.get("type"))
    if kind == "text":
        return Text(role, text(block.get("text")))
    if kind in _MEDIA and _is_media(members(block.get("source"))):
        source = members(block.get("source"))
        data = next((source[name] for name in _SOURCES if source.get(name)), None)
        return media(role, _MEDIA[kind], data, text(source.get("media_type")))
    if kind == "tool_use":
        return Call(text(block.get("id")), text(block.get("name")), arguments(block.get("input")))
    if kind == "tool_result":
        return _result(block)
    return native(role, block, "reasoning" if kind in ("thinking", "redacted_thinking") else "other")


def _user_contents(body: dict[str, JSON]) -> Iterator[JSON]:
    """The content of each message, and that of the tool results in it."""
    for _, content in _contents(body):
        yield content
        yield from (block.get("content") for block in objects(content) if block.get("type") == "tool_result")


def _enclosed(content: JSON) -> Iterator[str]:
    """The texts of documents and of search results."""
    for block in objects(content):
        if block.get("type") in ("document", "search_result"):
            source = members(block.get("source"))
            yield from (text(block.get(name)) for name in ("title", "context", "source"))
            yield text(source.get("data")) if source.get("type") == "text" else text(source.get("content"))
            for inner in (*objects(source.get("content")), *objects(block.get("content"))):
                yield text(inner.get("text"))


def _is_media(source: dict[str, JSON]) -> bool:
    """Whether a source has bytes, a URL or a file; documents may also have text."""
    return source.get("type") in ("base64", "url", "file")


def _result(block: dict[str, JSON]) -> Result:
    parts = list(_content("user", block.get("content")))
    texts = tuple(part.text for part in parts if isinstance(part, Text))
    images = tuple(part for part in parts if isinstance(part, Media))
    return Result(text(block.get("tool_use_id")), texts, images, block.get("is_error") is True)


def _tool(tool: dict[str, JSON]) -> Tool:
    name, description, strict = text(tool.get("name")), text(tool.get("description")), tool.get("strict")
    strict = strict if isinstance(strict, bool) else None
    if tool.get("type") in (None, "custom"):
        return Tool(name, description, canonical(tool.get("input_schema") or {}), "function", strict, more(tool))
    own = {key: member for key, member in tool.items() if key != "cache_control"}
    return Tool(name, description, canonical(own), text(tool.get("type")), strict)


def _choice(value: JSON) -> Choice:
    chosen = members(value)
    several = chosen.get("disable_parallel_tool_use") is not True
    kind = text(chosen.get("type")) or "auto"
    if kind == "tool":
        return Choice("named", text(chosen.get("name")), several)
    return Choice(MODES[kind], "", several) if kind in MODES else Choice("other", canonical(chosen), several)


def _marks(body: dict[str, JSON]) -> Iterator[Mark]:
    yield from marks("the request", body)
    for tool in objects(body.get("tools")):
        yield from marks(f"tool {text(tool.get('name'))}", tool)
    for role, content in (("system", body.get("system")), *_contents(body)):
        for block in objects(content):
            yield from marks(place(role, _bare(block)), block)
            for inner in objects(block.get("content")):
                yield from marks(place(f"{role} in a result", inner), inner)


def _contents(body: dict[str, JSON]) -> Iterator[tuple[str, JSON]]:
    return ((text(message.get("role")), message.get("content")) for message in objects(body.get("messages")))


def _bare(block: dict[str, JSON]) -> dict[str, JSON]:
    """A block without the blocks in it, which have marks of their own."""
    return {key: value for key, value in block.items() if key != "content"}
