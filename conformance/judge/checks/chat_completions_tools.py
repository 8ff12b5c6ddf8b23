"""Whether the tool calls of a completion match the request's tools and tool_choice.

Sources: https://platform.openai.com/docs/guides/function-calling and
https://platform.openai.com/docs/api-reference/chat/create (tool_choice, parallel_tool_calls).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.model import JSON, Breach
from conformance.core.pointer import get, values
from conformance.judge.checks import breach, check
from conformance.judge.checks.chat_completions import FAMILIES, WILLING, calls, failed, messages
from conformance.protocol.adhoc_schema import validation_error
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show

Tool = Mapping[str, JSON]


def declared(sent: JSON) -> dict[str, Tool]:
    """Return the tools of a request by name, including custom tools and the deprecated functions."""
    tools: list[JSON] = []
    for tool in get(sent, "/tools", list) or ():
        tools += [get(tool, f"/{kind}", dict) for kind in ("function", "custom")]
    tools += get(sent, "/functions", list) or []
    return {name: tool for tool in tools if (name := get(tool, "/name", str))}


def named(message: JSON) -> list[tuple[str, str]]:
    """Return (pointer within the message, name) for each tool that a message calls."""
    places = [(f"{at}/{kind}/name", get(call, f"/{kind}/name", str)) for at, call in calls(message) for kind in _KINDS]
    places.append(("/function_call/name", get(message, "/function_call/name", str)))
    return [(at, name) for at, name in places if name]


_KINDS = ("function", "custom")


@check("chat.tool-call.declared", families=FAMILIES, on="final", needs=("request",))
def calls_what_is_declared(reading: Reading) -> Iterator[Breach]:
    """Every called tool is declared in the request."""
    if not isinstance(reading.sent, dict):
        return
    names = declared(reading.sent)
    for at, message, _ in messages(reading.final):
        for pointer, name in named(message):
            if name not in names:
                expected = f"one of the declared tools {show(list(names))}"
                yield breach("chat.tool-call.declared", expected, show(name), at + pointer)


@check("chat.tool-call.kind", families=FAMILIES, on="final", needs=("request",))
def kinds(reading: Reading) -> Iterator[Breach]:
    """Calls have the type of their tool. (The deprecated functions have no type.)"""
    offered = [(name, kind) for kind in _KINDS for name in values(reading.sent, f"/tools/*/{kind}/name")]
    for at, message, _ in messages(reading.final):
        for pointer, name in named(message):
            kind = pointer.split("/")[-2]
            wanted = [declared_kind for declared_name, declared_kind in offered if declared_name == name]
            if wanted and kind in _KINDS and kind not in wanted:
                yield breach("chat.tool-call.kind", f"a call of the type {' or '.join(wanted)}", kind, at + pointer)


@check(
    "chat.tool-call.arguments-strict",
    "chat.tool-call.arguments-fit",
    families=FAMILIES,
    on="final",
    needs=("request",),
)
def arguments_fit(reading: Reading) -> Iterator[Breach]:
    """Arguments are valid under the tool's parameters. Strictness is only promised without parallel calls."""
    if failed(reading):
        return
    tools = declared(reading.sent)
    for at, message, reason in messages(reading.final):
        found = calls(message)
        for pointer, call in found if reason in WILLING else ():
            tool = tools.get(get(call, "/function/name", str) or "", {})
            arguments = get(call, "/function/arguments", str)
            value, problem = parse(arguments or "")
            strict = tool.get("strict") is True and len(found) == 1
            reason_against = "" if problem else validation_error(value, tool.get("parameters"))
            if reason_against:
                rule = "chat.tool-call.arguments-strict" if strict else "chat.tool-call.arguments-fit"
                expected = f"arguments that match the schema of {get(call, '/function/name', str)}"
                yield breach(rule, expected, reason_against, f"{at}{pointer}/function/arguments")


@check("chat.finish.stop-with-calls", families=FAMILIES, on="final", needs=("request",))
def reason_of_calls(reading: Reading) -> Iterator[Breach]:
    """The finish reason of an unforced call says so. A forced call may end with `stop`, as OpenAI's do."""
    if _forces(reading.sent):
        return
    for at, message, reason in messages(reading.final):
        if reason == "stop" and calls(message):
            yield breach(
                "chat.finish.stop-with-calls", "finish_reason tool_calls", "finish_reason stop, with tool calls", at
            )


def _forces(sent: JSON) -> bool:
    choice = get(sent, "/tool_choice", object)
    mode = get(choice, "/allowed_tools/mode", str)
    return not (choice in (None, "auto", "none") or mode == "auto")


@check("chat.fit.tool-none", families=FAMILIES, on="final", needs=("request",))
def none_forbids(reading: Reading) -> Iterator[Breach]:
    """There is no call if tool_choice is `none`."""
    if get(reading.sent, "/tool_choice", str) == "none" or get(reading.sent, "/function_call", str) == "none":
        for at, message, _ in messages(reading.final):
            for pointer, name in named(message):
                yield breach("chat.fit.tool-none", "no tool call", show(name), at + pointer)


@check("chat.fit.tool-forced", "chat.fit.tool-required", families=FAMILIES, on="final", needs=("request",))
def forced_is_called(reading: Reading) -> Iterator[Breach]:
    """A forced tool is called, unless the model refused, or was cut off before.

    Not checked if the request does not declare the forced tool; a case checks that such a request is refused.
    """
    offered, wanted = declared(reading.sent), _wanted(reading.sent)
    required = get(reading.sent, "/tool_choice", object) == "required" or _mode(reading.sent) == "required"
    if failed(reading) or not offered or not (wanted in offered or (required and not wanted)):
        return
    for at, message, reason in messages(reading.final):
        names = [name for _, name in named(message)]
        if reason not in WILLING or message.get("refusal"):
            continue
        if wanted and set(names) != {wanted}:
            yield breach("chat.fit.tool-forced", f"a call to {wanted} and no other tool", show(names), at)
        elif required and not names:
            yield breach("chat.fit.tool-required", "a tool call", "none", at)


def _wanted(sent: JSON) -> str | None:
    """Return the name of the forced tool, if there is one."""
    places = ("/tool_choice/function/name", "/tool_choice/custom/name", "/function_call/name")
    return next((name for place in places if (name := get(sent, place, str))), None)


def _mode(sent: JSON) -> str | None:
    return get(sent, "/tool_choice/allowed_tools/mode", str)


@check("chat.fit.tool-parallel", families=FAMILIES, on="final", needs=("request",))
def one_call_at_a_time(reading: Reading) -> Iterator[Breach]:
    """There is at most one call if `parallel_tool_calls` is false."""
    if get(reading.sent, "/parallel_tool_calls", bool) is False:
        for at, message, _ in messages(reading.final):
            if (count := len(calls(message))) > 1:
                yield breach("chat.fit.tool-parallel", "at most one call", f"{count} calls", f"{at}/tool_calls")
