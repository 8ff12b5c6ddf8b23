"""Messages requests, read into an `Ask`.

Source: `anthropic/types/message_create_params.py` and https://docs.anthropic.com/en/api/messages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from conformance.core.model import JSON
from conformance.reference.gateway.families import MESSAGES
from conformance.reference.gateway.translate.ask import (
    UNSIGNED,
    Ask,
    Call,
    Choice,
    File,
    Image,
    Output,
    Part,
    Result,
    Text,
    Thought,
    Tool,
    Turn,
    UnusableError,
)
from conformance.reference.gateway.translate.fates import refused
from conformance.reference.gateway.translate.values import Reader, missing, unknown_kind, wrong

VERSION, _NEWER = "2023-06-01", "2026-10-21"
"""The versions of the API. Requests from other families go up with the older one, which has sampling parameters."""

_MODES: dict[JSON, Choice] = {"auto": Choice("auto"), "any": Choice("any"), "none": Choice("none")}
_BUDGETS = ((4_096, "low"), (16_384, "medium"))
"""Below these budgets of thinking tokens, the effort is this one; above them it is high."""


def read(body: JSON) -> Ask:
    """The request in the form between. Raises UnusableError for what cannot be translated."""
    top = Reader(MESSAGES, body)
    top.required("messages", "an array")
    if not top.value["messages"]:
        raise wrong(MESSAGES, "messages", "a list with at least one message")
    config, thinking, choice = top.inner("output_config"), top.inner("thinking"), top.inner("tool_choice")
    parallel = choice.get("disable_parallel_tool_use", "a boolean")
    thinks = thinking.value.get("type") in ("enabled", "adaptive")
    user = top.inner("metadata").get("user_id", "a string")
    is_standard = top.get("service_tier", "a string") == "standard_only"
    return Ask(
        model=top.text("model"),
        turns=tuple(turn for message in top.each("messages") for turn in _turns(message)),
        body=top.value,
        system=tuple(part.text for part in _blocks(top, "system") if isinstance(part, Text)),
        tools=tuple(_tool(tool) for tool in top.each("tools")),
        choice=_choice(choice),
        parallel=None if parallel is None else not parallel,
        cap=_cap(top),
        stop=top.texts("stop_sequences"),
        temperature=top.get("temperature", "a number"),
        top_p=top.get("top_p", "a number"),
        output=_output(config),
        effort=config.get("effort", "a string") or (_effort(thinking) if thinks else None),
        thinks=thinks and thinking.value.get("display") != "omitted",
        signed=thinks,
        user=user if user and len(user) <= 128 else None,
        stream=bool(top.get("stream", "a boolean")),
        include_usage=True,
        shared={"service_tier": "default"} if is_standard else {},
    )


def _cap(top: Reader) -> int:
    cap = top.at_least("max_tokens", 0)
    if cap is None:
        raise missing(MESSAGES, "max_tokens")
    return cap


def _effort(thinking: Reader) -> str:
    budget = thinking.get("budget_tokens", "an integer")
    if budget is None:
        return "medium"
    return next((effort for limit, effort in _BUDGETS if budget < limit), "high")


def _turns(message: Reader) -> Iterator[Turn]:
    """Tool results are a turn of their own, before the rest of the message."""
    role = message.text("role")
    if role not in ("user", "assistant", "system"):
        raise unknown_kind(MESSAGES, message.at("role"), role)
    if message.value.get("content") is None:
        raise missing(MESSAGES, message.at("content"))
    parts = tuple(_blocks(message, "content"))
    results = tuple(part for part in parts if isinstance(part, Result))
    rest = tuple(part for part in parts if not isinstance(part, Result))
    if results:
        yield Turn("tool", results)
    if rest:
        known: Any = role
        yield Turn(known, rest)


def _blocks(holder: Reader, name: str) -> Iterator[Part]:
    given = holder.value.get(name)
    if isinstance(given, str):
        yield Text(given)
    elif given is not None:
        for block in holder.each(name):
            yield from _block(block)


def _block(block: Reader) -> Iterator[Part]:
    kind = block.value.get("type")
    match kind:
        case "text":
            yield Text(block.text("text"))
        case "image":
            yield Image(_url(block.inner("source")))
        case "document":
            yield from _document(block)
        case "search_result":
            yield Text("\n".join((block.text("title"), *(each.text("text") for each in block.each("content")))))
        case "tool_use":
            yield Call(block.text("id"), block.text("name"), json.dumps(block.required("input", "an object")))
        case "tool_result":
            content: Any = tuple(_blocks(block, "content"))
            yield Result(block.text("tool_use_id"), content, failed=bool(block.get("is_error", "a boolean")))
        case "thinking":
            signature = block.get("signature", "a string") or ""
            yield Thought(block.text("thinking"), signature if signature != UNSIGNED else "")
        case "redacted_thinking":
            return
        case _:
            raise unknown_kind(MESSAGES, block.path, kind)


def _url(source: Reader) -> str:
    kind = source.value.get("type")
    if kind == "url":
        return source.text("url")
    if kind != "base64":
        raise unknown_kind(MESSAGES, source.path, kind)
    return f"data:{source.text('media_type')};base64,{source.text('data')}"


def _document(block: Reader) -> Iterator[Part]:
    if block.inner("citations").get("enabled", "a boolean"):
        raise refused(MESSAGES, block.at("citations"), "citing")
    source, title = block.inner("source"), block.get("title", "a string")
    context = block.get("context", "a string")
    if context:
        yield Text(context)
    kind = source.value.get("type")
    if kind == "text":
        yield Text("\n".join(filter(None, (title, source.text("data")))))
    elif kind == "content":
        yield from _blocks(source, "content")
    else:
        yield File(_url(source), title or "document.pdf")


def _tool(tool: Reader) -> Tool:
    kind = tool.value.get("type")
    if kind not in (None, "custom"):
        raise unknown_kind(MESSAGES, tool.path, kind)
    return Tool(
        tool.text("name"),
        tool.get("description", "a string"),
        tool.required("input_schema", "an object"),
        tool.get("strict", "a boolean") or False,
        deferred=tool.get("defer_loading", "a boolean") or False,
    )


def _choice(choice: Reader) -> Choice | None:
    kind = choice.value.get("type")
    if kind == "tool":
        return Choice("any", (choice.text("name"),), named=True)
    if not choice.value:
        return None
    if not isinstance(kind, str) or kind not in _MODES:
        raise unknown_kind(MESSAGES, choice.path, kind)
    return _MODES[kind]


def _output(config: Reader) -> Output | None:
    given = config.inner("format")
    return Output(given.required("schema", "an object"), strict=True) if given.value else None


def check_version(version: str | None, body: Mapping[str, JSON]) -> None:
    """Raises UnusableError for a version of the API that does not exist, or that has no sampling parameters.

    https://docs.anthropic.com/en/api/versioning
    """
    if version is None:
        raise UnusableError("anthropic-version: header is required")
    if version not in (VERSION, _NEWER):
        raise UnusableError(f"anthropic-version: '{version}' is not a valid version")
    for name in ("temperature", "top_p", "top_k"):
        if version == _NEWER and name in body:
            raise UnusableError(f"{name}: this parameter is not part of API version {_NEWER}")
