"""The reference gateway as a relay: bytes, headers, streams, and disconnects on both sides."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from conformance.reference.gateway import create_app
from conformance.reference.gateway.upstream import connect
from conformance.reference.serving import serve
from tests.support.upstreams import BEARER, BODY, CHAT, KEY, MESSAGES, MODELS, UPSTREAM_KEY, assert_refused, gateway

pytestmark = pytest.mark.socket
STREAM = {**BODY, "stream": True}
DONE = b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with gateway() as (client, _):
        yield client


class TestPassingThrough:
    def test_the_bodies_bytes_are_unchanged(self) -> None:
        body = b'{ "model":"alpha",\r\n "x": 1e2, "x": "\\u00e9\xc3\xa9" }'
        with gateway() as (client, upstream):
            assert client.post(CHAT, content=body, headers=BEARER).content == b'{"ok": true}'
        assert upstream.seen[0].body == body

    def test_request_headers_are_forwarded_except_hop_by_hop_headers(self) -> None:
        sent = {
            "anthropic-version": "2023-06-01",
            "anthropic-beta": "a,b",
            "anthropic-unheard-of": "1",
            "openai-organization": "org",
            "x-stainless-lang": "python",
            "content-type": "application/json; charset=utf-8",
        }
        hop = {"connection": "x-private, keep-alive", "x-private": "1", "te": "trailers", "keep-alive": "timeout=5"}
        with gateway() as (client, upstream):
            client.post(MESSAGES, content=b'{"model": "alpha"}', headers={**BEARER, **sent, **hop})
        headers = upstream.seen[0].headers
        assert {name: headers.get_list(name) for name in sent} == {name: [value] for name, value in sent.items()}
        assert not {"x-private", "te", "keep-alive"} & headers.keys()

    def test_answer_headers_come_back_with_the_gateways_own_id(self) -> None:
        with gateway() as (client, _):
            answer = client.post(CHAT, json=BODY, headers=BEARER)
        assert answer.headers["x-more"] == "1"
        assert len(answer.headers.get_list("x-request-id")) == len(answer.headers.get_list("date")) == 1
        assert answer.headers["x-request-id"].startswith("req_")
        assert "transfer-encoding" not in answer.headers

    def test_every_call_has_its_own_id(self, client: httpx.Client) -> None:
        ids = {client.get("/v1/models", headers=BEARER).headers["x-request-id"] for _ in range(3)}
        assert len(ids) == 3

    def test_messages_keep_the_upstreams_request_id_with_the_body_that_repeats_it(self) -> None:
        body = {"type": "error", "error": {"type": "overloaded_error", "message": "busy"}, "request_id": "req_up"}

        def overloaded(request: Request) -> Response:
            return Response(json.dumps(body), 529, {"request-id": "req_up", "retry-after": "7"}, "application/json")

        with gateway(overloaded) as (client, _):
            answer = client.post(MESSAGES, json=BODY, headers=BEARER)
        assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (529, body, "7")
        assert answer.headers.get_list("request-id") == answer.headers.get_list("x-request-id") == ["req_up"]

    @pytest.mark.parametrize(("accepted", "encoded"), [(None, False), ("gzip", True), ("identity", False)])
    def test_encodings_are_agreed_between_client_and_upstream(self, accepted: str | None, encoded: bool) -> None:
        def willing(request: Request) -> Response:
            if request.headers["accept-encoding"] == "gzip":
                return Response(gzip.compress(b'{"a": 1}'), headers={"content-encoding": "gzip"})
            return Response(b'{"a": 1}')

        with gateway(willing) as (client, _):
            client.headers.pop("accept-encoding")
            headers = {**BEARER, "accept-encoding": accepted} if accepted else BEARER
            answer = client.post(CHAT, json=BODY, headers=headers)
        assert ("content-encoding" in answer.headers, answer.json()) == (encoded, {"a": 1})

    def test_an_unreachable_upstream_is_502_in_either_envelope(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as held:
            port = held.getsockname()[1]
        app = create_app(upstream=f"http://127.0.0.1:{port}", upstream_key=UPSTREAM_KEY, key=KEY, models=MODELS)
        with serve(app) as url, httpx.Client(base_url=url, headers=BEARER) as client:
            assert_refused(client.post(CHAT, json=BODY), 502, "openai", "server_error")
            answer = client.post(MESSAGES, json=BODY)
        assert_refused(answer, 502, "anthropic", "api_error")
        assert str(port) not in answer.text


class TestStreaming:
    def test_each_piece_is_relayed_before_the_next_exists(self) -> None:
        received = threading.Event()

        def waiting(request: Request) -> Response:
            async def events() -> Any:
                yield b"data: 1\n\n"
                if not await asyncio.to_thread(received.wait, 10):
                    raise RuntimeError("the first event was held back")
                yield DONE

            return StreamingResponse(events(), media_type="text/event-stream")

        with gateway(waiting) as (client, _), client.stream("POST", CHAT, json=STREAM, headers=BEARER) as answer:
            chunks = answer.iter_raw()
            assert next(chunks) == b"data: 1\n\n"
            assert not received.is_set()
            received.set()
            assert next(chunks) == DONE
            assert next(chunks, None) is None

    def test_a_client_that_leaves_closes_the_upstream(self) -> None:
        left = threading.Event()

        def endless(request: Request) -> Response:
            async def events() -> Any:
                try:
                    yield b"data: 1\n\n"
                    await asyncio.Event().wait()
                finally:
                    left.set()

            return StreamingResponse(events(), media_type="text/event-stream")

        with gateway(endless) as (client, _):
            with client.stream("POST", CHAT, json=STREAM, headers=BEARER) as answer:
                assert next(answer.iter_raw()) == b"data: 1\n\n"
            assert left.wait(5)

    def test_a_client_that_leaves_before_the_answer_closes_the_upstream(self) -> None:
        asked, left = threading.Event(), threading.Event()

        class Silent:
            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                asked.set()
                while (await receive())["type"] != "http.disconnect":
                    pass
                left.set()

        with gateway(lambda request: Silent()) as (client, _):  # type: ignore[arg-type,return-value]
            with socket.create_connection((client.base_url.host, client.base_url.port or 0)) as raw:
                raw.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n")
                raw.sendall(f"authorization: Bearer {KEY}\r\n\r\n".encode())
                assert asked.wait(5)
                assert not left.is_set()
            assert left.wait(5)

    def test_an_upstream_that_breaks_off_ends_the_stream_with_an_error(self) -> None:
        class Cut:
            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b'data: 1\n\ndata: {"id', "more_body": True})

        with (
            gateway(lambda request: Cut()) as (client, _),  # type: ignore[arg-type,return-value]
            client.stream("POST", CHAT, json=STREAM, headers=BEARER) as answer,
        ):
            chunks = answer.iter_raw()
            assert next(chunks) == b"data: 1\n\n"
            (event,) = chunks
        assert json.loads(event.removeprefix(b"data: "))["error"]["type"] == "server_error"

    def test_many_streams_at_once(self) -> None:
        together = threading.Barrier(20, timeout=10)

        def meeting(request: Request) -> Response:
            async def events() -> Any:
                yield b"data: 1\n\n"

            return StreamingResponse(events(), media_type="text/event-stream")

        with gateway(meeting) as (client, upstream), ExitStack() as stack:

            def ask() -> None:
                with client.stream("POST", CHAT, json=STREAM, headers=BEARER) as answer:
                    together.wait()
                    statuses.append(answer.status_code)
                    answer.read()

            statuses: list[int] = []
            threads = [threading.Thread(target=ask) for _ in range(20)]
            for thread in threads:
                thread.start()
                stack.callback(thread.join)
        assert statuses == [200] * 20
        assert len(upstream.seen) == 20


def test_a_provider_at_https_has_to_show_a_certificate() -> None:
    async def wanted() -> ssl.VerifyMode:
        async with connect("https://provider.example") as connections:
            transport: Any = connections.transport
            mode: ssl.VerifyMode = transport._pool._ssl_context.verify_mode
            return mode

    assert asyncio.run(wanted()) == ssl.CERT_REQUIRED
