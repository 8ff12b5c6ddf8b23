"""Responses requests, read into an `Ask`.

Source: `openai/types/responses/response_create_params.py` and `response_input_item_param.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from conformance.core.model import JSON
from conformance.reference.gateway.families import RESPONSES
from conformance.reference.gateway.translate.ask import (
    Ask,
    Call,
    File,
    Image,
    Output,
    Part,
    Result,
    Text,
    Thought,
    Turn,
)
from conformance.reference.gateway.translate.fates import SHARED
from conformance.reference.gateway.translate.responses_tools import (
    DECLARING,
    SEARCH,
    Declared,
    choice,
    declared,
    upstream_name,
)
from conformance.reference.gateway.translate.values import Reader, missing, unknown_kind

LEAST_CAP = 16
"""The least `max_output_tokens`."""

LOGPROBS = "message.output_text.logprobs"
ENCRYPTED = "reasoning.encrypted_content"


def read(body: JSON) -> Ask:
    """The request in the form between. Raises UnusableError for what cannot be translated."""
    top = Reader(RESPONSES, body)
    instructions = top.get("instructions", "a string")
    found = declared(top)
    turns = _turns(top, found)
    texts = [part.text for turn in turns[: _leading(turns)] for part in turn.parts if isinstance(part, Text)]
    reasoning, text, options = top.inner("reasoning"), top.inner("text"), top.inner("stream_options")
    include = top.texts("include")
    return Ask(
        model=top.text("model"),
        turns=tuple(turns[_leading(turns) :]),
        body=top.value,
        system=(*([instructions] if instructions else []), *texts),
        tools=found.tools,
        web=found.web,
        finds=found.finds,
        choice=choice(top, found),
        parallel=top.get("parallel_tool_calls", "a boolean"),
        cap=top.at_least("max_output_tokens", LEAST_CAP),
        temperature=top.get("temperature", "a number"),
        top_p=top.get("top_p", "a number"),
        output=_output(text),
        effort=reasoning.get("effort", "a string"),
        thinks=bool(reasoning.get("summary", "a string")),
        signed=ENCRYPTED in include,
        logprobs=LOGPROBS in include,
        top_logprobs=top.get("top_logprobs", "an integer"),
        verbosity=text.get("verbosity", "a string"),
        user=top.get("safety_identifier", "a string") or top.get("user", "a string"),
        stream=bool(top.get("stream", "a boolean")),
        include_usage=True,
        obfuscation=options.get("include_obfuscation", "a boolean"),
        shared={name: top.value[name] for name in SHARED if top.value.get(name) is not None},
    )


def _leading(turns: Sequence[Turn]) -> int:
    return next((index for index, turn in enumerate(turns) if turn.role != "system"), len(turns))


def _turns(top: Reader, found: Declared) -> list[Turn]:
    """The turns of the items; what the assistant says and calls in a row is one turn."""
    given = top.value.get("input")
    if given is None or given == []:
        raise missing(RESPONSES, "input")
    if isinstance(given, str):
        return [Turn("user", (Text(given),))]
    single = [turn for item in top.each("input") for turn in _turn(item, found)]
    turns: list[Turn] = []
    for role, group in groupby(single, lambda turn: turn.role):
        members = list(group)
        joined = role in ("assistant", "tool")
        turns += [Turn(role, tuple(part for turn in members for part in turn.parts))] if joined else members
    return turns


def _turn(item: Reader, found: Declared) -> Iterator[Turn]:
    kind = item.value.get("type") or "message"
    if kind == "message":
        role = item.text("role")
        if role not in ("user", "assistant", "system", "developer"):
            raise unknown_kind(RESPONSES, item.at("role"), role)
        known: Any = "system" if role == "developer" else role
        yield Turn(known, tuple(_content(item, "content")))
    elif kind in ("function_call", "custom_tool_call"):
        custom = kind == "custom_tool_call"
        arguments = item.text("input" if custom else "arguments")
        yield Turn("assistant", (Call(item.text("call_id"), upstream_name(item, found.tools), arguments, custom),))
    elif kind in ("function_call_output", "custom_tool_call_output"):
        parts: Any = tuple(_content(item, "output"))
        if item.value.get("call_id") is None:
            named = Text(f"Output of {item.get('name', 'a string') or 'a tool'}:")
            yield Turn("user", (named, *parts))
            return
        yield Turn("tool", (Result(item.text("call_id"), parts, custom=kind.startswith("custom")),))
    elif kind in ("tool_search_call", "tool_search_output"):
        yield from _searched(item)
    elif kind == "reasoning":
        said = "\n".join(part.text("text") for part in item.each("summary"))
        yield Turn("assistant", (Thought(said, item.get("encrypted_content", "a string") or ""),))
    elif kind not in DECLARING:
        raise unknown_kind(RESPONSES, item.path, kind)


def _searched(item: Reader) -> Iterator[Turn]:
    """A tool search that the client ran, as a call and its result. One that the provider ran leaves only its tools."""
    if item.value.get("execution") != "client":
        return
    id_ = item.text("call_id")
    if item.value["type"] == "tool_search_call":
        yield Turn("assistant", (Call(id_, SEARCH, json.dumps(item.get("arguments", "an object") or {})),))
    else:
        names = [name for tool in item.each("tools") if (name := tool.get("name", "a string"))]
        yield Turn("tool", (Result(id_, (Text(f"Found tools: {', '.join(names) or 'none'}"),)),))


def _content(item: Reader, name: str) -> Iterator[Part]:
    given = item.value.get(name)
    if isinstance(given, str):
        yield Text(given)
        return
    if given is None:
        raise missing(RESPONSES, item.at(name))
    for part in item.each(name):
        kind = part.value.get("type")
        if kind in ("input_text", "output_text"):
            yield Text(part.text("text"), cached=bool(part.inner("prompt_cache_breakpoint").value))
        elif kind == "refusal":
            yield Text(part.text("refusal"), refusal=True)
        elif kind == "input_image" and part.value.get("image_url"):
            yield Image(part.text("image_url"), part.get("detail", "a string"))
        elif kind == "input_file":
            url = part.get("file_data", "a string") or part.get("file_url", "a string") or ""
            yield File(url, part.get("filename", "a string") or "", part.get("file_id", "a string") or "")
        else:
            raise unknown_kind(RESPONSES, part.path, kind)


def _output(text: Reader) -> Output | None:
    given = text.inner("format")
    kind = given.value.get("type")
    if kind in (None, "text"):
        return None
    if kind == "json_object":
        return Output(None)
    if kind != "json_schema":
        raise unknown_kind(RESPONSES, given.path, kind)
    strict, description = given.get("strict", "a boolean"), given.get("description", "a string")
    return Output(given.required("schema", "an object"), given.text("name"), description, strict)
