"""Responses answers: read into pieces, streamed or not.

Shapes: `openai/types/responses/response.py` and `response_stream_event.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from conformance.reference.gateway.errors import Words, read_error
from conformance.reference.gateway.translate.chat_answer import UNFINISHED
from conformance.reference.gateway.translate.reply import (
    Begin,
    CallBegin,
    CallPiece,
    End,
    Failed,
    Piece,
    Refused,
    Said,
    Thought,
    Usage,
)
from conformance.reference.gateway.translate.statuses import status_of

_CALLS = {"function_call": "arguments", "custom_tool_call": "input"}


def read(value: Any) -> Iterator[Piece]:
    """The pieces of a response."""
    yield Begin()
    for key, item in enumerate(value["output"]):
        yield from _item(key, item)
    yield _end(value)


def _item(key: int, item: Any) -> Iterator[Piece]:
    """The pieces of a finished item; items of hosted tools are left out."""
    kind = item["type"]
    if kind == "message":
        for part in item["content"]:
            yield from _part(part)
    elif kind == "reasoning":
        yield from (Thought(*each) for each in _reasoning(item))
    elif kind in _CALLS:
        yield _call(key, item)
        yield CallPiece(key, item[_CALLS[kind]])


def _part(part: Any) -> Iterator[Piece]:
    if part.get("type") == "refusal" and part["refusal"]:
        yield Refused(part["refusal"])
    elif part.get("text"):
        yield Said(part["text"], tuple(part.get("logprobs") or ()))


def _reasoning(item: Any) -> Iterator[tuple[str, str]]:
    """The text and the signature of reasoning that has either."""
    texts = [part["text"] for part in item.get("summary") or item.get("content") or []]
    text, signature = "\n".join(texts), item.get("encrypted_content") or ""
    if text or signature:
        yield text, signature


def _call(key: int, item: Any) -> CallBegin:
    id_ = item.get("call_id") or f"call_{uuid4().hex[:24]}"
    return CallBegin(key, id_, item["name"], item["type"] == "custom_tool_call")


def _end(response: Any) -> Piece:
    """The end of a response by its status."""
    status, usage = response.get("status"), _usage(response.get("usage"))
    if status == "completed":
        return End("stop", usage)
    if status == "incomplete":
        reason = (response.get("incomplete_details") or {}).get("reason")
        return End("filter" if reason == "content_filter" else "length", usage)
    error = response.get("error") or {}
    words = Words(error["message"], code=error.get("code")) if error.get("message") else UNFINISHED
    return Failed(status_of(words) if error.get("code") else 502, words)


def _usage(value: Any) -> Usage | None:
    if not value:
        return None
    given, made = value.get("input_tokens_details") or {}, value.get("output_tokens_details") or {}
    return Usage(
        input=value["input_tokens"],
        output=value["output_tokens"],
        read=given.get("cached_tokens") or 0,
        written=given.get("cache_write_tokens") or 0,
        reasoning=made.get("reasoning_tokens") or 0,
    )


class StreamReader:
    """Reads the events of a stream. The content of a closing event is only passed on if no delta had it."""

    def __init__(self) -> None:
        self._begun = False
        self._told: set[tuple[int, int]] = set()
        self._thought: dict[int, int] = {}

    def feed(self, value: Any) -> Iterator[Piece]:
        """The pieces of an event; None stands for `[DONE]`, which says nothing here."""
        if value is None:
            return
        kind = value.get("type") or ""
        if kind == "error" or read_error(value):
            error = read_error(value) or Words(value.get("message") or UNFINISHED.message, code=value.get("code"))
            yield Failed(status_of(error), error)
        elif kind in ("response.completed", "response.incomplete", "response.failed"):
            yield _end({"status": kind.removeprefix("response."), **value["response"]})
        elif kind.startswith("response."):
            if not self._begun:
                self._begun = True
                yield Begin()
            yield from self._event(kind, value, value.get("output_index", 0))

    def _event(self, kind: str, value: Any, key: int) -> Iterator[Piece]:
        match kind:
            case "response.output_text.delta":
                yield from self._piece(key, value, Said(value["delta"], tuple(value.get("logprobs") or ())))
            case "response.refusal.delta":
                yield from self._piece(key, value, Refused(value["delta"]))
            case "response.content_part.done" if (key, value["content_index"]) not in self._told:
                self._told.add((key, value["content_index"]))
                yield from _part(value["part"])
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                yield from self._reasoning(key, value)
            case "response.output_item.added" if value["item"]["type"] in _CALLS:
                yield _call(key, value["item"])
            case "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta":
                yield from self._piece(key, value, CallPiece(key, value["delta"]))
            case "response.output_item.done":
                yield from self._done(key, value["item"])

    def _piece(self, key: int, value: Any, piece: Said | Refused | CallPiece) -> Iterator[Piece]:
        if piece.text:
            self._told.add((key, value.get("content_index", 0)))
            yield piece

    def _reasoning(self, key: int, value: Any) -> Iterator[Piece]:
        """Parts of reasoning are lines."""
        index = value.get("summary_index", value.get("content_index", 0))
        line = "\n" if self._thought.setdefault(key, index) != index else ""
        self._thought[key] = index
        if line + value["delta"]:
            yield Thought(line + value["delta"])

    def _done(self, key: int, item: Any) -> Iterator[Piece]:
        kind = item["type"]
        if kind == "reasoning":
            for text, signature in _reasoning(item):
                yield Thought("" if key in self._thought else text, signature)
        elif kind in _CALLS and (key, 0) not in self._told:
            yield CallPiece(key, item[_CALLS[kind]])
        elif kind == "message" and not any(told == key for told, _ in self._told):
            for part in item["content"]:
                yield from _part(part)
