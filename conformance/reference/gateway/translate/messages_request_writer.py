"""Messages requests, written from an `Ask`.

Source: `anthropic/types/message_create_params.py` and https://docs.anthropic.com/en/api/messages.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from conformance.core.bounded_json import read_object
from conformance.core.model import JSON
from conformance.reference.gateway.translate.ask import (
    Ask,
    Call,
    Choice,
    File,
    Image,
    Part,
    Result,
    Text,
    Thought,
    Tool,
    Turn,
    is_data,
    split_data,
)
from conformance.reference.gateway.translate.fates import history, refused

DEFAULT_CAP = 32_000
"""`max_tokens` is required; this is sent for a request without a limit."""

_EFFORTS = {"minimal": "low"}
_CACHED: JSON = {"type": "ephemeral"}
ARGUMENT = "input"
"""The only argument of a function that stands for a custom tool."""

_FREE_TEXT: JSON = {"type": "object", "properties": {ARGUMENT: {"type": "string"}}, "required": [ARGUMENT]}


def write(ask: Ask, family: str) -> dict[str, Any]:
    """The body of the request. Raises UnusableError in the words of `family` for what has no counterpart."""
    if ask.temperature is not None and ask.temperature > 1:
        raise refused(family, "temperature", "a value above 1")
    if ask.output is not None and ask.output.schema is None:
        raise refused(family, "response_format" if family == "chat_completions" else "text.format", "'json_object'")
    if ask.logprobs:
        raise refused(family, "include", "'message.output_text.logprobs'")
    turns = [turn for turn in ask.turns if turn.role != "system"]
    later = [part.text for turn in ask.turns if turn.role == "system" for part in turn.parts if isinstance(part, Text)]
    config: dict[str, JSON] = {"format": {"type": "json_schema", "schema": ask.output.schema}} if ask.output else {}
    if ask.effort not in (None, "none"):
        config["effort"] = _EFFORTS.get(ask.effort or "", ask.effort)
    only = ask.choice.only if ask.choice and not ask.choice.named else ()
    offered = [_written_tool(tool, ask) for tool in ask.tools if not only or tool.name in only]
    offered += [] if only else _hosted(ask)
    optional: dict[str, JSON] = {
        "system": [{"type": "text", "text": text} for text in (*ask.system, *later) if text.strip()] or None,
        "tools": offered or None,
        "tool_choice": _written_choice(ask) if offered else None,
        "stop_sequences": list(ask.stop) or None,
        "temperature": ask.temperature,
        "top_p": ask.top_p,
        "output_config": config or None,
        "thinking": _thinking(ask),
        "metadata": {"user_id": ask.user} if ask.user else None,
        "stream": True if ask.stream else None,
    }
    cap = DEFAULT_CAP if ask.cap is None else ask.cap
    body = {"model": ask.model, "max_tokens": cap, "messages": list(_messages(turns, family))}
    return {**body, **{name: value for name, value in optional.items() if value is not None}}


def _thinking(ask: Ask) -> JSON:
    """Thinking excludes forced tools and other temperatures than 1. Its text is left out if the client reads none."""
    forced = ask.choice is not None and ask.choice.mode == "any" and bool(ask.tools)
    if ask.effort in (None, "none") or forced or ask.temperature not in (None, 1):
        return None
    return {"type": "adaptive", **({"display": "omitted"} if ask.thinks is False else {})}


def _messages(turns: list[Turn], family: str) -> Iterator[JSON]:
    """One message for consecutive turns of the user and of tools, and one for those of the assistant."""
    for role, group in groupby(turns, lambda turn: "assistant" if turn.role == "assistant" else "user"):
        parts = [part for turn in group for part in turn.parts]
        content = [block for part in parts for block in _written_block(part, family)]
        content.sort(key=lambda block: block["type"] != "tool_result")
        if content:
            yield {"role": role, "content": content}


def _written_block(part: Part, family: str) -> Iterator[Any]:
    match part:
        case Text(text):
            if text.strip():
                yield {"type": "text", "text": text, **({"cache_control": _CACHED} if part.cached else {})}
        case Image(url):
            yield {"type": "image", "source": _source(url)}
        case File():
            yield _written_file(part, family)
        case Call():
            yield {"type": "tool_use", "id": part.id, "name": part.name, "input": _arguments(part, family)}
        case Result():
            content = [block for each in part.parts for block in _written_block(each, family)]
            failed = {"is_error": True} if part.failed else {}
            yield {"type": "tool_result", "tool_use_id": part.id, "content": content, **failed}
        case Thought(text, signature):
            if signature:
                yield {"type": "thinking", "thinking": text, "signature": signature}


def _source(url: str) -> JSON:
    if not is_data(url):
        return {"type": "url", "url": url}
    media_type, data = split_data(url)
    return {"type": "base64", "media_type": media_type, "data": data}


def _written_file(file: File, family: str) -> JSON:
    if not file.url:
        raise refused(family, history(family), "a file by its id")
    source = _source(file.url)
    if source.get("media_type", "").startswith("text/"):
        try:
            text = base64.b64decode(source["data"], validate=True).decode()
        except ValueError:
            raise refused(family, history(family), "a file that is not text") from None
        source = {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "document", "source": source, **({"title": file.name} if file.name else {})}


def _arguments(call: Call, family: str) -> JSON:
    if call.custom:
        return {ARGUMENT: call.arguments}
    value = read_object(call.arguments or "{}")
    if value is None:
        raise refused(family, history(family), "a tool call whose arguments are not a JSON object")
    return value


def _written_tool(tool: Tool, ask: Ask) -> JSON:
    described = {"description": tool.description} if tool.description is not None else {}
    if tool.custom:
        return {"name": tool.name, "description": _with_format(tool), "input_schema": _FREE_TEXT}
    strict = {"strict": True} if tool.strict else {}
    deferred = {"defer_loading": True} if tool.deferred and ask.finds else {}
    schema = {"type": "object", **(tool.schema or {})}
    return {"name": tool.name, **described, "input_schema": schema, **strict, **deferred}


def _with_format(tool: Tool) -> str:
    """The description of a custom tool with its grammar, which Messages cannot enforce."""
    given = tool.format if isinstance(tool.format, dict) else {}
    grammar = f"Write `{ARGUMENT}` in this {given.get('syntax')} grammar:\n{given.get('definition')}"
    return "\n\n".join(filter(None, (tool.description, grammar if given.get("type") == "grammar" else "")))


def _hosted(ask: Ask) -> Iterator[JSON]:
    """The tools that the upstream runs."""
    if ask.finds:
        yield {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
    if ask.web:
        place = {"user_location": {"type": "approximate", **ask.web.place}} if ask.web.place else {}
        domains = {"allowed_domains": list(ask.web.domains)} if ask.web.domains else {}
        yield {"type": "web_search_20250305", "name": "web_search", **domains, **place}


def _written_choice(ask: Ask) -> JSON:
    choice = ask.choice or Choice("auto")
    if choice.mode == "none":
        return {"type": "none"}
    kind: dict[str, JSON] = {"type": "tool", "name": choice.only[0]} if choice.named else {"type": choice.mode}
    single = {"disable_parallel_tool_use": True} if ask.parallel is False else {}
    return {**kind, **single} if ask.choice or single else None
