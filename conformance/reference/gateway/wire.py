"""The gateway's requests and answers, and how they are read from and sent to an ASGI server.

An `Answer` is built before it is sent; only its body may still be arriving from the provider. So a wrapper between
the two can change all of it: the status, the headers, each write.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from uuid import uuid4

from starlette.types import Message, Receive, Scope, Send

from conformance.core.model import JSON, Headers

MAX_BODY = 64 * 1024 * 1024
"""Bytes of a body that is read; for a longer one, the connection is closed. The provider refuses 32 MB already."""


class BrokenOffError(Exception):
    """Raised by an answer's body to close the connection before the answer is complete."""


async def nothing() -> None:
    """The `close` of an answer with nothing to close."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `path` is decoded, for routing; `target` is the raw path and query, for relaying.

    `id` is the gateway's request id. Header names are as received. `translated` changes the body that goes up in
    another family than it came in. `patience` is the longest silence of the upstream in seconds; 0 is the usual one.
    `web_socket` says that the connection is a WebSocket, or can become one.
    """

    method: str
    path: str
    target: bytes
    headers: Headers = ()
    body: bytes = b""
    id: str = field(default_factory=lambda: f"req_{uuid4().hex}")
    patience: float = 0.0
    web_socket: bool = False
    translated: Callable[[JSON], JSON] = field(default=lambda body: body, compare=False, repr=False)

    @property
    def query(self) -> str:
        """The raw query string, without the question mark."""
        return self.target.partition(b"?")[2].decode("latin-1")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer to send: each item of `body` becomes one write. `close` is always awaited.

    Code that changes the body must remove or correct `content-length`. If `bare` is set (to an HTTP version), the
    answer is written to the connection without the server's framing, and the connection is closed.
    """

    status: int
    headers: Headers
    body: AsyncIterator[bytes]
    close: Callable[[], Awaitable[None]] = nothing
    bare: str = ""


async def whole(body: bytes) -> AsyncIterator[bytes]:
    """A complete body as a single write."""
    yield body


def first(headers: Headers, name: str) -> str | None:
    """The first value of the header `name` (lower case), or None."""
    return next((value for key, value in headers if key.lower() == name), None)


def without(headers: Headers, names: frozenset[str]) -> Headers:
    """The headers without those in `names` (lower case)."""
    return tuple((name, value) for name, value in headers if name.lower() not in names)


async def read_call(scope: Scope, receive: Receive) -> Call | None:
    """The call with its whole body; None if the client disconnected before the end, or the body is too long."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            return None
        more = message.get("more_body", False)
    return Call(scope["method"], scope["path"], target_of(scope), decoded_headers(scope["headers"]), bytes(body))


async def send_answer(answer: Answer, send: Send) -> None:
    """Sends `answer`, each item of its body as it arrives."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    try:
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        async for data in answer.body:
            await send(_piece(data, more=True))
        await send(_piece(b"", more=False))
    except BrokenOffError:
        return
    finally:
        await answer.close()


async def write_bare(answer: Answer, connection: asyncio.WriteTransport) -> None:
    """Writes `answer` to the connection without adding headers or framing, and closes it.

    Never returns; the server cancels it when the connection has ended.
    """
    lines = [f"{answer.bare} {answer.status} ", *(f"{name}: {value}" for name, value in answer.headers), "", ""]
    connection.write("\r\n".join(lines).encode("latin-1"))
    try:
        async for data in answer.body:
            connection.write(data)
    except BrokenOffError:
        connection.abort()
    finally:
        connection.close()
        await answer.close()
    await asyncio.Event().wait()


async def while_connected(work: Awaitable[None], receive: Receive) -> None:
    """Runs `work`, and cancels it if the client disconnects; the request's body must have been read."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(receive())
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)
    if not working.cancelled():
        working.result()


def _piece(data: bytes, *, more: bool) -> Message:
    return {"type": "http.response.body", "body": data, "more_body": more}


def target_of(scope: Scope) -> bytes:
    """The raw path and query."""
    query: bytes = scope["query_string"]
    path: bytes = scope["raw_path"]
    return path + b"?" + query if query else path


def decoded_headers(headers: list[tuple[bytes, bytes]]) -> Headers:
    """The headers of a scope as text."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)
