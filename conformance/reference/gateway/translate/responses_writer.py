"""Responses answers: written from pieces, streamed or not.

Shapes: `openai/types/responses/response.py`; events:
https://platform.openai.com/docs/api-reference/responses-streaming.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from conformance.core.bounded_json import read_object
from conformance.core.model import JSON
from conformance.reference.gateway.errors import in_band, sse_event
from conformance.reference.gateway.families import RESPONSES
from conformance.reference.gateway.translate.ask import Ask
from conformance.reference.gateway.translate.reply import (
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
)
from conformance.reference.gateway.translate.statuses import status_in

_KEEP_ALIVE = b": keep-alive\n\n"
_INCOMPLETE: dict[Reason, str] = {"length": "max_output_tokens", "filter": "content_filter"}
_PREFIXES = {"text": "msg_", "refusal": "msg_", "thought": "rs_", "call": "fc_"}


class Writer:
    """Writes one answer. `model` is the name that the client asked for."""

    def __init__(self, ask: Ask, model: str, request_id: str) -> None:
        self._ask = ask
        self._request_id = request_id
        self._head = {"id": f"resp_{uuid4().hex}", "object": "response", "created_at": int(time.time())}
        self._echo = {**_echo(ask), "model": model}
        self._collected = Collected()
        self._ids: list[str] = []
        self._open = False
        self._begun = False
        self._number = 0

    def failure(self, _parts: list[Part], _end: End) -> Failed | None:
        """None: this family can express every answer."""
        return None

    def whole(self, parts: list[Part], end: End) -> JSON:
        """The response as one object."""
        for part in parts:
            self._named(part)
        return self._response(parts, end)

    def _named(self, part: Part) -> None:
        prefix = "ctc_" if part.custom else "tsc_" if part.search else _PREFIXES[part.kind]
        self._ids.append(f"{prefix}{uuid4().hex}")

    def _response(self, parts: list[Part], end: End | None) -> dict[str, JSON]:
        """The response at its end, or while it is in progress if there is no end yet."""
        incomplete = _INCOMPLETE.get(end.reason) if end else None
        status = "in_progress" if end is None else "incomplete" if incomplete else "completed"
        last = len(parts) - 1
        states = [
            "incomplete" if incomplete == "max_output_tokens" and at == last else "completed"
            for at in range(len(parts))
        ]
        return {
            **self._head,
            "status": status,
            "completed_at": int(time.time()) if status == "completed" else None,
            "error": None,
            "incomplete_details": {"reason": incomplete} if incomplete else None,
            **self._echo,
            "output": [self._item(at, part, states[at]) for at, part in enumerate(parts)] if end else [],
            "usage": _counted(end.usage) if end and end.usage else None,
        }

    def _item(self, at: int, part: Part, status: str, *, empty: bool = False) -> dict[str, JSON]:
        head: dict[str, JSON] = {"id": self._ids[at]}
        if part.kind == "thought":
            shown = (
                [{"type": "summary_text", "text": part.text}] if part.text and self._ask.thinks and not empty else []
            )
            sealed = {"encrypted_content": part.signature} if self._ask.signed and part.signature and not empty else {}
            return {**head, "type": "reasoning", "summary": shown, **sealed}
        if part.search:
            searched = {
                "execution": "client",
                "call_id": part.id,
                "arguments": {} if empty else read_object(part.text or "{}") or {},
            }
            return {**head, "type": "tool_search_call", "status": status, **searched}
        if part.kind == "call":
            kind, field = ("custom_tool_call", "input") if part.custom else ("function_call", "arguments")
            space = {"namespace": part.namespace} if part.namespace else {}
            called = {"call_id": part.id, "name": part.name, **space, field: "" if empty else part.text}
            return {**head, "type": kind, "status": status, **called}
        content = [] if empty else [_content(part)]
        return {**head, "type": "message", "status": status, "role": "assistant", "content": content}

    def put(self, piece: Piece) -> Iterator[bytes]:
        """The bytes of a stream for a piece; pieces must be in sequence."""
        if isinstance(piece, Silence):
            yield _KEEP_ALIVE
            return
        if not self._begun:
            self._begun = True
            for kind in ("response.created", "response.in_progress"):
                yield self._event(kind, response=self._response([], None))
        if self._collected.add(piece):
            yield from self._next_item()
        match piece:
            case Said(text, logprobs):
                yield self._at("response.output_text.delta", content_index=0, delta=text, logprobs=list(logprobs))
            case Refused(text):
                yield self._at("response.refusal.delta", content_index=0, delta=text)
            case Thought(text):
                if text and self._ask.thinks:
                    yield self._at("response.reasoning_summary_text.delta", summary_index=0, delta=text)
            case CallPiece(_, text):
                if text and not self._collected.parts[-1].search:
                    yield self._at(f"{_call_events(self._collected.parts[-1])}.delta", delta=text)
            case End():
                yield from self._closed("incomplete" if piece.reason == "length" else "completed")
                response = self._response(self._collected.parts, piece)
                yield self._event(f"response.{response['status']}", response=response)
            case Failed(status, words):
                yield in_band(RESPONSES, status_in(RESPONSES, status), words, self._request_id, self._number)

    def _next_item(self) -> Iterator[bytes]:
        """Closes the open item, and adds the one of the latest part."""
        at = len(self._collected.parts) - 1
        yield from self._closed("completed", at - 1)
        part = self._collected.parts[at]
        self._named(part)
        self._open = True
        item = self._item(at, part, "in_progress", empty=True)
        yield self._event("response.output_item.added", output_index=at, item=item)
        if part.kind in ("text", "refusal"):
            empty = _content(Part(part.kind))
            yield self._at("response.content_part.added", content_index=0, part=empty)
        elif part.kind == "thought" and self._ask.thinks and part.text:
            empty = {"type": "summary_text", "text": ""}
            yield self._at("response.reasoning_summary_part.added", summary_index=0, part=empty)

    def _closed(self, status: str, at: int | None = None) -> Iterator[bytes]:
        if not self._open:
            return
        self._open = False
        at = len(self._collected.parts) - 1 if at is None else at
        part = self._collected.parts[at]
        for kind, members in _last_events(part, thinks=bool(self._ask.thinks)):
            yield self._at(kind, at, **members)
        yield self._event("response.output_item.done", output_index=at, item=self._item(at, part, status))

    def _at(self, kind: str, at: int | None = None, **members: JSON) -> bytes:
        """An event of the item at `at`, by default the latest."""
        at = len(self._collected.parts) - 1 if at is None else at
        return self._event(kind, item_id=self._ids[at], output_index=at, **members)

    def _event(self, kind: str, **members: JSON) -> bytes:
        event = {"type": kind, "sequence_number": self._number, **members}
        self._number += 1
        return sse_event(event, kind)


def _last_events(part: Part, *, thinks: bool) -> Iterator[tuple[str, dict[str, JSON]]]:
    """The events that repeat a finished part."""
    content = {"content_index": 0}
    if part.search:
        return
    if part.kind == "call":
        field = "input" if part.custom else "arguments"
        yield f"{_call_events(part)}.done", {field: part.text, **({} if part.custom else {"name": part.name})}
    elif part.kind == "thought":
        if part.text and thinks:
            summary: dict[str, JSON] = {"summary_index": 0}
            text: dict[str, JSON] = {"type": "summary_text", "text": part.text}
            yield "response.reasoning_summary_text.done", {**summary, "text": part.text}
            yield "response.reasoning_summary_part.done", {**summary, "part": text}
    else:
        if part.kind == "text":
            yield "response.output_text.done", {**content, "text": part.text, "logprobs": list(part.logprobs)}
        else:
            yield "response.refusal.done", {**content, "refusal": part.text}
        yield "response.content_part.done", {**content, "part": _content(part)}


def _call_events(part: Part) -> str:
    return "response.custom_tool_call_input" if part.custom else "response.function_call_arguments"


def _content(part: Part) -> JSON:
    if part.kind == "refusal":
        return {"type": "refusal", "refusal": part.text}
    return {"type": "output_text", "text": part.text, "annotations": [], "logprobs": list(part.logprobs)}


def _counted(usage: Usage) -> JSON:
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.read, "cache_write_tokens": usage.written},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }


def _echo(ask: Ask) -> dict[str, Any]:
    """The settings of the request, as the response repeats them. Nothing is stored here."""
    asked = ask.body
    text, reasoning = asked.get("text") or {}, asked.get("reasoning") or {}
    names = ("instructions", "max_output_tokens", "max_tool_calls", "safety_identifier", "prompt_cache_key", "user")
    defaults = {"temperature": 1.0, "top_p": 1.0, "tool_choice": "auto", "metadata": {}, "truncation": "disabled"}
    return {
        **{name: asked.get(name) for name in names},
        **{name: default if asked.get(name) is None else asked[name] for name, default in defaults.items()},
        "parallel_tool_calls": asked.get("parallel_tool_calls") is not False,
        "previous_response_id": None,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "store": False,
        "text": {"format": text.get("format") or {"type": "text"}, "verbosity": text.get("verbosity") or "medium"},
        "tools": [_tool(tool) for tool in asked.get("tools") or []],
        "top_logprobs": asked.get("top_logprobs") or 0,
        "background": False,
        "service_tier": "default",
    }


def _tool(tool: dict[str, Any]) -> JSON:
    if tool.get("type") != "function":
        return tool
    strict = tool.get("strict")
    return {"description": None, **tool, "parameters": tool.get("parameters"), "strict": strict is not False}
