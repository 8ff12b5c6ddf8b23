"""The tools that a Responses request offers, wherever it declares them.

Functions and custom tools are declared in `tools`, inside of a namespace, in an `additional_tools` item, or in the
output of a tool search. Hosted tools run at the provider: `hosted.py`.

Source: openai-python 3.57 openai/types/responses/tool_param.py and response_input_item_param.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..prompt import JSON, Tool

_CALLABLE = ("function", "custom")
_DECLARING = ("additional_tools", "tool_search_output")
SEARCH = "tool_search"


def kind(type_: str) -> str:
    """The type of a hosted tool without its version: `web_search` of `web_search_preview_2025_03_11`."""
    return re.sub(r"_\d.*", "", type_).removesuffix("_preview").removesuffix("_use")


def declared(body: Mapping[str, Any], history: Sequence[JSON] | None = None) -> list[JSON]:
    """The tools of a request and of its items, those in namespaces not yet taken out."""
    given = body.get("input")
    items = history if history is not None else given if isinstance(given, list) else ()
    later = (tool for item in items if item.get("type") in _DECLARING for tool in item["tools"])
    return [*(body.get("tools") or []), *later]


def callable_tools(tools: Iterable[JSON]) -> Iterator[tuple[JSON, str]]:
    """The functions and custom tools, each with its namespace or ""."""
    for tool in tools:
        if tool["type"] in _CALLABLE:
            yield tool, ""
        elif tool["type"] == "namespace":
            yield from ((inner, tool["name"]) for inner in tool["tools"])


def offered(tools: Iterable[JSON]) -> Iterator[Tool]:
    """The tools as the model sees them. A tool search is one of them if the client runs it."""
    tools = list(tools)
    for tool, namespace in callable_tools(tools):
        yield _tool(tool, namespace)
    for tool in tools:
        if tool["type"] == SEARCH and tool.get("execution") == "client":
            yield Tool(SEARCH, tool.get("description") or "", tool.get("parameters") or {}, search=True)


def _tool(tool: JSON, namespace: str) -> Tool:
    custom, strict = tool["type"] == "custom", tool.get("strict") is not False
    description, schema = tool.get("description") or "", tool.get("parameters") or {}
    return Tool(tool["name"], description, schema, custom, strict, namespace)
