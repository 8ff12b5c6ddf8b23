"""Upstreams that fail behind the gateway, native and crossed: the client is told in the form of its family."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import httpx
import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.core.model import Exchange
from conformance.reference.gateway import VIA, create_app
from conformance.reference.gateway.families import PATHS
from conformance.reference.serving import serve
from tests.support.in_process import UPSTREAM_KEY
from tests.support.lanes import (
    CHAT,
    FAMILIES,
    LANES,
    MESSAGES,
    MODELS,
    RESPONSES,
    answered,
    content,
    events,
    final,
    findings,
    fixed,
    lanes,
    raw,
    said,
)
from tests.support.upstreams import BEARER, KEY
from tests.support.wire import chat_answer, chat_events, messages_answer, messages_events, named, unnamed

every = pytest.mark.parametrize(("family", "upstream"), LANES, ids=lambda name: str(name))
ERRORS: dict[str, Any] = {
    CHAT: {
        "error": {"message": "Slow down, please.", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
    },
    MESSAGES: {
        "type": "error",
        "error": {"type": "rate_limit_error", "message": "Slow down, please."},
        "request_id": "x",
    },
}
ERRORS[RESPONSES] = ERRORS[CHAT]


def responses_events() -> list[dict[str, Any]]:
    """A stream with one text."""
    part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    item = {"id": "msg_1", "type": "message", "status": "in_progress", "role": "assistant", "content": []}
    details = {"input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
               "output_tokens_details": {"reasoning_tokens": 0}}  # fmt: skip
    usage = {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5, **details}
    started = {
        "id": "resp_1", "object": "response", "created_at": 1, "status": "in_progress", "model": "m", "output": [],
        "error": None, "incomplete_details": None, "instructions": None, "tools": [], "parallel_tool_calls": True,
        "metadata": {}, "tool_choice": "auto", "temperature": 1.0, "top_p": 1.0, "usage": None,
        "max_output_tokens": None, "previous_response_id": None, "store": True, "truncation": "disabled",
        "text": {"format": {"type": "text"}}, "reasoning": {"effort": None, "summary": None},
    }  # fmt: skip
    done = {**item, "status": "completed", "content": [{**part, "text": "Hello"}]}
    at: dict[str, Any] = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
    made: list[dict[str, Any]] = [
        {"type": "response.created", "response": started},
        {"type": "response.in_progress", "response": started},
        {"type": "response.output_item.added", "output_index": 0, "item": item},
        {"type": "response.content_part.added", **at, "part": part},
        {"type": "response.output_text.delta", **at, "delta": "Hel", "logprobs": []},
        {"type": "response.output_text.delta", **at, "delta": "lo", "logprobs": []},
        {"type": "response.output_text.done", **at, "text": "Hello", "logprobs": []},
        {"type": "response.content_part.done", **at, "part": {**part, "text": "Hello"}},
        {"type": "response.output_item.done", "output_index": 0, "item": done},
        {
            "type": "response.completed",
            "response": {**started, "status": "completed", "output": [done], "usage": usage},
        },
    ]
    return [{**event, "sequence_number": number} for number, event in enumerate(made)]


def writes(family: str) -> list[bytes]:
    """A good stream of the family, one event a write."""
    if family == CHAT:
        head = {name: value for name, value in chat_events()[0].items() if name != "choices"}
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        made = [*({**event, "usage": None} for event in chat_events()), {**head, "choices": [], "usage": usage}]
        return [*(unnamed([event]).encode() for event in made), b"data: [DONE]\n\n"]
    made = responses_events() if family == RESPONSES else messages_events()
    return [named([event]).encode() for event in made]


def whole(family: str) -> dict[str, Any]:
    if family == RESPONSES:
        return dict(responses_events()[-1]["response"])
    return chat_answer() if family == CHAT else messages_answer()


def ask(app: ASGIApp, family: str, upstream: str, *, stream: bool = False, **more: Any) -> Exchange:
    with lanes(app) as lane:
        option = {"stream_options": {"include_usage": True}} if family == CHAT and stream else {}
        exchange = lane.ask(family, upstream, said(family, "Say hello.", stream=stream, **option, **more))
        assert len(lane.behind.seen) == 1, "one request up for one down"
        return exchange


def assert_clean(exchange: Exchange, *statuses: int) -> dict[str, Any]:
    """An error answer that the judge accepts; returns the inner error."""
    assert exchange.status in statuses, raw(exchange)
    assert findings(exchange) == []
    return dict(content(exchange)["error"])


def assert_told(exchange: Exchange) -> None:
    """A begun stream that ends with an error event, and has no normal end."""
    assert (exchange.status, exchange.ended) == (200, "complete")
    last = events(exchange)[-1]
    assert last["error"]["message"]
    assert "type" in last or exchange.family == CHAT
    ends = {CHAT: b"[DONE]", RESPONSES: b"response.completed", MESSAGES: b"message_stop"}
    assert ends[exchange.family] not in raw(exchange)
    assert findings(exchange) == []


@every
@pytest.mark.parametrize("ending", ["cut", "end"])
class TestBrokenStreams:
    def test_at_every_event(self, family: str, upstream: str, ending: str) -> None:
        pieces = writes(upstream)
        for kept in range(1, len(pieces)):
            broken = [*pieces[:kept], *([b"cut"] if ending == "cut" else [])]
            assert_told(ask(fixed(broken), family, upstream, stream=True))

    def test_inside_of_a_line_and_of_a_character(self, family: str, upstream: str, ending: str) -> None:
        pieces = writes(upstream)
        for part in (pieces[1][:-9], b"data: \xf0\x9f"):
            broken = [pieces[0], part, *([b"cut"] if ending == "cut" else [])]
            assert_told(ask(fixed(broken), family, upstream, stream=True))

    def test_before_the_first_event(self, family: str, upstream: str, ending: str) -> None:
        assert_clean(ask(fixed([b"cut"] if ending == "cut" else []), family, upstream, stream=True), 502)


@every
class TestFailures:
    def test_an_error_event_at_every_point(self, family: str, upstream: str) -> None:
        pieces = writes(upstream)
        error = {
            CHAT: unnamed([ERRORS[CHAT]]),
            RESPONSES: named([{"type": "error", "sequence_number": 9, **ERRORS[CHAT]}]),
            MESSAGES: named([ERRORS[MESSAGES]]),
        }[upstream].encode()
        last = len(pieces) - (2 if upstream == MESSAGES else 3)
        for kept in range(1, last):
            exchange = ask(fixed([*pieces[:kept], error]), family, upstream, stream=True)
            assert exchange.status == 200
            assert "Slow down, please." in events(exchange)[-1]["error"]["message"]
            if family != upstream:
                assert_told(exchange)

    def test_a_terminator_without_an_end(self, family: str, upstream: str) -> None:
        pieces = writes(upstream)
        if upstream != RESPONSES:
            kept = -3 if upstream == CHAT else -2
            assert_told(ask(fixed([*pieces[:kept], pieces[-1]]), family, upstream, stream=True))

    @pytest.mark.parametrize("stream", [False, True])
    @pytest.mark.parametrize(
        ("body", "kind"),
        [
            (b"", "application/json"),
            (b"<html><body>Welcome</body></html>", "text/html"),
            (b"{}", "text/html"),
            (b"[]", "application/json"),
            (b'{"id": ', "application/json"),
            (b"busy", "text/plain"),
            (json.dumps(ERRORS[CHAT]).encode(), "application/json"),
            (json.dumps(ERRORS[MESSAGES]).encode(), "application/json"),
        ],
        ids=["empty", "html", "wrong-type", "array", "broken", "text", "openai-error", "anthropic-error"],
    )
    def test_200_without_an_answer(self, family: str, upstream: str, stream: bool, body: bytes, kind: str) -> None:
        assert_clean(ask(fixed(body, 200, {"content-type": kind}), family, upstream, stream=stream), 502)

    def test_200_with_a_stream_that_was_not_asked_for(self, family: str, upstream: str) -> None:
        assert_clean(ask(fixed(writes(upstream)), family, upstream), 502)

    @pytest.mark.parametrize("form", ["json", "html", "nothing", "text"])
    def test_an_error_status(self, family: str, upstream: str, form: str) -> None:
        error = ERRORS[upstream]
        kinds = {"json": "application/json", "html": "text/html", "nothing": "text/plain", "text": "text/plain"}
        bodies = {"json": json.dumps(error).encode(), "html": b"<html>Bad</html>", "nothing": b"", "text": b"Busy."}
        headers = {"content-type": kinds[form], "retry-after": "7"}
        mapped = {503: 529} if family == MESSAGES else {529: 503}
        crossed = family != upstream
        for status in (400, 404, 409, 413, 422, 429, 500, 502, 503, 529):
            exchange = ask(fixed(bodies[form], status, headers), family, upstream)
            assert exchange.status == (mapped.get(status, status) if crossed else status)
            assert dict(exchange.headers)["retry-after"] == "7", status
            inner = content(exchange)["error"]
            assert inner["message"] != "", status
            assert form != "json" or inner["message"] == "Slow down, please.", status
            assert form != "text" or inner["message"] == "Busy.", status
            assert "<html" not in inner["message"], status
            if form != "json" or (crossed and upstream == MESSAGES):
                assert not [each for each in findings(exchange) if "error.status.validation" not in each], status

    @pytest.mark.parametrize("status", [401, 403])
    def test_a_refused_key_is_the_gateways_fault(self, family: str, upstream: str, status: int) -> None:
        body = {"error": {"message": f"The key {UPSTREAM_KEY} is wrong.", "type": "invalid_request_error"}}
        exchange = ask(fixed(body, status), family, upstream)
        assert_clean(exchange, 502)
        assert UPSTREAM_KEY.encode() not in raw(exchange)

    def test_the_upstreams_key_never_comes_down(self, family: str, upstream: str) -> None:
        error = json.loads(json.dumps(ERRORS[upstream]))
        error["error"]["message"] = f"Your key {UPSTREAM_KEY} is out of money."
        exchange = ask(fixed(error, 429, {"retry-after": "1"}), family, upstream)
        assert exchange.status == 429
        assert UPSTREAM_KEY.encode() not in raw(exchange)

    def test_unasked_gzip_is_decoded(self, family: str, upstream: str) -> None:
        packed = gzip.compress(json.dumps(whole(upstream)).encode())
        coded = {"content-encoding": "gzip"}
        exchange = ask(fixed(packed, 200, coded), family, upstream)
        assert answered(exchange).text == "Hello"
        stream = gzip.compress(b"".join(writes(upstream)))
        exchange = ask(fixed([stream], 200, coded), family, upstream, stream=True)
        assert answered(exchange).text == "Hello"
        assert "content-encoding" not in dict(exchange.headers)

    def test_gzip_that_is_not_gzip(self, family: str, upstream: str) -> None:
        assert_clean(ask(fixed(b"{}", 200, {"content-encoding": "gzip"}), family, upstream), 502)

    @pytest.mark.parametrize("odd", ["bytes", "crlf", "comments", "unnamed", "unknown"])
    def test_odd_but_legal_streams(self, family: str, upstream: str, odd: str) -> None:
        data = b"".join(writes(upstream))
        pieces: Sequence[bytes] = {
            "bytes": [bytes([each]) for each in data],
            "crlf": [data.replace(b"\n", b"\r\n")],
            "comments": [b": hi\n\n", *(b": still here\n" + each for each in writes(upstream))],
            "unnamed": [b"\n".join(line for line in data.split(b"\n") if not line.startswith(b"event"))],
            "unknown": [*writes(upstream)[:1], b'data: {"type": "odd", "x": [1]}\n\n', *writes(upstream)[1:]],
        }[odd]
        exchange = ask(fixed(pieces), family, upstream, stream=True)
        if family != upstream or odd in ("bytes", "crlf"):
            assert answered(exchange).text == "Hello"
            assert findings(exchange) == []
        else:
            assert b"error" not in raw(exchange).replace(b'"error": null', b"")


@pytest.mark.parametrize("family", FAMILIES)
def test_a_call_without_json_arguments_fails_for_messages_only(family: str) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":'}}
    answer = chat_answer()
    answer["choices"][0] |= {"finish_reason": "tool_calls"}
    answer["choices"][0]["message"] |= {"content": None, "tool_calls": [call]}
    exchange = ask(fixed(answer), family, CHAT)
    assert exchange.status == (502 if family == MESSAGES else 200)


def chat_calls(*fragments: dict[str, Any]) -> list[bytes]:
    """A chat stream with these fragments of tool calls."""
    first, last = chat_events()[0], chat_events()[-1]
    last["choices"][0]["finish_reason"] = "tool_calls"
    middle = [json.loads(json.dumps(first)) for _ in fragments]
    for event, fragment in zip(middle, fragments, strict=True):
        event["choices"][0]["delta"] = {"tool_calls": [fragment]}
    return [*(unnamed([event]).encode() for event in (first, *middle, last)), b"data: [DONE]\n\n"]


@pytest.mark.parametrize("family", [RESPONSES, MESSAGES])
def test_interleaved_calls_come_down_apart(family: str) -> None:
    def start(index: int) -> dict[str, Any]:
        function = {"name": f"f{index}", "arguments": ""}
        return {"index": index, "id": f"call_{index}", "type": "function", "function": function}

    def more(index: int, text: str) -> dict[str, Any]:
        return {"index": index, "function": {"arguments": text}}

    fragments = (start(0), start(1), more(0, '{"a"'), more(1, '{"b"'), more(0, ": 1}"), more(1, ": 2}"))
    names = [{"name": name, "input_schema": {"type": "object"}} for name in ("f0", "f1")]
    if family == RESPONSES:
        names = [{"type": "function", "name": name, "parameters": {"type": "object"}} for name in ("f0", "f1")]
    exchange = ask(fixed(chat_calls(*fragments)), family, CHAT, stream=True, tools=names)
    assert findings(exchange) == []
    calls = [(call.id, call.name, call.arguments) for call in answered(exchange).tool_calls]
    expected: list[Any] = [{"a": 1}, {"b": 2}] if family == MESSAGES else ['{"a": 1}', '{"b": 2}']
    assert calls == [("call_0", "f0", expected[0]), ("call_1", "f1", expected[1])]


class TestUsage:
    """Exact counts: OpenAI's input includes the cached tokens, Anthropic's excludes them."""

    MESSAGES_USAGE: ClassVar = {
        "input_tokens": 7, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 30, "output_tokens": 11,
        "output_tokens_details": {"thinking_tokens": 5},
    }  # fmt: skip

    @pytest.mark.parametrize("family", [CHAT, RESPONSES])
    @pytest.mark.parametrize("stream", [False, True])
    def test_of_messages(self, family: str, stream: bool) -> None:
        made = messages_events()
        made[0]["message"]["usage"] = {**self.MESSAGES_USAGE, "output_tokens": 1}
        made[-2]["usage"] = {"output_tokens": 11, "output_tokens_details": {"thinking_tokens": 5}}
        answer = {**messages_answer(), "usage": self.MESSAGES_USAGE}
        app = fixed([named([event]).encode() for event in made]) if stream else fixed(answer)
        with lanes(app) as lane:
            option = {"stream_options": {"include_usage": True}} if family == CHAT and stream else {}
            usage = final(lane.ask(family, MESSAGES, said(family, "Hi", stream=stream, **option)))["usage"]
        given, made_of = ("prompt", "completion") if family == CHAT else ("input", "output")
        assert (usage[f"{given}_tokens"], usage[f"{made_of}_tokens"], usage["total_tokens"]) == (57, 11, 68)
        assert usage[f"{given}_tokens_details"] == {"cached_tokens": 20, "cache_write_tokens": 30}
        assert usage[f"{made_of}_tokens_details"] == {"reasoning_tokens": 5}

    def test_of_chat(self) -> None:
        usage = {
            "prompt_tokens": 57, "completion_tokens": 11, "total_tokens": 68,
            "prompt_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 30},
            "completion_tokens_details": {"reasoning_tokens": 5},
        }  # fmt: skip
        exchange = ask(fixed({**chat_answer(), "usage": usage}), MESSAGES, CHAT)
        assert final(exchange)["usage"] == self.MESSAGES_USAGE


class TestRefusals:
    def test_a_refusal_of_chat(self) -> None:
        answer = chat_answer()
        answer["choices"][0]["message"] |= {"content": None, "refusal": "I will not."}
        exchange = ask(fixed(answer), MESSAGES, CHAT)
        assert (findings(exchange), content(exchange)["stop_reason"]) == ([], "refusal")
        assert content(exchange)["content"][0]["text"] == "I will not."
        exchange = ask(fixed(answer), RESPONSES, CHAT)
        assert findings(exchange) == []
        assert content(exchange)["output"][0]["content"] == [{"type": "refusal", "refusal": "I will not."}]

    @pytest.mark.parametrize("stream", [False, True])
    def test_a_refusal_of_messages(self, stream: bool) -> None:
        details = {"type": "refusal", "category": "cyber", "explanation": "Not this."}
        stop = {"stop_reason": "refusal", "stop_sequence": None, "stop_details": details}
        made = messages_events()
        made = [made[0], {**made[-2], "delta": stop}, made[-1]]
        answer = {**messages_answer(), "content": [], **stop}
        app = fixed([named([event]).encode() for event in made]) if stream else fixed(answer)
        exchange = ask(app, CHAT, MESSAGES, stream=stream)
        assert findings(exchange) == []
        assert final(exchange)["choices"][0]["finish_reason"] == "content_filter"
        assert final(exchange)["choices"][0]["message"]["refusal"] == "Not this."
        exchange = ask(app, RESPONSES, MESSAGES, stream=stream)
        assert findings(exchange) == []
        assert final(exchange)["incomplete_details"] == {"reason": "content_filter"}

    def test_a_failed_response_is_an_error(self) -> None:
        error = {"code": "server_error", "message": "It broke."}
        failed = {**whole(RESPONSES), "status": "failed", "error": error, "output": []}
        assert assert_clean(ask(fixed(failed), CHAT, RESPONSES), 502)["message"] == "It broke."
        assert ask(fixed(failed), RESPONSES, RESPONSES).status == 200


@pytest.mark.socket
class TestSockets:
    """Timing and connections need real ones."""

    def test_the_first_event_goes_down_before_the_second_comes_up(self) -> None:
        for family, upstream in LANES:
            received = threading.Event()
            pieces = writes(upstream)

            async def app(
                scope: Scope, receive: Receive, send: Send, pieces: Any = pieces, received: Any = received
            ) -> None:
                await receive()
                headers = [(b"content-type", b"text/event-stream")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": pieces[0], "more_body": True})
                assert await asyncio.to_thread(received.wait, 10), "the first event was held back"
                await send({"type": "http.response.body", "body": b": silence\n\n", "more_body": True})
                await send({"type": "http.response.body", "body": b"".join(pieces[1:]), "more_body": False})

            with running(app) as client, client.stream("POST", PATHS[family], **sent(family, upstream)) as answer:
                chunks = answer.iter_raw()
                assert next(chunks)
                received.set()
                rest = b"".join(chunks)
            assert (b": " in rest) if family != MESSAGES or family == upstream else (b"event: ping" in rest)

    def test_a_client_that_leaves_closes_the_upstream(self) -> None:
        for family, upstream in LANES:
            left = threading.Event()
            first = writes(upstream)[0]

            async def app(
                scope: Scope, receive: Receive, send: Send, first: bytes = first, left: threading.Event = left
            ) -> None:
                await receive()
                headers = [(b"content-type", b"text/event-stream")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": first, "more_body": True})
                while (await receive())["type"] != "http.disconnect":
                    pass
                left.set()

            with running(app) as client:
                with client.stream("POST", PATHS[family], **sent(family, upstream)) as answer:
                    assert next(answer.iter_raw())
                assert left.wait(2)

    def test_silence_is_a_time_out(self) -> None:
        for family, upstream in LANES:

            async def app(scope: Scope, receive: Receive, send: Send) -> None:
                await receive()
                while (await receive())["type"] != "http.disconnect":
                    pass

            with running(app, timeout=0.1) as client:
                answer = client.post(PATHS[family], **sent(family, upstream))
            assert answer.status_code == 504
            assert answer.json()["error"]["message"]

    def test_an_unreachable_upstream_is_502(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
        app = create_app(upstream=f"http://127.0.0.1:{port}", upstream_key="up", key=KEY, models=(), translations=VIA)
        with serve(app) as url, httpx.Client(base_url=url, headers=BEARER) as client:
            for family, upstream in LANES:
                assert client.post(PATHS[family], **sent(family, upstream)).status_code == 502


@contextmanager
def running(app: ASGIApp, timeout: float = 20.0) -> Iterator[httpx.Client]:
    """A client of the translating gateway on a real socket in front of `app`."""

    async def upstream(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("no lifespan here")
        await app(scope, receive, send)

    with serve(upstream) as behind:
        settings: dict[str, Any] = {"upstream_key": "up", "key": KEY, "models": (), "translations": VIA}
        with (
            serve(create_app(upstream=behind, timeout=timeout, **settings)) as front,
            httpx.Client(base_url=front, headers=BEARER, timeout=10) as client,
        ):
            yield client


def sent(family: str, upstream: str) -> dict[str, Any]:
    body = {"model": MODELS[upstream], **said(family, "Hello", stream=True)}
    return {"json": body, "headers": {"anthropic-version": "2023-06-01"}}
