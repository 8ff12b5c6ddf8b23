"""Good exchanges of the Anthropic endpoints, as plain documents that a test can patch before they are judged.

A document has `request` (its body), `answer` (a body, or the list of a stream's events), and optionally `family`,
`url`, `status`, `headers` (of the answer) and `sent` (headers of the request).
"""

from __future__ import annotations

import json
from typing import Any

from conformance.core.model import Chunk, Exchange, Request
from conformance.judge import contract

PREFIXES = ("messages.", "error.anthropic.", "count-tokens.", "models.")
WEATHER = {
    "name": "get_weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
USAGE = {
    "input_tokens": 9,
    "cache_creation_input_tokens": 4,
    "cache_read_input_tokens": 0,
    "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 30,
    "output_tokens_details": {"thinking_tokens": 5},
    "service_tier": "standard",
}


def message(content: list[Any], stop: str = "end_turn", **other: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m-1",
        "content": content,
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": USAGE,
        **other,
    }


def asked(**other: Any) -> dict[str, Any]:
    return {"model": "m-1", "max_tokens": 64, "messages": [{"role": "user", "content": "Weather in Oslo?"}], **other}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def thought(words: str = "Let me see.", signature: str = "c2ln") -> dict[str, Any]:
    return {"type": "thinking", "thinking": words, "signature": signature}


def call(number: int = 1, city: str = "Oslo") -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{number}", "name": "get_weather", "input": {"city": city}}


def start(**other: Any) -> dict[str, Any]:
    usage = {**USAGE, "output_tokens": 1, "output_tokens_details": None}
    return {"type": "message_start", "message": {**message([], usage=usage), "stop_reason": None, **other}}


def block(index: int, content_block: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": content_block},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def end(reason: str = "end_turn", **other: Any) -> list[dict[str, Any]]:
    delta = {"stop_reason": reason, "stop_sequence": None, **other}
    return [{"type": "message_delta", "delta": delta, "usage": {"output_tokens": 30}}, {"type": "message_stop"}]


def text_delta(words: str) -> dict[str, Any]:
    return {"type": "text_delta", "text": words}


def json_delta(part: str) -> dict[str, Any]:
    return {"type": "input_json_delta", "partial_json": part}


def thinking_delta(words: str) -> dict[str, Any]:
    return {"type": "thinking_delta", "thinking": words}


def signature_delta(signature: str = "c2ln") -> dict[str, Any]:
    return {"type": "signature_delta", "signature": signature}


PING = {"type": "ping"}
ERROR = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}, "request_id": "req_1"}

TEXT = {"request": asked(), "answer": message([text("It rains.")])}
TOOLS = {
    "request": asked(tools=[WEATHER]),
    "answer": message([thought(), text("I look."), call(1), call(2, "Bergen")], "tool_use"),
}
STREAM = {
    "request": asked(stream=True),
    "answer": [start(), *block(0, text(""), text_delta("It "), text_delta("rains.")), *end()],
}
STREAM_TOOLS = {
    "request": asked(stream=True, tools=[WEATHER]),
    "answer": [
        start(),
        *block(0, thought("", ""), thinking_delta("Let me "), thinking_delta("see."), signature_delta()),
        *block(1, {**call(), "input": {}}, json_delta(""), json_delta('{"city": '), json_delta('"Oslo"}')),
        *end("tool_use"),
    ],
}
FAILED = {
    "request": asked(),
    "status": 400,
    "answer": {
        "type": "error",
        "error": {"type": "invalid_request_error", "message": "max_tokens: Field required"},
        "request_id": "req_1",
    },
}

DOG = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
FORMAT = {
    "request": asked(output_config={"format": {"type": "json_schema", "schema": DOG}}),
    "answer": message([text('{"name": "Rex"}')]),
}
STOPPED = {
    "request": asked(stop_sequences=["END"]),
    "answer": message([text("One, two, ")], "stop_sequence", stop_sequence="END"),
}


def exchange(document: dict[str, Any]) -> Exchange:
    answer = document["answer"]
    streamed = isinstance(answer, list) and document.get("family", "messages") == "messages"
    body = b"".join(map(_event, answer)) if streamed else json.dumps(answer).encode()
    kind = "text/event-stream; charset=utf-8" if streamed else "application/json"
    return Exchange(
        family=document.get("family", "messages"),
        request=Request(
            "POST" if document.get("request") else "GET",
            document.get("url", "https://gateway.test/v1/messages"),
            tuple(document.get("sent", {}).items()),
            json.dumps(document["request"]).encode() if document.get("request") else b"",
        ),
        status=document.get("status", 200),
        headers=tuple({"content-type": kind, "request-id": "req_1", **document.get("headers", {})}.items()),
        chunks=(Chunk(0.0, body),),
        date=document.get("date", ""),
        lacks=frozenset({"timing"}),
    )


def _event(event: Any) -> bytes:
    if isinstance(event, str):
        return event.encode()
    name = event.get("type", "message") if isinstance(event, dict) else "message"
    return f"event: {name}\ndata: {json.dumps(event)}\n\n".encode()


def broken(document: dict[str, Any]) -> set[str]:
    """The rules of this vendor that a document breaks."""
    return {found.rule for found in contract.findings(exchange(document)) if found.rule.startswith(PREFIXES)}


def demanded(document: dict[str, Any]) -> set[str]:
    """All rules of level must that a document breaks, those of HTTP and of event streams too."""
    return {found.rule for found in contract.findings(exchange(document)) if found.level == "must"}
