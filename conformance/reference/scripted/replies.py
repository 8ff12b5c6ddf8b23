"""Builds the answer that a script's `reply` describes, in the family of the request.

A reply is content in the terms of no family, so that one script has the same meaning in every lane:

- `text`, or a list of texts, which become parts of their own where the family has parts;
- `refusal`: the words of a refusal, instead of the text;
- `calls`: name, arguments and, if it matters, id; arguments that are a text are sent as they are;
- `reasoning`, and the `signature` that belongs to it;
- `stop`, and `stop_sequence` with the text that stopped the model;
- `usage`: input (with all tokens of the cache), cached, cache_write, output (with reasoning), reasoning, audio_input,
  audio_output. Null: the answer has no usage.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from conformance.core.bounded_json import read_object
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
    "content_filter": "content_filter",
}  # fmt: skip
_SEAL = Seal("scripted")


async def _pieces(frames: Sequence[bytes]) -> Any:
    for frame in frames:
        yield frame


def answer(reply: Mapping[str, JSON], call: Call, family: str, *, stream: bool | None = None) -> Answer:
    """The answer with this content; a stream if the call asks for one, or as `stream` says.

    Raises ValueError for a reply that cannot be built.
    """
    asked = _asked(call)
    try:
        return _answer(reply, asked, family, stream)
    except _UNUSABLE:  # a vendor would refuse a request with such values; the suite judges it by the record
        return _answer(reply, {name: asked[name] for name in ("model", "stream")}, family, stream)


_UNUSABLE = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""The errors of a builder whose request has values of other types than the family's."""


def _answer(reply: Mapping[str, JSON], asked: dict[str, JSON], family: str, stream: bool | None) -> Answer:
    built = _BUILDERS[family](asked, reply)
    if asked["stream"] is True if stream is None else stream:
        headers = (("content-type", "text/event-stream; charset=utf-8"), *_id_header(family))
        return Answer(200, headers, _pieces(built[1]()))
    body = json.dumps(built[0](), ensure_ascii=False).encode()
    headers = (("content-type", "application/json"), ("content-length", str(len(body))), *_id_header(family))
    return Answer(200, headers, whole(body))


def _id_header(family: str) -> tuple[tuple[str, str], ...]:
    name, prefix = ("request-id", "req_01") if family == "messages" else ("x-request-id", "req_")
    return ((name, fresh(prefix, 22)),)


def _asked(call: Call) -> dict[str, JSON]:
    asked = read_object(call.body) or {}
    model = str(asked.get("model") or "unknown").encode("utf-8", "replace").decode()
    bounded = {name: value for name, value in asked.items() if name not in _MOST or _is_within(value, _MOST[name])}
    return {**bounded, "model": model, "stream": asked.get("stream")}


_MOST = {"n": 128, "top_logprobs": 20}
"""The largest values of parameters that multiply the answer; others are ignored.

Source: https://platform.openai.com/docs/api-reference/chat/create
"""


def _is_within(value: JSON, most: int) -> bool:
    return isinstance(value, int) and 0 <= value <= most


def _reply(reply: Mapping[str, JSON]) -> Reply:
    calls = tuple(_call(call) for call in reply.get("calls", ()))
    parts, usage = _texts(reply), _usage(reply)
    text = "".join(parts)
    reasoning, refusal = str(reply.get("reasoning", "")), str(reply.get("refusal", ""))
    written = tokens.count(text + refusal) + sum(tokens.count(call.arguments) for call in calls)
    end = reply.get("stop") or ("tool_calls" if calls else "stop")
    return Reply(
        reasoning=reasoning,
        text=text,
        calls=calls,
        end=_ENDS[end],
        stop_sequence=reply.get("stop_sequence"),
        reasoning_tokens=usage.get("reasoning", 0),
        output_tokens=usage.get("output", max(1, written + usage.get("reasoning", 0))),
        refusal=refusal,
        parts=parts if len(parts) > 1 else (),
        signature=str(reply.get("signature", "")),
    )


def _call(call: Mapping[str, JSON]) -> ToolCall:
    given = call.get("arguments", {})
    arguments = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return ToolCall(str(call.get("id", "")), call["name"], arguments)


def _texts(reply: Mapping[str, JSON]) -> tuple[str, ...]:
    text = reply.get("text", "")
    return tuple(map(str, text)) if isinstance(text, list) else (str(text),)


def _usage(reply: Mapping[str, JSON]) -> Mapping[str, int]:
    return reply.get("usage") or {}


def _has_usage(reply: Mapping[str, JSON]) -> bool:
    return "usage" not in reply or reply["usage"] is not None


def _input(reply: Mapping[str, JSON]) -> int:
    return _usage(reply).get("input", 11)


def _chat(asked: dict[str, JSON], reply: Mapping[str, JSON]) -> Any:
    usage = _usage(reply)
    if not _has_usage(reply):
        asked = {**asked, "stream_options": {**(asked.get("stream_options") or {}), "include_usage": False}}
    completion = Completion(asked, _reply(reply), _input(reply), usage.get("cached", 0), _chat_details(usage))
    return lambda: _with_usage(completion.body(), reply), completion.frames


def _chat_details(usage: Mapping[str, int]) -> Mapping[str, Mapping[str, int]]:
    """The counts of a usage that only some models of Chat Completions report."""
    members = {
        "prompt_tokens_details": {"cache_write_tokens": "cache_write", "audio_tokens": "audio_input"},
        "completion_tokens_details": {"audio_tokens": "audio_output"},
    }
    return {
        details: {name: usage[given] for name, given in names.items() if given in usage}
        for details, names in members.items()
    }


def _with_usage(document: dict[str, JSON], reply: Mapping[str, JSON]) -> dict[str, JSON]:
    return document if _has_usage(reply) else {**document, "usage": None}


def _responses(asked: dict[str, JSON], reply: Mapping[str, JSON]) -> Any:
    if reply.get("reasoning"):
        asked = {**asked, "reasoning": {"effort": "low", "summary": "auto", **(asked.get("reasoning") or {})}}
    usage = _usage(reply)
    cached, written = usage.get("cached", 0), usage.get("cache_write", 0)
    builder = ResponseBuilder(asked, _reply(reply), _input(reply), _SEAL, cached, written)

    def completed() -> JSON:
        return _with_usage(builder.completed(), reply)

    return completed, lambda: responses_frames(asked, builder.started, completed())


def _messages(asked: dict[str, JSON], reply: Mapping[str, JSON]) -> Any:
    usage = _usage(reply)
    if reply.get("reasoning"):
        asked = {**asked, "thinking": {"type": "enabled", "budget_tokens": 1024, **(asked.get("thinking") or {})}}
    share = Share(usage.get("cached", 0), usage.get("cache_write", 0))
    builder = MessageBuilder(asked, _reply(reply), _input(reply), _SEAL, share)
    return builder.body, builder.frames


_BUILDERS = {"chat_completions": _chat, "responses": _responses, "messages": _messages}
