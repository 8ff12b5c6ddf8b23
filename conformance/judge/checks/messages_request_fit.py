"""Whether a message matches its request: tools, formats, stop sequences and limits.

Sources: https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use and
https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get
from conformance.judge.checks import breach, check
from conformance.judge.checks.messages import CUT_OFF, FAMILY, located, stop_reason, whole
from conformance.judge.counts import misses
from conformance.protocol.adhoc_schema import validation_error
from conformance.protocol.answers.messages import Block
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show
from conformance.protocol.token_limit import token_limit

_UNFORCED = (*CUT_OFF, "pause_turn")
"""Stop reasons of messages that may end before a forced call."""


@check("messages.tool-use.declared", families=FAMILY, on="final")
def declared(reading: Reading) -> Iterator[Breach]:
    """Called tools are declared. Not checked with toolsets, which add tools without naming them."""
    names = _names(reading.sent)
    if names is None:
        return
    for at, block in located(reading.final, "tool_use"):
        name = get(block, "/name", str)
        if name and name not in names and not block.get("toolset_name"):
            yield breach(
                "messages.tool-use.declared", f"one of the declared tools {show(names)}", show(name), f"{at}/name"
            )


@check("messages.server-tool-use.declared", families=FAMILY, on="final")
def served(reading: Reading) -> Iterator[Breach]:
    """There are no calls and results of server tools if the request enables none."""
    if _names(reading.sent) is None or _serves(reading.sent):
        return
    for at, block in located(reading.final):
        kind = str(block.get("type"))
        if kind in ("server_tool_use", "mcp_tool_use") or kind.endswith("_tool_result"):
            expected = "no block of a server tool, because the request enables none"
            yield breach("messages.server-tool-use.declared", expected, kind, at)


def _names(sent: JSON) -> list[str] | None:
    """Return the names of the request's tools; None if the request does not name all of them."""
    if not isinstance(sent, dict) or "thread" in sent:
        return None
    names = [get(tool, "/name", str) for tool in get(sent, "/tools", list) or ()]
    return None if None in names else [name for name in names if name is not None]


def _serves(sent: JSON) -> bool:
    """Whether the request enables server tools or skills. Typed tools of the client, such as bash_20250124, do not."""
    kinds = [get(tool, "/type", str) for tool in get(sent, "/tools", list) or ()]
    enabling = ("container", "mcp_servers")
    return any(kind and not kind.startswith(_CLIENT_TOOLS) for kind in kinds) or any(name in sent for name in enabling)


_CLIENT_TOOLS = ("custom", "bash_", "text_editor_", "computer_", "memory_")
"""Starts of the types of tools that the client runs."""


@check("messages.tool-use.fits-schema", "messages.tool-use.strict", families=FAMILY, on="final")
def inputs(reading: Reading) -> Iterator[Breach]:
    """The input of a complete call is valid under the schema of its tool."""
    message = whole(reading)
    if stop_reason(message) in CUT_OFF:
        return
    tools = _by_name(reading.sent)
    for at, block in located(message, "tool_use"):
        tool, value = tools.get(get(block, "/name", str) or ""), get(block, "/input", dict)
        problem = "" if tool is None or value is None else validation_error(value, tool.get("input_schema"))
        if tool and problem:
            strict = tool.get("strict") is True
            rule = "messages.tool-use.strict" if strict else "messages.tool-use.fits-schema"
            yield breach(rule, f"input that matches the schema of {block['name']}", problem, f"{at}/input")


def _by_name(sent: JSON) -> Mapping[str, Block]:
    tools = [tool for tool in get(sent, "/tools", list) or () if isinstance(tool, dict)]
    return {name: tool for tool in tools if isinstance(name := tool.get("name"), str)}


@check("messages.tool-choice.any", "messages.tool-choice.tool", families=FAMILY, on="final")
def forced(reading: Reading) -> Iterator[Breach]:
    """A forced tool is called, on the client or on the server."""
    message = whole(reading)
    choice = get(reading.sent, "/tool_choice/type", str)
    if not message or choice not in ("any", "tool") or stop_reason(message) in _UNFORCED or not _offered(reading.sent):
        return
    called = [get(block, "/name", str) for _, block in located(message, "tool_use", "server_tool_use", "mcp_tool_use")]
    wanted = get(reading.sent, "/tool_choice/name", str)
    if choice == "any" and not called:
        yield breach("messages.tool-choice.any", "a tool call", "none", "/content")
    if choice == "tool" and wanted not in called:
        yield breach("messages.tool-choice.tool", f"a call to {wanted}", show(called), "/content")


def _offered(sent: JSON) -> bool:
    """Whether the request has the tool that its tool_choice forces. (Cases check that other requests are refused.)"""
    names = [get(tool, "/name", str) for tool in get(sent, "/tools", list) or ()]
    wanted = get(sent, "/tool_choice/name", str)
    return bool(names) if wanted is None or None in names else wanted in names


@check("messages.tool-choice.none", families=FAMILY, on="final")
def forbidden(reading: Reading) -> Iterator[Breach]:
    """There is no call if tool_choice is `none`."""
    if get(reading.sent, "/tool_choice/type", str) == "none":
        for at, block in located(reading.final, "tool_use"):
            yield breach("messages.tool-choice.none", "no tool call", show(block.get("name")), at)


@check("messages.tool-choice.one-call", families=FAMILY, on="final")
def one_call(reading: Reading) -> Iterator[Breach]:
    """At most one client tool is called if parallel calls are disabled."""
    calls = list(located(reading.final, "tool_use"))
    if get(reading.sent, "/tool_choice/disable_parallel_tool_use", bool) and len(calls) > 1:
        yield breach("messages.tool-choice.one-call", "at most one tool call", f"{len(calls)} calls", calls[1][0])


@check("messages.stop-sequence.left-out", families=FAMILY, on="final")
def left_out(reading: Reading) -> Iterator[Breach]:
    """No text contains a stop sequence of the request."""
    asked = [stop for stop in get(reading.sent, "/stop_sequences", list) or () if isinstance(stop, str) and stop]
    for at, block in located(reading.final, "text"):
        text = get(block, "/text", str) or ""
        for stop in asked:
            if stop in text:
                got = show(text[max(0, text.index(stop) - 40) :])
                yield breach("messages.stop-sequence.left-out", f"text without {show(stop)}", got, f"{at}/text")


@check("messages.max-tokens.kept", families=FAMILY, on="final")
def length(reading: Reading) -> Iterator[Breach]:
    """The message does not exceed max_tokens. With server tools and compaction, the limit applies to each part."""
    limit, count = token_limit(reading.sent, reading.family.name), get(whole(reading), "/usage/output_tokens", int)
    if limit is not None and limit >= 0 and count is not None and count > limit and _is_one_sample(reading):
        yield breach("messages.max-tokens.kept", f"at most {limit} tokens", str(count), "/usage/output_tokens")


@check("messages.max-tokens.counted", families=FAMILY, on="final")
def counted(reading: Reading) -> Iterator[Breach]:
    """The token count of a truncated message is the limit; otherwise it is wrong, taken too early, or estimated."""
    message = whole(reading)
    limit, count = token_limit(reading.sent, reading.family.name), get(message, "/usage/output_tokens", int)
    cut = stop_reason(message) == "max_tokens" and _is_one_sample(reading)
    if cut and limit is not None and count is not None and misses(count, limit):
        yield breach("messages.max-tokens.counted", f"{limit} tokens", str(count), "/usage/output_tokens")


def _is_one_sample(reading: Reading) -> bool:
    """Whether the model wrote the message at once, without server tools and compaction between its parts."""
    once = all(block.get("type") in _ONE_SAMPLE for _, block in located(reading.final))
    return once and get(reading.sent, "/context_management", dict) is None


_ONE_SAMPLE = ("text", "thinking", "redacted_thinking", "tool_use")


@check("messages.output-format.json", "messages.output-format.schema", families=FAMILY, on="final")
def output_format(reading: Reading) -> Iterator[Breach]:
    """The text of a complete message is a document in the requested format."""
    message = whole(reading)
    schema = _format(reading.sent)
    if schema is None or stop_reason(message) != "end_turn":
        return
    texts = [get(block, "/text", str) or "" for _, block in located(message, "text")]
    read = [parse(text) for text in ("".join(texts), *texts[-1:])]
    documents = [value for value, problem in read if not problem]
    if not documents:
        yield breach("messages.output-format.json", "a JSON document", show("".join(texts)), "/content")
    elif problem := min((validation_error(document, schema) for document in documents), key=len):
        yield breach("messages.output-format.schema", "JSON that matches the requested schema", problem, "/content")


def _format(sent: JSON) -> JSON:
    """Return the requested schema; in the first beta it was in `output_format`."""
    for at in ("/output_config/format", "/output_format"):
        if get(sent, f"{at}/type", str) == "json_schema":
            return get(sent, f"{at}/schema", dict)
    return None
