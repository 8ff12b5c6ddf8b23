"""The beginnings of a Messages prompt that the request marks with `cache_control`.

A prompt is read in the order tools, system, messages; each mark caches all that comes before it.
Source: https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..cache import Beginning
from ..identity import Seal
from ..prompt import JSON
from ..tokens import of_prompt
from .history import blocks
from .parse import parse

_MARK = "cache_control"


def beginnings(body: JSON, seal: Seal) -> list[Beginning]:
    """The marked beginnings, the shortest first."""
    whole = of_prompt(parse(body, seal))
    return [_beginning(body, part, mark, seal, whole) for part, mark in _marked(body)]


def _marked(body: JSON) -> Iterator[tuple[JSON, JSON]]:
    """The body up to each mark, and the mark."""
    tools, system, messages = body.get("tools") or [], body.get("system") or [], body["messages"]
    system = [{"type": "text", "text": system}] if isinstance(system, str) else system
    for at, tool in enumerate(tools, 1):
        if tool.get(_MARK):
            yield {"tools": tools[:at], "messages": []}, tool[_MARK]
    for at, block in enumerate(system, 1):
        if block.get(_MARK):
            yield {"tools": tools, "system": system[:at], "messages": []}, block[_MARK]
    for index, message in enumerate(messages):
        for at, block in enumerate(blocks(message), 1):
            if block.get(_MARK):
                last = {**message, "content": blocks(message)[:at]}
                yield {"tools": tools, "system": system, "messages": [*messages[:index], last]}, block[_MARK]
    if body.get(_MARK):
        yield {"tools": tools, "system": system, "messages": messages}, body[_MARK]


def _beginning(body: JSON, part: JSON, mark: JSON, seal: Seal, whole: int) -> Beginning:
    """The beginning counts as in its request, whose choice can leave tools out.

    Its messages alone can have more tokens than the whole prompt: later ones clear a message, or find other tools.
    """
    text = json.dumps([body["model"], _plain(part)], sort_keys=True)
    counted = of_prompt(parse({**part, "tool_choice": body.get("tool_choice")}, seal))
    return Beginning(text, min(counted, whole), mark.get("ttl") == "1h")


def _plain(value: JSON) -> JSON:
    """The value without marks, so that a beginning is the same wherever later marks are."""
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items() if key != _MARK}
    return [_plain(member) for member in value] if isinstance(value, list) else value
