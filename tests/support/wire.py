"""Small good exchanges of every family, built by hand, for tests to damage."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from conformance.core import data_files
from conformance.core.model import Chunk, Exchange, Request
from conformance.judge import contract

JSON_TYPE = ("content-type", "application/json")
SSE_TYPE = ("content-type", "text/event-stream; charset=utf-8")
SHARED = {
    rule["id"]
    for name in ("sse", "http", "error", "timing")
    for rule in data_files.table(f"{name}/rules.yaml")["rules"]
}
"""The rules that hold for every family."""

CHAT, RESPONSES, MESSAGES = "chat_completions", "responses", "messages"

_PATHS = {CHAT: "chat/completions", RESPONSES: "responses", MESSAGES: "messages"}
_IDS = {CHAT: ("x-request-id", "req_1"), RESPONSES: ("x-request-id", "req_1"), MESSAGES: ("request-id", "req_1")}
_ASK: dict[str, dict[str, Any]] = {
    CHAT: {"model": "m", "messages": [{"role": "user", "content": "Say hello."}]},
    RESPONSES: {"model": "m", "input": "Say hello."},
    MESSAGES: {"model": "m", "max_tokens": 64, "messages": [{"role": "user", "content": "Say hello."}]},
}


def exchange(
    family: str,
    body: bytes | str | list[Any] | dict[str, Any],
    status: int = 200,
    stream: bool = False,
    headers: tuple[tuple[str, str], ...] | None = None,
    ask: dict[str, Any] | None = None,
    **changes: Any,
) -> Exchange:
    """A complete exchange that arrived at once, with the usual headers."""
    sent = json.dumps({**_ASK[family], "stream": stream, **(ask or {})}).encode()
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    raw = text.encode() if isinstance(text, str) else text
    if headers is None:
        headers = (SSE_TYPE if stream and status == 200 else JSON_TYPE, _IDS[family])
        if family == MESSAGES and stream:
            headers += (("cache-control", "no-cache"),)
    request = Request("POST", f"https://gateway.test/v1/{_PATHS[family]}", (JSON_TYPE,), sent)
    chunks = (Chunk(0.5, raw),) if raw else ()
    return replace(Exchange(family, request, status, headers, chunks, seconds=0.5), **changes)


def broken(found: Exchange) -> set[str]:
    """The shared rules that an exchange breaks."""
    return {finding.rule for finding in contract.findings(found) if finding.rule in SHARED}


def chat_chunk(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def chat_events(*texts: str) -> list[dict[str, Any]]:
    first = chat_chunk({"role": "assistant", "content": "", "refusal": None})
    return [first, *(chat_chunk({"content": text}) for text in texts or ("Hel", "lo")), chat_chunk({}, "stop")]


def chat_stream(*texts: str) -> str:
    return unnamed(chat_events(*texts)) + "data: [DONE]\n\n"


def unnamed(events: list[dict[str, Any]]) -> str:
    return "".join(f"data: {json.dumps(event)}\n\n" for event in events)


def named(events: list[dict[str, Any]]) -> str:
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)


def chat_answer(content: str = "Hello") -> dict[str, Any]:
    message = {"role": "assistant", "content": content, "refusal": None, "annotations": []}
    usage = {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [choice],
        "usage": usage,
    }


def messages_events(*texts: str) -> list[dict[str, Any]]:
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 1},
    }
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
        for text in texts or ("Hel", "lo")
    ]
    return [
        {"type": "message_start", "message": message},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *deltas,
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": 2},
        },
        {"type": "message_stop"},
    ]


def messages_stream(*texts: str) -> str:
    return named(messages_events(*texts))


def messages_answer(text: str = "Hello") -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }


def openai_error(message: object = "The model does not exist.", **fields: object) -> dict[str, Any]:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None, **fields}}


def anthropic_error(message: object = "model: m", kind: object = "not_found_error") -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}
