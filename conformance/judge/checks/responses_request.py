"""Whether a response matches its request: tools, tool_choice, format and limits.

Sources: https://platform.openai.com/docs/api-reference/responses/create,
https://platform.openai.com/docs/guides/function-calling, https://platform.openai.com/docs/guides/structured-outputs
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.pointer import each, get, values
from conformance.judge.checks import breach, check
from conformance.judge.counts import far_below
from conformance.protocol.adhoc_schema import validation_error
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show
from conformance.protocol.token_limit import token_limit

_FAMILY = ("responses",)
_LOADERS = ("namespace", "tool_search", "mcp", "programmatic_tool_calling")
"""Tools that add functions which the request does not name."""

_CALL_TYPES = {"function": "function_call", "custom": "custom_tool_call"}
"""The type of a call, by the type of the tool."""

_SMALLEST = 16
"""The smallest limit of output tokens that the API accepts. A smaller one is refused or raised."""


@check("responses.request.tool-declared", families=_FAMILY, on="final")
def declared(reading: Reading) -> Iterator[Breach]:
    """Called functions are declared in the request."""
    names = _functions(reading.sent)
    if names is None:
        return
    for at, call in _calls(reading):
        name = get(call, "/name", str)
        if name is not None and name not in names and get(call, "/namespace", str) is None:
            yield breach(
                "responses.request.tool-declared", f"one of the declared tools {show(names)}", show(name), f"{at}/name"
            )


@check("responses.request.call-type", families=_FAMILY, on="final")
def typed(reading: Reading) -> Iterator[Breach]:
    """A call of a custom tool is a custom_tool_call, a call of a function is a function_call."""
    kinds = _kinds(reading.sent)
    for at, call in _calls(reading):
        kind, name = get(call, "/type", str), get(call, "/name", str)
        wanted = _CALL_TYPES[kinds[name]] if name in kinds and get(call, "/namespace", str) is None else kind
        if kind != wanted:
            yield breach("responses.request.call-type", f"{wanted} for {show(name)}", show(kind), f"{at}/type")


@check("responses.request.namespace", families=_FAMILY, on="final")
def routed(reading: Reading) -> Iterator[Breach]:
    """A call of a tool in a namespace has the tool's name and its namespace."""
    spaces = _namespaces(reading.sent)
    for at, call in _calls(reading):
        name, space = get(call, "/name", str) or "", get(call, "/namespace", str)
        of_tool = {one for tool, one in spaces if tool == name}
        joined = next((pair for pair in spaces if _is_joined(name, *pair)), None)
        if of_tool and space not in of_tool and (name, None) not in spaces:
            expected = f"the namespace {show(min(map(str, of_tool)))} for {show(name)}"
            yield breach("responses.request.namespace", expected, show(space), f"{at}/namespace")
        elif joined and (name, None) not in spaces:
            expected = f"the name {show(joined[0])} and the namespace {show(joined[1])}"
            yield breach("responses.request.namespace", expected, show(name), f"{at}/name")


@check(
    "responses.request.tool-choice-none",
    "responses.request.tool-choice-required",
    "responses.request.tool-choice-named",
    "responses.request.tool-choice-allowed",
    families=_FAMILY,
    on="final",
)
def chosen(reading: Reading) -> Iterator[Breach]:
    """Calls match the tool_choice: none, required, or a named function."""
    choice = get(reading.sent, "/tool_choice", object)
    kind = get(choice, "/type", str)
    names = [get(call, "/name", str) or "" for _, call in _calls(reading)]
    if choice != "none" and not _is_offered(reading.sent, choice):
        return
    if choice == "none" and names:
        yield breach("responses.request.tool-choice-none", "no tool call", f"calls to {show(names)}", "/output")
    elif choice == "required" and _has_ended_well(reading) and not _uses_tools(reading.final):
        yield breach("responses.request.tool-choice-required", "a tool call", "none", "/output")
    elif kind in _CALL_TYPES and (name := get(choice, "/name", str)) and (set(names) - {name} or not names):
        if names or _has_ended_well(reading):
            yield breach("responses.request.tool-choice-named", f"a call to {show(name)}", show(names), "/output")
    elif kind == "allowed_tools":
        yield from _allowed(choice, names)


@check("responses.request.parallel", families=_FAMILY, on="final")
def one_at_a_time(reading: Reading) -> Iterator[Breach]:
    """At most one function is called if parallel_tool_calls is false."""
    calls = len(list(_calls(reading)))
    if get(reading.sent, "/parallel_tool_calls", bool) is False and calls > 1 and _functions(reading.sent) is not None:
        yield breach("responses.request.parallel", "at most one call", f"{calls} calls", "/output")


@check("responses.request.format-json", "responses.request.format-schema", families=_FAMILY, on="final")
def formatted(reading: Reading) -> Iterator[Breach]:
    """A text with a JSON format is JSON, and valid under its schema if that is strict.

    A format without a schema is not checked; a case checks that such a request is refused.
    """
    wanted = get(reading.sent, "/text/format", dict)
    kind = get(wanted, "/type", str)
    text = _last_text(reading.final)
    remark = any(_is_call(item) for item in values(reading.final, "/output/*"))
    schema = get(wanted, "/schema", dict)
    formed = kind == "json_object" or (kind == "json_schema" and schema is not None)
    if not formed or not text or remark or not _has_ended_well(reading):
        return
    value, problem = parse(text)
    if problem or (kind == "json_object" and not isinstance(value, dict)):
        yield breach("responses.request.format-json", "JSON", f"{show(text)} ({problem or 'not an object'})", "/output")
        return
    strict = kind == "json_schema" and get(wanted, "/strict", bool) is not False
    if strict and (error := validation_error(value, schema)):
        yield breach("responses.request.format-schema", "JSON that matches the requested schema", error, "/output")


@check("responses.request.max-output-tokens", families=_FAMILY, on="final")
def within_limit(reading: Reading) -> Iterator[Breach]:
    """The output does not exceed max_output_tokens.

    Not checked with hosted tools, which take several turns, and in pro mode, which counts several attempts.
    """
    limit, used = token_limit(reading.sent, reading.family.name), get(reading.final, "/usage/output_tokens", int)
    several = any(_is_tool_use(item) and not _is_call(item) for item in values(reading.final, "/output/*"))
    several = several or get(reading.sent, "/reasoning/mode", str) == "pro"
    if limit is not None and limit >= _SMALLEST and used is not None and used > limit and not several:
        got = f"{used} output tokens"
        yield breach(
            "responses.request.max-output-tokens", f"at most {limit} output tokens", got, "/usage/output_tokens"
        )


@check("responses.request.limit-counted", families=_FAMILY, on="final")
def counted_to_limit(reading: Reading) -> Iterator[Breach]:
    """The token count of a truncated answer is near the limit; otherwise it is wrong, or was taken too early."""
    limit, used = token_limit(reading.sent, reading.family.name), get(reading.final, "/usage/output_tokens", int)
    cut = get(reading.final, "/incomplete_details/reason", str) == "max_output_tokens"
    if cut and limit is not None and used is not None and far_below(used, limit):
        yield breach(
            "responses.request.limit-counted",
            f"about {limit} output tokens",
            f"{used} output tokens",
            "/usage/output_tokens",
        )


@check("responses.request.logprobs", "responses.request.encrypted-reasoning", families=_FAMILY, on="final")
def included(reading: Reading) -> Iterator[Breach]:
    """The answer has what `include` requests."""
    asked = get(reading.sent, "/include", list) or []
    if "message.output_text.logprobs" in asked:
        for at, part in each(reading.final, "/output/*/content/*"):
            if get(part, "/text", str) and get(part, "/type", str) == "output_text" and not part.get("logprobs"):
                yield breach("responses.request.logprobs", "logprobs, as requested", "none", f"{at}/logprobs")
    if "reasoning.encrypted_content" in asked and get(reading.final, "/status", str) == "completed":
        for at, item in each(reading.final, "/output/*"):
            if get(item, "/type", str) == "reasoning" and not item.get("encrypted_content"):
                rule = "responses.request.encrypted-reasoning"
                yield breach(rule, "encrypted_content, as requested", "none", f"{at}/encrypted_content")


@check("responses.request.obfuscation", families=_FAMILY, on="stream")
def unobfuscated(reading: Reading) -> Iterator[Breach]:
    """Deltas have no padding if include_obfuscation is false."""
    if get(reading.sent, "/stream_options/include_obfuscation", bool) is not False:
        return
    for parsed in reading.events:
        if isinstance(parsed.json, dict) and parsed.json.get("obfuscation"):
            number = parsed.event.number
            yield breach("responses.request.obfuscation", "no obfuscation", "a padded delta", "/obfuscation", number)


def _is_offered(sent: JSON, choice: JSON) -> bool:
    """Whether the request has the tool that its tool_choice forces. (Cases check that other requests are refused.)"""
    functions = _functions(sent)
    if functions is None:
        return True
    name = get(choice, "/name", str) if get(choice, "/type", str) in _CALL_TYPES else None
    return bool(get(sent, "/tools", list)) if name is None else name in functions


def _functions(sent: JSON) -> list[str] | None:
    """Return the names of the request's functions; None if the request does not name all of them."""
    tools = values(sent, "/tools/*")
    kinds = {get(tool, "/type", str) for tool in tools}
    added = any(get(item, "/type", str) == "additional_tools" for item in values(sent, "/input/*"))
    if not isinstance(sent, dict) or sent.get("prompt") is not None or added or kinds & set(_LOADERS):
        return None
    return [name for tool in tools if (name := _name(tool)) is not None]


def _is_joined(name: str, tool: str, space: str | None) -> bool:
    """Whether a name is that of a namespace, a separator, and that of a tool in it: `crm__lookup` or `crm.lookup`."""
    return space is not None and bool(re.fullmatch(rf"{re.escape(space)}[^a-zA-Z0-9]{{0,3}}{re.escape(tool)}", name))


def _namespaces(sent: JSON) -> list[tuple[str, str | None]]:
    """Return the name and the namespace of each tool that the client runs, wherever the request declares it."""
    places = ("/tools/*", "/input/*/tools/*")
    tools = [tool for place in places for tool in values(sent, place)]
    plain = [(name, None) for tool in tools if get(tool, "/type", str) in _CALL_TYPES and (name := _name(tool))]
    inner = [
        (name, space)
        for tool in tools
        if get(tool, "/type", str) == "namespace" and (space := get(tool, "/name", str))
        for one in values(tool, "/tools/*")
        if (name := _name(one))
    ]
    return [*plain, *inner]


def _kinds(sent: JSON) -> dict[str, str]:
    """Return the type of each tool that the client runs, by name; without names that both types have."""
    tools = [(name, get(tool, "/type", str)) for tool in values(sent, "/tools/*") if (name := _name(tool)) is not None]
    kinds = {name: kind for name, kind in tools if kind in _CALL_TYPES}
    return {name: kind for name, kind in kinds.items() if {other for same, other in tools if same == name} == {kind}}


def _name(tool: JSON) -> str | None:
    """Return a tool's name, also of one in the shape of Chat Completions, which some gateways accept."""
    return get(tool, "/name", str) or get(tool, "/function/name", str)


def _calls(reading: Reading) -> Iterator[tuple[str, JSON]]:
    return ((at, item) for at, item in each(reading.final, "/output/*") if _is_call(item))


def _is_call(item: JSON) -> bool:
    return get(item, "/type", str) in ("function_call", "custom_tool_call")


def _is_tool_use(item: JSON) -> bool:
    kind = get(item, "/type", str)
    return kind is not None and (kind.endswith("_call") or kind.startswith("mcp_") or kind == "program")


def _uses_tools(final: JSON) -> bool:
    return any(_is_tool_use(item) for item in values(final, "/output/*"))


def _has_ended_well(reading: Reading) -> bool:
    """Whether the response is completed and the model did not refuse."""
    refused = reading.answer is not None and bool(reading.answer.refusal)
    return get(reading.final, "/status", str) == "completed" and not refused


def _allowed(choice: JSON, names: list[str]) -> Iterator[Breach]:
    allowed = [name for tool in values(choice, "/tools/*") if (name := get(tool, "/name", str)) is not None]
    for name in names:
        if name not in allowed:
            yield breach(
                "responses.request.tool-choice-allowed",
                f"one of the allowed tools {show(allowed)}",
                show(name),
                "/output",
            )


def _last_text(final: JSON) -> str:
    """Return the text of the last message that is an answer, not a comment before a call."""
    messages = [item for item in values(final, "/output/*") if _is_answer(item)]
    parts = each(messages[-1], "/content/*") if messages else ()
    return "".join(get(part, "/text", str) or "" for _, part in parts)


def _is_answer(item: JSON) -> bool:
    return get(item, "/type", str) == "message" and get(item, "/phase", str) != "commentary"
