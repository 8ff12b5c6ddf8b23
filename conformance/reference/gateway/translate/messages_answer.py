"""Messages answers: read into pieces, and written from them, streamed or not.

Shapes: `anthropic/types/message.py` and `raw_message_stream_event.py`; the usage in `message_delta` is cumulative,
https://docs.anthropic.com/en/docs/build-with-claude/streaming.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from conformance.core.bounded_json import read_object
from conformance.core.model import JSON
from conformance.reference.gateway.errors import Words, in_band, read_error, sse_event
from conformance.reference.gateway.families import MESSAGES
from conformance.reference.gateway.translate.ask import UNSIGNED, Ask, estimate
from conformance.reference.gateway.translate.chat_answer import UNFINISHED
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
    "end_turn": "stop", "max_tokens": "length", "model_context_window_exceeded": "length", "tool_use": "tool_calls",
    "stop_sequence": "stop_sequence", "refusal": "filter",
}  # fmt: skip
_STOPS: dict[Reason, str] = {
    "stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use", "stop_sequence": "stop_sequence",
    "filter": "refusal",
}  # fmt: skip
_KEEP_ALIVE = b'event: ping\ndata: {"type": "ping"}\n\n'
_NOT_AN_OBJECT = Words("The upstream provider called a tool with arguments that are not a JSON object.")


def read(value: Any) -> Iterator[Piece]:
    """The pieces of a message."""
    yield Begin()
    for key, block in enumerate(value["content"]):
        yield from _opened(key, block)
        if block["type"] == "tool_use":
            yield CallPiece(key, json.dumps(block["input"]))
    yield from _ended(value, value["usage"], silent=not value["content"])


def _opened(key: int, block: Any) -> Iterator[Piece]:
    """The pieces that a block has at its start; blocks of server tools are left out."""
    kind = block.get("type")
    if kind == "text" and block.get("text"):
        yield Said(block["text"])
    elif kind == "thinking" and (block.get("thinking") or block.get("signature")):
        yield Thought(block.get("thinking") or "", block.get("signature") or "")
    elif kind == "tool_use":
        yield CallBegin(key, block["id"], block["name"])


def _ended(stop: Any, usage: Any, *, silent: bool) -> Iterator[Piece]:
    """The end, and before it the explanation of a refusal that says nothing else."""
    explanation = (stop.get("stop_details") or {}).get("explanation")
    if stop["stop_reason"] == "refusal" and silent and explanation:
        yield Refused(explanation)
    yield End(_REASONS.get(stop["stop_reason"], "stop"), _usage(usage), stop.get("stop_sequence"))


def _usage(value: Any) -> Usage:
    read, written = (value.get(f"cache_{name}_input_tokens") or 0 for name in ("read", "creation"))
    reasoning = (value.get("output_tokens_details") or {}).get("thinking_tokens") or 0
    total = (value.get("input_tokens") or 0) + read + written
    return Usage(total, value["output_tokens"], read, written, reasoning)


class StreamReader:
    """Reads the events of a stream."""

    def __init__(self) -> None:
        self._begun = False
        self._usage: dict[str, Any] = {}
        self._stop: dict[str, Any] = {}
        self._call: dict[str, Any] | None = None
        self._written = False
        self._silent = True

    def feed(self, value: Any) -> Iterator[Piece]:
        """The pieces of an event; None stands for `[DONE]`, which says nothing here."""
        if value is None:
            return
        if error := read_error(value):
            yield Failed(status_of(error), error)
            return
        match value.get("type"):
            case "message_start":
                self._count(value["message"].get("usage"))
                if not self._begun:
                    self._begun = True
                    yield Begin(_usage(self._usage) if self._usage else None)
            case "ping":
                yield Silence()
            case "content_block_start":
                yield from self._started(value["index"], value["content_block"])
            case "content_block_delta":
                yield from self._delta(value["index"], value["delta"])
            case "content_block_stop":
                yield from self._stopped(value["index"])
            case "message_delta":
                self._count(value.get("usage"))
                self._stop |= {name: each for name, each in value["delta"].items() if each is not None}
            case "message_stop":
                if self._stop.get("stop_reason"):
                    yield from _ended(self._stop, self._usage, silent=self._silent)
                else:
                    yield Failed(502, UNFINISHED)

    def _count(self, usage: Any) -> None:
        self._usage |= {name: each for name, each in (usage or {}).items() if each is not None}

    def _started(self, key: int, block: Any) -> Iterator[Piece]:
        self._silent, self._written = False, False
        self._call = block if block.get("type") == "tool_use" else None
        yield from _opened(key, block)

    def _delta(self, key: int, delta: Any) -> Iterator[Piece]:
        match delta.get("type"):
            case "text_delta" if delta["text"]:
                yield Said(delta["text"])
            case "thinking_delta" if delta["thinking"]:
                yield Thought(delta["thinking"])
            case "signature_delta":
                yield Thought(signature=delta["signature"])
            case "input_json_delta" if self._call is not None and delta["partial_json"]:
                self._written = True
                yield CallPiece(key, delta["partial_json"])

    def _stopped(self, key: int) -> Iterator[Piece]:
        """A call without deltas has the arguments of its start, usually none."""
        if self._call is not None and not self._written:
            yield CallPiece(key, json.dumps(self._call.get("input") or {}))
        self._call = None


def _counted(usage: Usage) -> dict[str, JSON]:
    return {
        "input_tokens": usage.input - usage.read - usage.written,
        "cache_creation_input_tokens": usage.written,
        "cache_read_input_tokens": usage.read,
        "output_tokens": usage.output,
        "output_tokens_details": {"thinking_tokens": usage.reasoning},
    }


def _stop_of(end: End, parts: list[Part]) -> dict[str, JSON]:
    refused = any(part.kind == "refusal" for part in parts)
    reason = "refusal" if refused and end.reason == "stop" else _STOPS[ending(end, parts).reason]
    details = {"type": "refusal", "category": None, "explanation": None} if reason == "refusal" else None
    return {"stop_reason": reason, "stop_sequence": end.sequence, "stop_details": details}


class Writer:
    """Writes one answer. `model` is the name that the client asked for."""

    def __init__(self, ask: Ask, model: str, request_id: str) -> None:
        self._ask = ask
        self._request_id = request_id
        self._head = {"id": f"msg_{uuid4().hex}", "type": "message", "role": "assistant", "model": model}
        self._collected = Collected()
        self._index = -1
        self._part: Part | None = None
        self._begun = False

    def failure(self, parts: list[Part], end: End) -> Failed | None:
        """The failure of an answer with a call whose arguments are not an object."""
        calls = (part for part in parts if part.kind == "call")
        broken = end.reason != "length" and any(read_object(part.text or "{}") is None for part in calls)
        return Failed(502, _NOT_AN_OBJECT) if broken else None

    def whole(self, parts: list[Part], end: End) -> JSON:
        """The message as one object."""
        blocks = [self._block(part) for part in parts if self._shown(part)]
        usage = _counted(end.usage or Usage(0, 0))
        return {**self._head, "content": blocks, **_stop_of(end, parts), "usage": usage}

    def _shown(self, part: Part) -> bool:
        """Thinking is only for clients that turned it on."""
        return (part.kind != "thought" or self._ask.signed) and (part.kind != "text" or bool(part.text))

    def _block(self, part: Part, *, empty: bool = False) -> JSON:
        match part.kind:
            case "call":
                arguments = {} if empty else read_object(part.text or "{}") or {}
                return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments}
            case "thought":
                text, signature = (part.text if self._ask.thinks else ""), part.signature or UNSIGNED
                return {"type": "thinking", "thinking": "" if empty else text, "signature": "" if empty else signature}
            case _:
                return {"type": "text", "text": "" if empty else part.text}

    def put(self, piece: Piece) -> Iterator[bytes]:
        """The bytes of a stream for a piece; pieces must be in sequence."""
        if isinstance(piece, Silence):
            yield _KEEP_ALIVE
            return
        if not self._begun:
            yield self._start(piece)
        if self._collected.add(piece):
            yield from self._next_block()
        match piece:
            case Said(text) | Refused(text):
                yield self._delta({"type": "text_delta", "text": text})
            case Thought(text):
                if text and self._part is not None and self._ask.thinks:
                    yield self._delta({"type": "thinking_delta", "thinking": text})
            case CallPiece(_, text):
                if text:
                    yield self._delta({"type": "input_json_delta", "partial_json": text})
            case End():
                yield from self._ended(piece)
            case Failed(status, words):
                yield in_band(MESSAGES, status_in(MESSAGES, status), words, self._request_id, 0)

    def _start(self, piece: Piece) -> bytes:
        """The number of the prompt's tokens may only be known at the end; then the start has an estimate."""
        self._begun = True
        known = piece.usage if isinstance(piece, Begin) else None
        usage = _counted(known or Usage(estimate(self._ask), 1))
        del usage["output_tokens_details"]
        nothing = {"stop_reason": None, "stop_sequence": None, "stop_details": None}
        message: dict[str, JSON] = {**self._head, "content": [], **nothing, "usage": usage}
        return _event({"type": "message_start", "message": message})

    def _next_block(self) -> Iterator[bytes]:
        """Stops the open block, and starts the one of the latest part."""
        yield from self._stopped()
        part = self._collected.parts[-1]
        if self._shown(part):
            self._index, self._part = self._index + 1, part
            block = self._block(part, empty=True)
            yield _event({"type": "content_block_start", "index": self._index, "content_block": block})

    def _stopped(self) -> Iterator[bytes]:
        if self._part is None:
            return
        if self._part.kind == "thought":
            yield self._delta({"type": "signature_delta", "signature": self._part.signature or UNSIGNED})
        yield _event({"type": "content_block_stop", "index": self._index})
        self._part = None

    def _delta(self, delta: JSON) -> bytes:
        return _event({"type": "content_block_delta", "index": self._index, "delta": delta})

    def _ended(self, end: End) -> Iterator[bytes]:
        parts = self._collected.parts
        if failed := self.failure(parts, end):
            yield from self.put(failed)
            return
        yield from self._stopped()
        usage = _counted(end.usage or Usage(0, 0))
        yield _event({"type": "message_delta", "delta": _stop_of(end, parts), "usage": usage})
        yield _event({"type": "message_stop"})


def _event(value: dict[str, JSON]) -> bytes:
    return sse_event(value, value["type"])
