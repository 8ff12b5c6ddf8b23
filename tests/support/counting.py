"""A slow reference gateway that counts its requests, and how many of them are concurrent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.reference import DEFAULT_KEY, running_provider
from conformance.reference.gateway import create_app
from conformance.reference.serving import serve


@dataclass
class Counted:
    """The requests to a model that the gateway received, as (body, number of concurrent requests with this one)."""

    url: str = ""
    now: int = 0
    peak: int = 0
    asked: list[tuple[bytes, int]] = field(default_factory=list)
    first: threading.Event = field(default_factory=threading.Event)

    def about(self, word: str) -> list[tuple[bytes, int]]:
        """The requests with a word in their body."""
        return [(body, others) for body, others in self.asked if word.encode() in body]


@contextmanager
def counting_gateway(seconds: float = 0.0) -> Iterator[Counted]:
    """Runs the gateway until the block ends. Every answer is delayed by `seconds`."""
    counted = Counted()
    with running_provider() as (upstream, upstream_key, models):
        app = create_app(upstream=upstream, upstream_key=upstream_key, key=DEFAULT_KEY, models=models)
        with serve(_counting(app, counted, seconds)) as url:
            counted.url = f"{url}/v1"
            yield counted


def _counting(app: ASGIApp, counted: Counted, seconds: float) -> ASGIApp:
    async def counting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        counted.now += 1
        counted.peak = max(counted.peak, counted.now)
        counted.asked.append((body, counted.now))
        counted.first.set()
        given = [{"type": "http.request", "body": body, "more_body": False}]

        async def again() -> Message:
            return given.pop() if given else await receive()

        under_way = [True]

        def ended() -> None:
            """Once: the client may send its next request as soon as it has the last byte, before the app returns."""
            if under_way:
                under_way.clear()
                counted.now -= 1

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body"):
                ended()
            await send(message)

        try:
            await asyncio.sleep(seconds)
            await app(scope, again, sent)
        finally:
            ended()

    return counting
