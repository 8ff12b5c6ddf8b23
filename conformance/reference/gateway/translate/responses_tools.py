"""The tools of a Responses request, read wherever it declares them: in `tools`, in a namespace, and in items.

- A tool in a namespace goes up by its own name, or as `namespace__name` if several tools have this name.
- A tool search that the client runs is a function. One that the provider runs is a tool of Messages, too; for Chat
  Completions, which has none, nothing is deferred.
- A web search is one of the upstream's. If it may not use the network, it is left out: it finds no more than the model
  already knows, and the upstream's would use the network.
- Other tools that the provider runs are refused, because the answer depends on them.

Source: `openai/types/responses/tool_param.py`, `namespace_tool_param.py` and `response_input_item_param.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from conformance.core.model import JSON
from conformance.reference.gateway.families import RESPONSES
from conformance.reference.gateway.translate.ask import Choice, Tool, WebSearch
from conformance.reference.gateway.translate.values import Reader, unknown_kind

DECLARING = ("additional_tools", "tool_search_output")
"""Items that declare tools."""

SEARCH = "tool_search"
"""The name of the tool search, and the type of the tool."""

_MODES: dict[str, Choice] = {"auto": Choice("auto"), "required": Choice("any"), "none": Choice("none")}
_WEB_SEARCHES = ("web_search", "web_search_2025_08_26")
_ALL_PARAMETERS: JSON = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class Declared:
    """The tools that a request declares: those that the client runs, and two that the provider runs."""

    tools: tuple[Tool, ...] = ()
    web: WebSearch | None = None
    finds: bool = False
    """Whether the provider searches for deferred tools."""


def declared(top: Reader) -> Declared:
    """The tools of a request. Raises UnusableError for one that no other family has, and that cannot be left out."""
    given, later = list(top.each("tools")), list(_in_items(top))
    loaded = [replace(tool, deferred=False) for reader in later for tool in _client_tools(reader)]
    tools = [*(tool for reader in given for tool in _client_tools(reader)), *loaded]
    webs = [_web_search(each) for each in (*given, *later) if _is_online(each)]
    finds = any(_kind(each) == SEARCH and not _is_clients(each) for each in given)
    return Declared(tuple(_named(tools)), webs[0] if webs else None, finds)


def choice(top: Reader, found: Declared) -> Choice | None:
    """The choice among the tools. Raises UnusableError for a tool that the upstream cannot run."""
    given = top.value.get("tool_choice")
    if given is None or isinstance(given, str):
        mode = _MODES.get(given or "")
        if mode and mode.mode == "any" and top.value.get("tools") and not (found.tools or found.web):
            raise unknown_kind(RESPONSES, "tools[0]", _kind(next(top.each("tools"))))
        return mode
    inner = top.inner("tool_choice")
    kind = inner.value.get("type")
    if kind == "allowed_tools":
        names = tuple(_upstream_name(each, found.tools) for each in inner.each("tools"))
        return Choice("any" if inner.text("mode") == "required" else "auto", names)
    return Choice("any", (_upstream_name(inner, found.tools),), named=True)


def upstream_name(item: Reader, tools: Sequence[Tool]) -> str:
    """The name that the tool of a call has at the upstream."""
    name, namespace = item.text("name"), item.get("namespace", "a string") or ""
    found = (tool.name for tool in tools if (tool.called, tool.namespace) == (name, namespace))
    return next(found, f"{namespace}__{name}" if namespace else name)


def _upstream_name(chosen: Reader, tools: Sequence[Tool]) -> str:
    if chosen.value.get("type") not in ("function", "custom"):
        raise unknown_kind(RESPONSES, chosen.path, chosen.value.get("type"))
    return upstream_name(chosen, tools)


def _in_items(top: Reader) -> Iterator[Reader]:
    if isinstance(top.value.get("input"), list):
        for item in top.each("input"):
            if item.value.get("type") in DECLARING:
                yield from item.each("tools")


def _client_tools(tool: Reader) -> Iterator[Tool]:
    """The tools that the client runs, still with its names."""
    kind = _kind(tool)
    if kind in ("function", "custom"):
        yield _tool(tool)
    elif kind == "namespace":
        yield from (replace(_tool(inner), namespace=tool.text("name")) for inner in tool.each("tools"))
    elif kind == SEARCH:
        if _is_clients(tool):
            schema = tool.get("parameters", "an object") or _ALL_PARAMETERS
            yield Tool(SEARCH, tool.get("description", "a string"), schema, called=SEARCH, search=True)
    elif kind not in _WEB_SEARCHES:
        raise unknown_kind(RESPONSES, tool.path, kind)


def _tool(tool: Reader) -> Tool:
    kind = _kind(tool)
    if kind not in ("function", "custom"):
        raise unknown_kind(RESPONSES, tool.path, kind)
    name, description = tool.text("name"), tool.get("description", "a string")
    if kind == "custom":
        return Tool(name, description, custom=True, format=tool.value.get("format"), called=name)
    return Tool(
        name,
        description,
        tool.get("parameters", "an object"),
        tool.get("strict", "a boolean"),
        deferred=bool(tool.get("defer_loading", "a boolean")),
        called=name,
    )


def _named(tools: Sequence[Tool]) -> Iterator[Tool]:
    """The tools with names that tell them apart at the upstream. A later declaration replaces an earlier one."""
    known = {(tool.namespace, tool.called): tool for tool in tools}
    several = Counter(name for _, name in known)
    for (namespace, name), tool in known.items():
        yield replace(tool, name=f"{namespace}__{name}") if namespace and several[name] > 1 else tool


def _kind(tool: Reader) -> JSON:
    return tool.value.get("type")


def _is_clients(search: Reader) -> bool:
    return search.value.get("execution") == "client"


def _is_online(tool: Reader) -> bool:
    return _kind(tool) in _WEB_SEARCHES and tool.get("external_web_access", "a boolean") is not False


def _web_search(tool: Reader) -> WebSearch:
    place = tool.inner("user_location").value
    return WebSearch(
        tool.get("search_context_size", "a string"),
        {name: value for name, value in place.items() if name != "type" and value is not None},
        tool.inner("filters").texts("allowed_domains"),
        tool.path,
    )
