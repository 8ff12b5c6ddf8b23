"""Chat Completions answers: read into pieces, and written from them, streamed or not.

Shapes: `openai/types/chat/chat_completion.py` and `chat_completion_chunk.py`. Reasoning is in `reasoning_content`,
which many providers send and no official schema has.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from conformance.core.model import JSON
from conformance.reference.gateway.errors import Words, in_band, read_error, sse_event
from conformance.reference.gateway.families import CHAT
from conformance.reference.gateway.translate.ask import Ask
from conformance.reference.gateway.translate.reply import (
    Begin,
    CallBegin,
    CallPiece,
    Collected,
    End,
    Failed,
    Part,
    Piece,
    Reason,
    Refused,
    Said,
    Silence,
    Thought,
    Usage,
    ending,
)
from conformance.reference.gateway.translate.statuses import status_in, status_of

_REASONS: dict[JSON, Reason] = {
    "stop": "stop", "length": "length", "tool_calls": "tool_calls", "function_call": "tool_calls",
    "content_filter": "filter",
}  # fmt: skip
_FINISHES: dict[Reason, str] = {
    "stop": "stop", "stop_sequence": "stop", "length": "length", "tool_calls": "tool_calls", "filter": "content_filter",
}  # fmt: skip
_KEEP_ALIVE = b": keep-alive\n\n"
UNFINISHED = Words("The upstream provider's answer ended before it was complete.")


def read(value: Any) -> Iterator[Piece]:
    """The pieces of a completion."""
    choice = value["choices"][0]
    message = choice["message"]
    yield Begin()
    yield from _content(message, choice.get("logprobs"))
    for key, call in enumerate(message.get("tool_calls") or []):
        kind = "custom" if call.get("type") == "custom" else "function"
        yield CallBegin(key, call["id"], call[kind]["name"], kind == "custom")
        yield CallPiece(key, call[kind]["input" if kind == "custom" else "arguments"])
    yield End(_REASONS.get(choice["finish_reason"], "stop"), _usage(value.get("usage")))


def _content(holder: Any, logprobs: Any) -> Iterator[Piece]:
    """The texts of a message, or of a delta."""
    reasoning = holder.get("reasoning_content") or holder.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        yield Thought(reasoning)
    if holder.get("content"):
        yield Said(holder["content"], tuple((logprobs or {}).get("content") or ()))
    if holder.get("refusal"):
        yield Refused(holder["refusal"])


def _usage(value: Any) -> Usage | None:
    if not value:
        return None
    given, made = value.get("prompt_tokens_details") or {}, value.get("completion_tokens_details") or {}
    return Usage(
        input=value["prompt_tokens"],
        output=value["completion_tokens"],
        read=given.get("cached_tokens") or 0,
        written=given.get("cache_write_tokens") or 0,
        reasoning=made.get("reasoning_tokens") or 0,
    )


@dataclass(slots=True)
class _Call:
    """A call whose fragments arrive; it begins when its name is known."""

    id: str = ""
    begun: bool = False


class StreamReader:
    """Reads the chunks of a stream."""

    def __init__(self) -> None:
        self._begun = False
        self._calls: dict[int, _Call] = {}
        self._reason: Reason | None = None
        self._usage: Usage | None = None

    def feed(self, value: Any) -> Iterator[Piece]:
        """The pieces of a chunk; None stands for `[DONE]`."""
        if value is None:
            yield Failed(502, UNFINISHED) if self._reason is None else End(self._reason, self._usage)
            return
        if error := read_error(value):
            yield Failed(status_of(error), error)
            return
        if not self._begun:
            self._begun = True
            yield Begin()
        self._usage = _usage(value.get("usage")) or self._usage
        for choice in value.get("choices") or []:
            if choice.get("index", 0) == 0:
                yield from self._choice(choice)

    def _choice(self, choice: Any) -> Iterator[Piece]:
        delta = choice.get("delta") or {}
        yield from _content(delta, choice.get("logprobs"))
        for fragment in delta.get("tool_calls") or []:
            yield from self._fragment(fragment)
        if choice.get("finish_reason"):
            self._reason = _REASONS.get(choice["finish_reason"], "stop")

    def _fragment(self, fragment: Any) -> Iterator[Piece]:
        key = fragment.get("index", max(self._calls, default=0))
        call = self._calls.setdefault(key, _Call())
        call.id = call.id or fragment.get("id") or ""
        custom = bool(fragment.get("custom"))
        inner = fragment.get("custom" if custom else "function") or {}
        if inner.get("name") and not call.begun:
            call.begun = True
            yield CallBegin(key, call.id or f"call_{uuid4().hex[:24]}", inner["name"], custom)
        if text := inner.get("input" if custom else "arguments"):
            yield CallPiece(key, text)


def _counted(usage: Usage) -> JSON:
    return {
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.read, "cache_write_tokens": usage.written},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def _named(part: Part) -> JSON:
    kind, text = ("custom", "input") if part.custom else ("function", "arguments")
    return {"id": part.id, "type": kind, kind: {"name": part.name, text: part.text}}


class Writer:
    """Writes one answer. `model` is the name that the client asked for."""

    def __init__(self, ask: Ask, model: str, request_id: str) -> None:
        self._ask = ask
        self._request_id = request_id
        self._head = {"id": f"chatcmpl-{uuid4().hex}", "created": int(time.time()), "model": model}
        self._parts = Collected()
        self._calls: dict[int, int] = {}

    def failure(self, _parts: list[Part], _end: End) -> Failed | None:
        """None: this family can express every answer."""
        return None

    def whole(self, parts: list[Part], end: End) -> JSON:
        """The completion as one object."""
        texts = {kind: "".join(p.text for p in parts if p.kind == kind) for kind in ("text", "refusal", "thought")}
        calls = [_named(part) for part in parts if part.kind == "call"]
        spoken = None if not texts["text"] and (calls or texts["refusal"]) else texts["text"]
        message: dict[str, JSON] = {"role": "assistant", "content": spoken, "refusal": texts["refusal"] or None}
        message |= {"reasoning_content": texts["thought"]} if texts["thought"] else {}
        message |= {"tool_calls": calls} if calls else {}
        logprobs = [each for part in parts for each in part.logprobs]
        choice = {
            "index": 0,
            "message": message,
            "logprobs": {"content": logprobs, "refusal": None} if logprobs else None,
            "finish_reason": _FINISHES[ending(end, parts).reason],
        }
        usage = {"usage": _counted(end.usage)} if end.usage else {}
        return {**self._head, "object": "chat.completion", "choices": [choice], **usage}

    def put(self, piece: Piece) -> Iterator[bytes]:
        """The bytes of a stream for a piece; pieces must be in sequence."""
        self._parts.add(piece)
        match piece:
            case Silence():
                yield _KEEP_ALIVE
            case Begin():
                yield self._delta({"role": "assistant", "content": "", "refusal": None})
            case Said(text, logprobs):
                yield self._delta({"content": text}, {"content": list(logprobs), "refusal": None} if logprobs else None)
            case Refused(text):
                yield self._delta({"refusal": text})
            case Thought(text):
                if text:
                    yield self._delta({"reasoning_content": text})
            case CallBegin(key):
                self._calls[key] = len(self._calls)
                yield self._delta({"tool_calls": [{"index": self._calls[key], **_named(self._parts.parts[-1])}]})
            case CallPiece(key, text):
                kind, field = ("custom", "input") if self._parts.parts[-1].custom else ("function", "arguments")
                yield self._delta({"tool_calls": [{"index": self._calls[key], kind: {field: text}}]})
            case End():
                yield from self._ended(piece)
            case Failed(status, words):
                yield in_band(CHAT, status_in(CHAT, status), words, self._request_id, 0)

    def _ended(self, end: End) -> Iterator[bytes]:
        yield self._delta({}, finish=_FINISHES[ending(end, self._parts.parts).reason])
        if self._ask.include_usage:
            usage = _counted(end.usage or Usage(0, 0))
            yield sse_event({**self._head, "object": "chat.completion.chunk", "choices": [], "usage": usage})
        yield b"data: [DONE]\n\n"

    def _delta(self, delta: JSON, logprobs: JSON = None, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": logprobs, "finish_reason": finish}
        usage = {"usage": None} if self._ask.include_usage else {}
        return sse_event({**self._head, "object": "chat.completion.chunk", "choices": [choice], **usage})
