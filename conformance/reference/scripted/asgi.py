"""Asks an ASGI application in the same process, and returns its answer with the body still arriving."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from starlette.types import ASGIApp, Message, Scope

from conformance.core.model import Headers
from conformance.reference.gateway import Answer, BrokenOffError, Call

_Body = AsyncIterator[bytes]


async def ask(app: ASGIApp, call: Call) -> Answer:
    """The application's answer to a call. Raises BrokenOffError if it returns without one."""
    messages: asyncio.Queue[Message | None] = asyncio.Queue(maxsize=1)
    received = asyncio.Event()

    async def receive() -> Message:
        if not received.is_set():
            received.set()
            return {"type": "http.request", "body": call.body, "more_body": False}
        await asyncio.Event().wait()  # the client stays; a client that leaves cancels the task
        raise AssertionError

    async def work() -> None:
        try:
            await app(_scope(call), receive, messages.put)
        finally:
            await messages.put(None)

    task = asyncio.ensure_future(work())
    start = await messages.get()
    if start is None:
        await task
        raise BrokenOffError

    async def close() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    return Answer(start["status"], _decoded(start["headers"]), _body(messages), close)


async def _body(messages: asyncio.Queue[Message | None]) -> _Body:
    while message := await messages.get():
        if data := message.get("body", b""):
            yield data
        if not message.get("more_body", False):
            return
    raise BrokenOffError


def _scope(call: Call) -> Scope:
    path, _, query = call.target.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": call.method,
        "scheme": "http",
        "path": call.path,
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in call.headers],
        "client": None,
        "server": None,
        "state": {},
    }


def _decoded(headers: list[tuple[bytes, bytes]]) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
