"""Scripts of failing upstreams: errors in the form of each family, and compressed answers."""

from __future__ import annotations

import asyncio
import json
import zlib
from typing import Any

import pytest

from conformance.reference.gateway import Answer, Call
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
