"""Builds the answer that a script's `reply` describes, in the family of the request.

A reply is content in the terms of no family: `text`, `calls` (name and arguments), `reasoning`, `stop`, `usage`. So one
script has the same meaning in every lane.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import whole
from conformance.reference.provider import tokens
from conformance.reference.provider.cache import Share
from conformance.reference.provider.chat.build import Completion
from conformance.reference.provider.identity import Seal, fresh
from conformance.reference.provider.messages.build import MessageBuilder
from conformance.reference.provider.prompt import Call as ToolCall
from conformance.reference.provider.prompt import End, Reply
from conformance.reference.provider.responses.build import ResponseBuilder
from conformance.reference.provider.responses.stream import frames as responses_frames

JSON = Any

_ENDS: Mapping[str, End] = {
    "stop": "stop", "length": "length", "tool_calls": "tool_calls", "stop_sequence": "stop_sequence",
}  # fmt: skip
_SEAL = Seal("scripted")


async def _pieces(frames: Sequence[bytes]) -> Any:
    for frame in frames:
        yield frame


def answer(reply: Mapping[str, JSON], call: Call, family: str) -> Answer:
    """The answer with this content. Raises ValueError for a reply that cannot be built."""
    asked = _asked(call)
    built = _BUILDERS[family](asked, reply)
    if asked.get("stream") is True:
        headers = (("content-type", "text/event-stream; charset=utf-8"), *_id_header(family))
        return Answer(200, headers, _pieces(built[1]()))
    body = json.dumps(built[0](), ensure_ascii=False).encode()
    headers = (("content-type", "application/json"), ("content-length", str(len(body))), *_id_header(family))
    return Answer(200, headers, whole(body))


def _id_header(family: str) -> tuple[tuple[str, str], ...]:
    name, prefix = ("request-id", "req_01") if family == "messages" else ("x-request-id", "req_")
    return ((name, fresh(prefix, 22)),)


def _asked(call: Call) -> dict[str, JSON]:
    try:
        body = json.loads(call.body)
    except (ValueError, RecursionError):
        body = {}
    asked = body if isinstance(body, dict) else {}
    return {**asked, "model": str(asked.get("model") or "unknown")}


def _reply(reply: Mapping[str, JSON]) -> Reply:
    calls = tuple(ToolCall("", call["name"], json.dumps(call.get("arguments", {}))) for call in reply.get("calls", ()))
    text, usage = str(reply.get("text", "")), reply.get("usage", {})
    reasoning = str(reply.get("reasoning", ""))
    written = tokens.count(text) + sum(tokens.count(call.arguments) for call in calls)
    end = reply.get("stop") or ("tool_calls" if calls else "stop")
    return Reply(
        reasoning=reasoning,
        text=text,
        calls=calls,
        end=_ENDS[end],
        stop_sequence=reply.get("stop_sequence"),
        reasoning_tokens=usage.get("reasoning", 0),
        output_tokens=usage.get("output", max(1, written + usage.get("reasoning", 0))),
    )


def _input(reply: Mapping[str, JSON]) -> int:
    return int(reply.get("usage", {}).get("input", 11))


def _chat(asked: dict[str, JSON], reply: Mapping[str, JSON]) -> Any:
    completion = Completion(asked, _reply(reply), _input(reply), reply.get("usage", {}).get("cached", 0))
    return completion.body, completion.frames


def _responses(asked: dict[str, JSON], reply: Mapping[str, JSON]) -> Any:
    if reply.get("reasoning"):
        asked = {**asked, "reasoning": {"effort": "low", "summary": "auto", **(asked.get("reasoning") or {})}}
    builder = ResponseBuilder(asked, _reply(reply), _input(reply), _SEAL, reply.get("usage", {}).get("cached", 0))
    return builder.completed, lambda: responses_frames(asked, builder.started, builder.completed())


def _messages(asked: dict[str, JSON], reply: Mapping[str, JSON]) -> Any:
    usage = reply.get("usage", {})
    if reply.get("reasoning"):
        asked = {**asked, "thinking": {"type": "enabled", "budget_tokens": 1024, **(asked.get("thinking") or {})}}
    share = Share(usage.get("cached", 0), usage.get("cache_write", 0))
    builder = MessageBuilder(asked, _reply(reply), _input(reply), _SEAL, share)
    return builder.body, builder.frames


_BUILDERS = {"chat_completions": _chat, "responses": _responses, "messages": _messages}
