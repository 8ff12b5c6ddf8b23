"""The reference gateway on real sockets, in front of small upstreams whose answers the tests choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from conformance.reference.gateway import Answering, create_app
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
    """Sends the answer of `reply`, and keeps the requests it receives."""

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


def assert_refused(answer: httpx.Response, status: int, dialect: str, kind: str) -> dict[str, Any]:
    """Checks that the answer is an error in the dialect's envelope with its ids, and returns the inner object."""
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
