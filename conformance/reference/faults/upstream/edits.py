"""Edits of requests in any family: of their texts, their blocks and their turns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.core.model import JSON
from conformance.reference.changes.documents import Edit

_TEXT_KEYS = ("content", "text", "input", "output", "instructions", "system")
_TURNS = ("messages", "input")


def texts(function: Callable[[str], str]) -> Edit:
    """Edits every text of a prompt: strings and the texts of blocks, also inside of tool results."""

    def edit(body: JSON) -> JSON:
        for name in (*_TURNS, "instructions", "system"):
            if name in body:
                body[name] = _edited(body[name], function, is_text=True)
        return body

    return edit


def _edited(value: JSON, function: Callable[[str], str], *, is_text: bool) -> JSON:
    if isinstance(value, str):
        return function(value) if is_text else value
    if isinstance(value, list):
        return [_edited(each, function, is_text=False) if isinstance(each, dict) else each for each in value]
    if isinstance(value, dict):
        return {
            key: _edited(member, function, is_text=True) if key in _TEXT_KEYS and _is_content(value, key) else member
            for key, member in value.items()
        }
    return value


def _is_content(value: dict[str, Any], key: str) -> bool:
    """Whether a member is content: the input of a tool call is not."""
    return key != "input" or value.get("type") not in ("tool_use", "custom_tool_call")


def turns(function: Callable[[list[Any]], list[Any]]) -> Edit:
    """Edits the list of turns."""

    def edit(body: JSON) -> JSON:
        for name in _TURNS:
            if isinstance(body.get(name), list):
                body[name] = function(body[name])
        return body

    return edit


def blocks(function: Callable[[list[Any]], list[Any]]) -> Edit:
    """Edits the content of every turn that has blocks."""

    def each(turn: JSON) -> JSON:
        has_blocks = isinstance(turn, dict) and isinstance(turn.get("content"), list)
        return {**turn, "content": function(turn["content"])} if has_blocks else turn

    return turns(lambda all_turns: [each(turn) for turn in all_turns])


def tools(function: Callable[[dict[str, Any]], dict[str, Any]]) -> Edit:
    """Edits the definition of every tool, wherever its family has it."""

    def each(tool: JSON) -> JSON:
        if isinstance(tool.get("function"), dict):
            return {**tool, "function": function(tool["function"])}
        return function(tool)

    def edit(body: JSON) -> JSON:
        if isinstance(body.get("tools"), list):
            body["tools"] = [each(tool) for tool in body["tools"]]
        return body

    return edit


def schemas(function: Callable[[dict[str, Any]], dict[str, Any]]) -> Edit:
    """Edits the schema of every tool."""

    def each(tool: dict[str, Any]) -> dict[str, Any]:
        return {key: function(value) if key in ("parameters", "input_schema") else value for key, value in tool.items()}

    return tools(each)


def without(value: JSON, *names: str) -> JSON:
    """A value in which no object, at any depth, has these members."""
    if isinstance(value, dict):
        return {key: without(member, *names) for key, member in value.items() if key not in names}
    return [without(each, *names) for each in value] if isinstance(value, list) else value


def members(name: str, function: Callable[[JSON], JSON]) -> Edit:
    """Edits the member of this name in every object, at any depth."""

    def edit(value: JSON) -> JSON:
        if isinstance(value, dict):
            return {key: function(member) if key == name else edit(member) for key, member in value.items()}
        return [edit(each) for each in value] if isinstance(value, list) else value

    return edit
