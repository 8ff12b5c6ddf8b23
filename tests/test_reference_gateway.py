"""The faithful gateway, over real sockets, in front of small upstreams that the tests steer themselves."""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from conformance.reference.gateway import Answer, Answering, Call, create_app
from conformance.reference.serving import serve

KEY, UPSTREAM_KEY = "sk-of-the-client", "sk-of-the-upstream"
MODELS = ("alpha", "beta", "vendor/gamma")
BEARER = {"authorization": f"Bearer {KEY}"}
CHAT, RESPONSES, MESSAGES = "/v1/chat/completions", "/v1/responses", "/v1/messages"
COUNT = f"{MESSAGES}/count_tokens"
BODY = {"model": "alpha"}

Reply = Callable[[Request], Response]


@dataclass(frozen=True)
class Seen:
    method: str
    target: str
    headers: httpx.Headers
    body: bytes


class Upstream:
    """Answers what `reply` says and remembers what it was asked."""

    def __init__(self, reply: Reply) -> None:
        self.reply = reply
        self.seen: list[Seen] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError("no lifespan here")
        request = Request(scope, receive)
        body = await request.body()
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        self.seen.append(Seen(request.method, target, httpx.Headers(request.headers.raw), body))
        await self.reply(request)(scope, receive, send)


def plain(request: Request) -> Response:
    return Response(b'{"ok": true}', media_type="application/json", headers={"x-request-id": "up", "x-more": "1"})


@contextmanager
def gateway(
    reply: Reply = plain, around: Callable[[Answering], Answering] = lambda a: a
) -> Iterator[tuple[httpx.Client, Upstream]]:
    upstream = Upstream(reply)
    with serve(upstream) as url:
        app = create_app(upstream=url, upstream_key=UPSTREAM_KEY, key=KEY, models=MODELS, around=around)
        with serve(app) as base, httpx.Client(base_url=base, timeout=10) as client:
            yield client, upstream


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with gateway() as (client, _):
        yield client


def assert_refused(answer: httpx.Response, status: int, dialect: str, kind: str) -> dict[str, Any]:
    """The answer is an error in the dialect's envelope, with the ids that go with it; the inner object."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    value = answer.json()
    assert answer.headers["x-request-id"].startswith("req_")
    if dialect == "anthropic":
        assert value.keys() == {"type", "error", "request_id"}
        assert value["error"].keys() == {"type", "message"}
        assert value["request_id"] == answer.headers["request-id"] == answer.headers["x-request-id"]
    else:
        assert value.keys() == {"error"}
        assert value["error"].keys() == {"message", "type", "param", "code"}
        assert "request-id" not in answer.headers
    assert value["error"]["type"] == kind
    assert value["error"]["message"]
    return dict(value["error"])


class TestCredentials:
    @pytest.mark.parametrize("path", [CHAT, RESPONSES, MESSAGES, COUNT])
    @pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
    def test_bearer_opens_every_endpoint(self, client: httpx.Client, path: str, scheme: str) -> None:
        assert client.post(path, json=BODY, headers={"authorization": f"{scheme} {KEY}"}).status_code == 200

    @pytest.mark.parametrize("path", [MESSAGES, COUNT])
    def test_x_api_key_opens_the_anthropic_endpoints(self, client: httpx.Client, path: str) -> None:
        assert client.post(path, json=BODY, headers={"x-api-key": KEY}).status_code == 200

    def test_x_api_key_opens_the_model_list(self, client: httpx.Client) -> None:
        assert client.get("/v1/models", headers={"x-api-key": KEY}).status_code == 200

    def test_both_at_once_are_fine(self, client: httpx.Client) -> None:
        assert client.post(MESSAGES, json=BODY, headers={**BEARER, "x-api-key": KEY}).status_code == 200

    @pytest.mark.parametrize("path", [CHAT, RESPONSES])
    def test_x_api_key_does_not_open_the_openai_endpoints(self, client: httpx.Client, path: str) -> None:
        assert_refused(client.post(path, json=BODY, headers={"x-api-key": KEY}), 401, "openai", "invalid_request_error")

    @pytest.mark.parametrize(
        "headers",
        [{}, {"authorization": "Bearer sk-wrong"}, {"authorization": KEY}, {"authorization": f"Basic {KEY}"}],
        ids=["missing", "wrong", "bare", "basic"],
    )
    @pytest.mark.parametrize(
        ("path", "dialect", "kind"),
        [
            (CHAT, "openai", "invalid_request_error"),
            (RESPONSES, "openai", "invalid_request_error"),
            (MESSAGES, "anthropic", "authentication_error"),
            (COUNT, "anthropic", "authentication_error"),
        ],
    )
    def test_anything_else_is_refused(
        self, client: httpx.Client, path: str, dialect: str, kind: str, headers: dict[str, str]
    ) -> None:
        answer = client.post(path, json=BODY, headers=headers)
        assert_refused(answer, 401, dialect, kind)
        assert "sk-" not in answer.text

    def test_the_model_list_refuses_in_either_envelope(self, client: httpx.Client) -> None:
        assert_refused(client.get("/v1/models"), 401, "openai", "invalid_request_error")
        answer = client.get("/v1/models", headers={"anthropic-version": "2023-06-01", "x-api-key": "sk-wrong"})
        assert_refused(answer, 401, "anthropic", "authentication_error")

    def test_a_wrong_key_is_named_so_and_a_missing_one_is_not(self, client: httpx.Client) -> None:
        wrong = client.post(CHAT, json=BODY, headers={"authorization": "Bearer sk-wrong"})
        assert wrong.json()["error"]["code"] == "invalid_api_key"
        assert client.post(CHAT, json=BODY).json()["error"]["code"] is None


class TestExchangeOfKeys:
    @pytest.mark.parametrize("path", [CHAT, RESPONSES])
    def test_openai_upstreams_see_their_own_bearer(self, path: str) -> None:
        with gateway() as (client, upstream):
            client.post(path, json=BODY, headers=BEARER)
        assert upstream.seen[0].headers.get_list("authorization") == [f"Bearer {UPSTREAM_KEY}"]

    def test_anthropic_upstreams_see_their_own_x_api_key(self) -> None:
        with gateway() as (client, upstream):
            client.post(MESSAGES, json=BODY, headers={**BEARER, "x-api-key": KEY})
        assert upstream.seen[0].headers.get_list("x-api-key") == [UPSTREAM_KEY]
        assert "authorization" not in upstream.seen[0].headers

    def test_the_clients_key_goes_no_further(self) -> None:
        with gateway() as (client, upstream):
            client.post(MESSAGES, json=BODY, headers={**BEARER, "x-api-key": KEY, "cookie": f"key={KEY}"})
        assert not [value for value in upstream.seen[0].headers.values() if KEY in value]

    @pytest.mark.parametrize("status", [401, 403])
    @pytest.mark.parametrize(
        ("path", "dialect", "kind"), [(CHAT, "openai", "server_error"), (MESSAGES, "anthropic", "api_error")]
    )
    def test_an_upstream_that_refuses_and_quotes_the_key_is_not_quoted(
        self, status: int, path: str, dialect: str, kind: str
    ) -> None:
        def quoting(request: Request) -> Response:
            return Response(f"wrong key: {UPSTREAM_KEY}", status, {"www-authenticate": UPSTREAM_KEY})

        with gateway(quoting) as (client, _):
            answer = client.post(path, json=BODY, headers=BEARER)
        assert_refused(answer, 502, dialect, kind)
        assert UPSTREAM_KEY not in f"{answer.headers}{answer.text}"


class TestRouting:
    @pytest.mark.parametrize("path", ["/", "/v1", "/v1/nothing", "/chat/completions", "/v1/v1/messages", "/v1/models/"])
    def test_an_unknown_path_is_404(self, client: httpx.Client, path: str) -> None:
        assert_refused(client.post(path, json=BODY, headers=BEARER), 404, "openai", "invalid_request_error")

    def test_an_unknown_path_under_messages_is_404_in_its_envelope(self, client: httpx.Client) -> None:
        answer = client.post("/v1/messages/nothing", json=BODY, headers=BEARER)
        assert_refused(answer, 404, "anthropic", "not_found_error")

    @pytest.mark.parametrize(
        ("path", "dialect", "kind"),
        [
            (CHAT, "openai", "invalid_request_error"),
            (RESPONSES, "openai", "invalid_request_error"),
            (MESSAGES, "anthropic", "not_found_error"),
            (COUNT, "anthropic", "not_found_error"),
        ],
    )
    def test_a_trailing_slash_is_404_without_a_redirect(
        self, client: httpx.Client, path: str, dialect: str, kind: str
    ) -> None:
        assert_refused(client.post(f"{path}/", json=BODY, headers=BEARER), 404, dialect, kind)

    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
    @pytest.mark.parametrize(
        ("path", "dialect"), [(CHAT, "openai"), (RESPONSES, "openai"), (MESSAGES, "anthropic"), (COUNT, "anthropic")]
    )
    def test_a_wrong_method_is_405_and_says_what_is_allowed(
        self, client: httpx.Client, method: str, path: str, dialect: str
    ) -> None:
        answer = client.request(method, path, headers=BEARER)
        assert_refused(answer, 405, dialect, "invalid_request_error")
        assert answer.headers["allow"] == "POST"

    def test_posting_to_the_model_list_is_405(self, client: httpx.Client) -> None:
        assert client.post("/v1/models", headers=BEARER).headers["allow"] == "GET, HEAD"

    def test_query_parameters_do_not_route_and_are_forwarded(self) -> None:
        with gateway() as (client, upstream):
            assert client.post(f"{MESSAGES}?beta=true&x=%2F", json=BODY, headers=BEARER).status_code == 200
        assert upstream.seen[0].target == f"{MESSAGES}?beta=true&x=%2F"

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", f"{RESPONSES}/resp_1?include=x"),
            ("DELETE", f"{RESPONSES}/resp_1"),
            ("GET", f"{RESPONSES}/resp_1/input_items?limit=2"),
            ("POST", f"{RESPONSES}/resp_1/cancel"),
        ],
    )
    def test_stored_responses_are_relayed(self, method: str, path: str) -> None:
        with gateway() as (client, upstream):
            assert client.request(method, path, headers=BEARER).json() == {"ok": True}
        assert (upstream.seen[0].method, upstream.seen[0].target) == (method, path)


class TestModels:
    def test_openai_shape(self, client: httpx.Client) -> None:
        value = client.get("/v1/models", headers=BEARER).json()
        assert value.keys() == {"object", "data"}
        assert [model["id"] for model in value["data"]] == list(MODELS)
        assert all(model.keys() == {"id", "object", "created", "owned_by"} for model in value["data"])

    def page(self, client: httpx.Client, query: str) -> dict[str, Any]:
        headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
        return dict(client.get(f"/v1/models{query}", headers=headers).json())

    def test_anthropic_shape(self, client: httpx.Client) -> None:
        value = self.page(client, "?limit=1000&beta=true")
        assert value.keys() == {"data", "has_more", "first_id", "last_id"}
        assert (value["has_more"], value["first_id"], value["last_id"]) == (False, MODELS[0], MODELS[-1])
        assert [model["type"] for model in value["data"]] == ["model"] * 3

    @pytest.mark.parametrize(
        ("query", "ids", "more"),
        [
            ("?limit=2", ["alpha", "beta"], True),
            ("?limit=2&after_id=beta", ["vendor/gamma"], False),
            ("?after_id=vendor/gamma", [], False),
            ("?limit=1&before_id=vendor/gamma", ["beta"], True),
            ("?limit=1&before_id=beta", ["alpha"], False),
        ],
    )
    def test_anthropic_pages(self, client: httpx.Client, query: str, ids: list[str], more: bool) -> None:
        value = self.page(client, query)
        assert ([model["id"] for model in value["data"]], value["has_more"]) == (ids, more)
        assert (value["first_id"], value["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))

    @pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "limit=-1", "after_id=no", "before_id=no"])
    def test_impossible_pages_are_refused(self, client: httpx.Client, query: str) -> None:
        answer = client.get(f"/v1/models?{query}", headers={**BEARER, "anthropic-version": "2023-06-01"})
        error = assert_refused(answer, 400, "anthropic", "invalid_request_error")
        assert error["message"].startswith(query.partition("=")[0])

    @pytest.mark.parametrize("path", ["alpha", "vendor/gamma", "vendor%2Fgamma"])
    def test_one_model(self, client: httpx.Client, path: str) -> None:
        name = path.replace("%2F", "/")
        answer = client.get(f"/v1/models/{path}", headers=BEARER).json()
        assert (answer["id"], answer["object"]) == (name, "model")
        answer = client.get(f"/v1/models/{path}", headers={**BEARER, "anthropic-version": "2026-10-21"}).json()
        assert (answer["id"], answer["type"]) == (name, "model")

    def test_one_unknown_model(self, client: httpx.Client) -> None:
        answer = client.get("/v1/models/delta", headers=BEARER)
        assert "delta" in assert_refused(answer, 404, "openai", "invalid_request_error")["message"]
        answer = client.get("/v1/models/delta", headers={**BEARER, "anthropic-version": "2026-10-21"})
        assert "delta" in assert_refused(answer, 404, "anthropic", "not_found_error")["message"]

    @pytest.mark.parametrize(
        ("path", "dialect", "kind"),
        [
            (CHAT, "openai", "invalid_request_error"),
            (RESPONSES, "openai", "invalid_request_error"),
            (MESSAGES, "anthropic", "not_found_error"),
            (COUNT, "anthropic", "not_found_error"),
        ],
    )
    def test_asking_an_unknown_model(self, client: httpx.Client, path: str, dialect: str, kind: str) -> None:
        answer = client.post(path, json={"model": "delta"}, headers=BEARER)
        error = assert_refused(answer, 404, dialect, kind)
        assert "delta" in error["message"]
        assert dialect == "anthropic" or (error["param"], error["code"]) == ("model", "model_not_found")

    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[]", b"{}", b'{"model": 5}', b"\xff", b"[" * 100_000], ids=lambda body: repr(body[:9])
    )
    def test_a_body_without_a_model_is_the_upstreams_to_judge(self, body: bytes) -> None:
        with gateway() as (client, upstream):
            assert client.post(CHAT, content=body, headers=BEARER).status_code == 200
        assert upstream.seen[0].body == body


class TestPassingThrough:
    def test_the_bodies_bytes_are_unchanged(self) -> None:
        body = b'{ "model":"alpha",\r\n "x": 1e2, "x": "\\u00e9\xc3\xa9" }'
        with gateway() as (client, upstream):
            assert client.post(CHAT, content=body, headers=BEARER).content == b'{"ok": true}'
        assert upstream.seen[0].body == body

    def test_request_headers_go_on_and_hop_by_hop_ones_stay(self) -> None:
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
                yield b"data: 2\n\n"

            return StreamingResponse(events(), media_type="text/event-stream")

        with gateway(waiting) as (client, _), client.stream("POST", CHAT, json=BODY, headers=BEARER) as answer:
            chunks = answer.iter_raw()
            assert next(chunks) == b"data: 1\n\n"
            assert not received.is_set()
            received.set()
            assert next(chunks) == b"data: 2\n\n"
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
            with client.stream("POST", CHAT, json=BODY, headers=BEARER) as answer:
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

    def test_an_upstream_that_breaks_off_breaks_the_answer_off(self) -> None:
        class Cut:
            async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})

        with (
            gateway(lambda request: Cut()) as (client, _),  # type: ignore[arg-type,return-value]
            client.stream("POST", CHAT, json=BODY, headers=BEARER) as answer,
        ):
            chunks = answer.iter_raw()
            assert next(chunks) == b"data: 1\n\n"
            with pytest.raises(httpx.RemoteProtocolError):
                next(chunks)

    def test_many_streams_at_once(self) -> None:
        together = threading.Barrier(20, timeout=10)

        def meeting(request: Request) -> Response:
            async def events() -> Any:
                yield b"data: 1\n\n"

            return StreamingResponse(events(), media_type="text/event-stream")

        with gateway(meeting) as (client, upstream), ExitStack() as stack:

            def ask() -> None:
                with client.stream("POST", CHAT, json=BODY, headers=BEARER) as answer:
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


def test_a_wrapper_sees_every_call_and_may_change_every_answer() -> None:
    def louder(answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            made = await answering(replace(call, headers=(*call.headers, ("x-added", "1"))))

            async def shouted() -> Any:
                async for data in made.body:
                    yield data.upper()

            return replace(made, status=made.status + 1, body=shouted())

        return answer

    with gateway(around=louder) as (client, upstream):
        answer = client.post(CHAT, json=BODY, headers=BEARER)
        missing = client.post("/v1/nothing", headers=BEARER)
    assert (answer.status_code, answer.content) == (201, b'{"OK": TRUE}')
    assert missing.status_code == 405
    assert upstream.seen[0].headers["x-added"] == "1"
