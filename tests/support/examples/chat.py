"""Good exchanges of POST /chat/completions, as plain documents that a test can patch before they are judged.

A document has `request` (its body), `answer` (a body, or the list of a stream's events, `[DONE]` among them), and
optionally `status` and `date`.
"""

from __future__ import annotations

import json
from typing import Any

from conformance.core.model import Chunk, Exchange, Request
from conformance.judge import contract

PREFIXES = ("chat.", "error.openai.")
DONE = "[DONE]"
CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "get_weather", "parameters": CITY}}
CLOCK = {"type": "function", "function": {"name": "get_time", "parameters": {"type": "object"}}}
RUN_CODE = {"type": "custom", "custom": {"name": "run_code"}}
USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 5,
    "total_tokens": 14,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}


def asked(**other: Any) -> dict[str, Any]:
    return {"model": "m-1", "messages": [{"role": "user", "content": "Weather in Oslo?"}], **other}


def message(content: str | None = "It rains.", **other: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, "refusal": None, "annotations": [], **other}


def choice(index: int = 0, finish: str = "stop", said: dict[str, Any] | None = None, **other: Any) -> dict[str, Any]:
    return {"index": index, "message": said or message(), "logprobs": None, "finish_reason": finish, **other}


def completion(*choices: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {**_head("chat.completion"), "choices": list(choices or (choice(),)), "usage": USAGE, **other}


def call(number: int = 1, name: str = "get_weather", arguments: str = '{"city":"Oslo"}') -> dict[str, Any]:
    return {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}


def chunk(delta: dict[str, Any], finish: str | None = None, index: int = 0, **other: Any) -> dict[str, Any]:
    part = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
    return {**_head("chat.completion.chunk"), "choices": [part], **other}


def role(index: int = 0, **other: Any) -> dict[str, Any]:
    return chunk({"role": "assistant", "content": "", "refusal": None, **other}, index=index)


def words(*texts: str, index: int = 0) -> list[dict[str, Any]]:
    return [chunk({"content": text}, index=index) for text in texts]


def finish(reason: str = "stop", index: int = 0) -> dict[str, Any]:
    return chunk({}, reason, index)


def fragment(index: int, **other: Any) -> dict[str, Any]:
    return chunk({"tool_calls": [{"index": index, **other}]})


def called(index: int, name: str, *pieces: str) -> list[dict[str, Any]]:
    """The fragments of a call: the first introduces it, the others bring its arguments."""
    first = fragment(index, id=f"call_{index + 1}", type="function", function={"name": name, "arguments": ""})
    return [first, *(fragment(index, function={"arguments": piece}) for piece in pieces)]


def usage(**other: Any) -> dict[str, Any]:
    return {**_head("chat.completion.chunk"), "choices": [], "usage": {**USAGE, **other}}


def token(text: str, logprob: float = -0.1, *others: tuple[str, float]) -> dict[str, Any]:
    ranked = [(text, logprob), *others]
    return {**_likely(text, logprob), "top_logprobs": [_likely(word, value) for word, value in ranked]}


def _likely(text: str, logprob: float) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "bytes": list(text.encode())}


def _head(kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1790000000, "model": "m-1", "service_tier": "default"}


FAILURE = {"error": {"message": "The server is busy.", "type": "server_error", "param": None, "code": None}}

TEXT = {"request": asked(), "answer": completion()}
TWO = {"request": asked(n=2), "answer": completion(choice(0), choice(1))}
TOOLS = {
    "request": asked(tools=[WEATHER, CLOCK]),
    "answer": completion(choice(0, "tool_calls", message(None, tool_calls=[call(1), call(2, "get_time", "{}")]))),
}
ONE_TOOL = {
    "request": asked(tools=[WEATHER]),
    "answer": completion(choice(0, "tool_calls", message(None, tool_calls=[call()]))),
}
CUSTOM = {
    "request": asked(tools=[RUN_CODE]),
    "answer": completion(
        choice(
            0,
            "tool_calls",
            message(
                None, tool_calls=[{"id": "call_1", "type": "custom", "custom": {"name": "run_code", "input": "1+1"}}]
            ),
        )
    ),
}
LEGACY = {
    "request": asked(functions=[WEATHER["function"]]),
    "answer": completion(
        choice(0, "function_call", message(None, function_call={"name": "get_weather", "arguments": '{"city":"Oslo"}'}))
    ),
}
LOGPROBS = {
    "request": asked(logprobs=True, top_logprobs=2),
    "answer": completion(
        choice(
            logprobs={
                "content": [token("It", -0.1, ("He", -2.5)), token(" rains.", -0.2, (" snows.", -1.8))],
                "refusal": None,
            }
        )
    ),
}
FORMAT = {
    "request": asked(response_format={"type": "json_schema", "json_schema": {"name": "city", "schema": CITY}}),
    "answer": completion(choice(said=message('{"city": "Oslo"}'))),
}
STREAM = {"request": asked(stream=True), "answer": [role(), *words("It", " rains."), finish(), DONE]}
COUNTED = {
    "request": asked(stream=True, stream_options={"include_usage": True}),
    "answer": [{**event, "usage": None} for event in (role(), *words("It", " rains."), finish())] + [usage(), DONE],
}
STREAM_TWO = {
    "request": asked(stream=True, n=2),
    "answer": [role(0), role(1), *words("It", index=1), *words("So"), finish(), finish(index=1), DONE],
}
STREAM_TOOLS = {
    "request": asked(stream=True, tools=[WEATHER, CLOCK]),
    "answer": [
        role(content=None),
        *called(0, "get_weather", '{"city":', '"Oslo"}'),
        *called(1, "get_time", "{}"),
        finish("tool_calls"),
        DONE,
    ],
}
STREAM_FAILED = {"request": asked(stream=True), "answer": [role(), *words("It"), FAILURE, DONE]}
FAILED = {
    "request": asked(),
    "status": 404,
    "answer": {
        "error": {
            "message": "The model 'm-1' does not exist.",
            "type": "invalid_request_error",
            "param": None,
            "code": "model_not_found",
        }
    },
}


def exchange(document: dict[str, Any]) -> Exchange:
    answer = document["answer"]
    streamed = isinstance(answer, list)
    body = "".join(map(_frame, answer)) if streamed else json.dumps(answer)
    kind = "text/event-stream; charset=utf-8" if streamed else "application/json"
    sent = json.dumps(document["request"]).encode()
    return Exchange(
        family="chat_completions",
        request=Request("POST", "https://gateway.test/v1/chat/completions", (), sent),
        status=document.get("status", 200),
        headers=(("content-type", kind), ("x-request-id", "req_1")),
        chunks=(Chunk(0.0, body.encode()),),
        date=document.get("date", ""),
        lacks=frozenset({"timing"}),
    )


def _frame(event: Any) -> str:
    return f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n"


def broken(document: dict[str, Any]) -> set[str]:
    """The rules of this family that a document breaks."""
    return {found.rule for found in contract.findings(exchange(document)) if found.rule.startswith(PREFIXES)}


def demanded(document: dict[str, Any]) -> set[str]:
    """All rules of level must that a document breaks, those of HTTP and of event streams too."""
    return {found.rule for found in contract.findings(exchange(document)) if found.level == "must"}
