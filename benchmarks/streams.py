"""Long valid streams of each family, as exchanges with a given number of text deltas and one body chunk per event.

The events have the members and sizes of the vendors' own streams: about 300 bytes for a chunk of Chat
Completions, 260 for a delta of Responses, 150 for one of Messages.
Sources: https://platform.openai.com/docs/api-reference/chat-streaming,
https://platform.openai.com/docs/api-reference/responses-streaming,
https://docs.anthropic.com/en/docs/build-with-claude/streaming
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import cycle, islice

from conformance.core.model import JSON, Chunk, Exchange, Request

Frame = tuple[str, JSON]
"""An event's name ("" for none) and its data."""

_WORDS = (" the", " harbour", " of", " Oslo", ",", " where", " ships", " leave", " at", " dawn", ".", " Então", "\n")
_PADDING = ("NfT6gb", "MgVVQ50GV9", "lvA8", "Zq1wXy7RrT0")
_PIECES = 4
"""Words per delta of Messages, whose deltas are longer than those of the other families."""

_FIRST_SECONDS = 0.5
_EACH_SECONDS = 0.02
_MODEL = "model-1-2026-01-01"


def chat_completions(deltas: int) -> Exchange:
    """A chat completion with the given number of deltas, and with usage."""
    ask = {"messages": [{"role": "user", "content": "Tell a story."}], "stream_options": {"include_usage": True}}
    return _exchange("chat_completions", "chat/completions", ask, _named(_chunks(deltas)), end=b"data: [DONE]\n\n")


def responses(deltas: int) -> Exchange:
    """A response whose only message has the given number of deltas."""
    numbered = ({**event, "sequence_number": number} for number, event in enumerate(_response(deltas)))
    return _exchange("responses", "responses", {"input": "Tell a story."}, _named(numbered))


def messages(deltas: int) -> Exchange:
    """A message whose only block has the given number of deltas."""
    ask = {"max_tokens": 2 * _PIECES * deltas, "messages": [{"role": "user", "content": "Tell a story."}]}
    return _exchange("messages", "messages", ask, _named(_message(deltas)))


FAMILIES: Mapping[str, Callable[[int], Exchange]] = {
    "chat_completions": chat_completions,
    "responses": responses,
    "messages": messages,
}


def body(exchange: Exchange) -> bytes:
    """The body of an exchange in one piece."""
    return b"".join(chunk.data for chunk in exchange.chunks)


def _exchange(family: str, path: str, ask: JSON, frames: Iterable[Frame], end: bytes = b"") -> Exchange:
    sent = json.dumps({"model": _MODEL, "stream": True, **ask}).encode()
    request = Request("POST", f"https://gateway.test/v1/{path}", (("content-type", "application/json"),), sent)
    written = [*(_frame(name, data) for name, data in frames), *([end] if end else [])]
    chunks = tuple(Chunk(_FIRST_SECONDS + _EACH_SECONDS * number, data) for number, data in enumerate(written))
    headers = (
        ("content-type", "text/event-stream; charset=utf-8"),
        ("cache-control", "no-cache"),
        ("request-id" if family == "messages" else "x-request-id", "req_1"),
    )
    return Exchange(family, request, 200, headers, chunks, seconds=chunks[-1].at)


def _frame(name: str, data: JSON) -> bytes:
    head = f"event: {name}\n" if name else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def _named(events: Iterable[JSON]) -> Iterator[Frame]:
    return ((event.get("type", ""), event) for event in events)


def _texts(deltas: int, words: int = 1) -> Iterator[str]:
    source = cycle(_WORDS)
    return ("".join(islice(source, words)) for _ in range(deltas))


def _chunks(deltas: int) -> Iterator[JSON]:
    padding = cycle(_PADDING)
    head = {
        "id": "chatcmpl-CfXCK9Jx1ALYtQrMgoQlUM0JFMnw2",
        "object": "chat.completion.chunk",
        "created": 1764015096,
        "model": _MODEL,
        "service_tier": "default",
        "system_fingerprint": "fp_9766e549b2",
    }

    def chunk(delta: JSON, reason: str | None = None) -> JSON:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**head, "choices": [choice], "usage": None, "obfuscation": next(padding)}

    yield chunk({"role": "assistant", "content": "", "refusal": None})
    yield from (chunk({"content": text}) for text in _texts(deltas))
    yield chunk({}, "stop")
    usage = {"prompt_tokens": 11, "completion_tokens": deltas, "total_tokens": 11 + deltas}
    yield {**head, "choices": [], "usage": usage, "obfuscation": next(padding)}


def _response(deltas: int) -> Iterator[JSON]:
    padding = cycle(_PADDING)
    text = "".join(_texts(deltas))
    ident = "msg_0252c107a0929a24016a85bfbad03c87d28a3122569b89b6cc"
    place = {"item_id": ident, "output_index": 0, "content_index": 0}
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    item = {"id": ident, "type": "message", "status": "completed", "role": "assistant", "content": [part]}
    started = {**item, "status": "in_progress", "content": []}
    yield {"type": "response.created", "response": _object("in_progress", [])}
    yield {"type": "response.in_progress", "response": _object("in_progress", [])}
    yield {"type": "response.output_item.added", "output_index": 0, "item": started}
    yield {"type": "response.content_part.added", **place, "part": {**part, "text": ""}}
    for delta in _texts(deltas):
        told = {"type": "response.output_text.delta", **place, "delta": delta, "logprobs": []}
        yield {**told, "obfuscation": next(padding)}
    yield {"type": "response.output_text.done", **place, "text": text, "logprobs": []}
    yield {"type": "response.content_part.done", **place, "part": part}
    yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": _object("completed", [item], deltas)}


def _object(status: str, output: list[JSON], tokens: int | None = None) -> JSON:
    usage = tokens and {
        "input_tokens": 11,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens": tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 11 + tokens,
    }
    return {
        "id": "resp_0252c107a0929a24016a85bfba9d1487d2",
        "object": "response",
        "created_at": 1764015096,
        "completed_at": 1764015196 if usage else None,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "max_tool_calls": None,
        "model": _MODEL,
        "output": output,
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "prompt_cache_key": None,
        "reasoning": {"effort": None, "summary": None},
        "safety_identifier": None,
        "service_tier": "default",
        "store": True,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_logprobs": 0,
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage,
        "user": None,
        "metadata": {},
    }


def _message(deltas: int) -> Iterator[JSON]:
    usage = {"input_tokens": 11, "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0}
    message = {"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "type": "message", "role": "assistant", "model": _MODEL}
    open_end = {"stop_reason": None, "stop_sequence": None}
    yield {
        "type": "message_start",
        "message": {**message, "content": [], **open_end, "usage": {**usage, "output_tokens": 1}},
    }
    yield {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    yield {"type": "ping"}
    for text in _texts(deltas, _PIECES):
        yield {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    yield {"type": "content_block_stop", "index": 0}
    end = {"stop_reason": "end_turn", "stop_sequence": None}
    yield {"type": "message_delta", "delta": end, "usage": {**usage, "output_tokens": _PIECES * deltas}}
    yield {"type": "message_stop"}
