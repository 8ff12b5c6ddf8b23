"""Scripts of failing upstreams: errors in the form of each family, and compressed answers."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

import pytest
from starlette.types import Message

from conformance.reference.gateway import Answer, Call, wire
from conformance.reference.gateway.wire import first, whole
from conformance.reference.scripted import delivery, errors, replies, script

TYPES = [
    ("chat_completions", 400, "invalid_request_error"),
    ("responses", 429, "rate_limit_error"),
    ("chat_completions", 529, "server_error"),
    ("messages", 400, "invalid_request_error"),
    ("messages", 401, "authentication_error"),
    ("messages", 429, "rate_limit_error"),
    ("messages", 500, "api_error"),
    ("messages", 529, "overloaded_error"),
]


async def body_of(answer: Answer) -> bytes:
    return b"".join([piece async for piece in answer.body])


@pytest.mark.parametrize(("family", "status", "kind"), TYPES)
def test_an_error_has_the_usual_type_of_its_status(family: str, status: int, kind: str) -> None:
    answer = errors.answer(family, status, {"message": "No birds."})
    document: Any = json.loads(asyncio.run(body_of(answer)))
    assert (answer.status, document["error"]["type"], document["error"]["message"]) == (status, kind, "No birds.")


def test_the_request_id_of_an_error_is_that_of_its_header() -> None:
    answer = errors.answer("messages", 500, {"message": "No birds."})
    document: Any = json.loads(asyncio.run(body_of(answer)))
    assert document["request_id"] == first(answer.headers, "request-id")


def test_an_answer_can_be_compressed_without_being_asked_for() -> None:
    plain = Answer(200, (("content-length", "5"),), whole(b"birds"))
    answer = delivery.coded(plain, {"coding": "gzip"})
    assert answer.headers == (("content-encoding", "gzip"),)
    assert zlib.decompress(asyncio.run(body_of(answer)), zlib.MAX_WBITS | 16) == b"birds"
    assert delivery.coded(plain, {}) is plain


@pytest.mark.parametrize(("size", "is_read"), [(10, True), (11, False)])
def test_a_body_beyond_the_limit_is_not_read(size: int, is_read: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "MAX_BODY", 10)
    scope = {"type": "http", "method": "POST", "path": "/", "raw_path": b"/", "query_string": b"", "headers": []}
    left = [b"x" * 5, b"x" * (size - 5)]

    async def receive() -> Message:
        return {"type": "http.request", "body": left.pop(), "more_body": bool(left)}

    assert (asyncio.run(wire.read_call(scope, receive)) is not None) is is_read


ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    10**300,
    1e308,
    "x",
    "\ud800",
    [],
    [None],
    [[]],
    {},
    {"type": []},
    {"\udfff": 1},
)
SHAPING = (
    "model", "n", "stream_options", "logprobs", "top_logprobs", "tools", "tool_choice", "functions", "modalities",
    "audio", "prediction", "web_search_options", "text", "reasoning", "include", "metadata", "conversation", "thinking",
    "system", "messages", "input", "prompt_cache_options", "service_tier", "max_tokens", "context_management",
)  # fmt: skip
"""Parameters that shape an answer."""


@pytest.mark.parametrize("family", ["chat_completions", "responses", "messages"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_reply_is_built_whatever_the_request_contains(family: str, stream: bool) -> None:
    reply = {"text": "Heron.", "reasoning": "So.", "calls": [{"name": "f", "arguments": {"a": 1}}], "signature": "s"}
    for name in SHAPING:
        for value in ODD:
            call = Call("POST", "/v1", b"", body=json.dumps({name: value, "stream": stream}).encode())
            answer = replies.answer(reply, call, family)
            assert answer.status == 200
            assert b"Heron" in asyncio.run(body_of(answer))


def test_an_error_is_an_answer_by_hand() -> None:
    (scripted,) = script.parse({"answers": [{"error": {"message": "No birds."}}]}, "messages")
    assert scripted.is_by_hand


def test_a_reply_is_a_stream_if_the_script_says_so() -> None:
    asked, plain = (Call("POST", "/v1/messages", b"", body=json.dumps({"stream": on}).encode()) for on in (True, False))
    types = [
        first(replies.answer({"text": "Heron."}, call, "messages", stream=stream).headers, "content-type")
        for call, stream in ((asked, None), (asked, False), (plain, None), (plain, True))
    ]
    assert [str(kind).partition(";")[0] for kind in types] == [
        "text/event-stream",
        "application/json",
        "application/json",
        "text/event-stream",
    ]
