"""A WebSocket to an application in this process: what the server and the network are for real ones."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.types import ASGIApp, Message
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, TextMessage

DATE = (b"date", b"Sun, 06 Nov 1994 08:49:37 GMT")
"""The header that the servers add themselves."""
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def asks_for_upgrade(request: httpx.Request) -> bool:
    return request.method == "GET" and request.headers.get("upgrade", "").lower() == "websocket"


class Session:
    """One connection. It is the `network_stream` that httpcore would have after the answer with status 101."""

    def __init__(self, app: ASGIApp, scope: Mapping[str, Any]) -> None:
        key = next((value for name, value in scope["headers"] if name == b"sec-websocket-key"), b"")
        accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
        self._switched = [(b"Upgrade", b"websocket"), (b"Connection", b"Upgrade"), (b"Sec-WebSocket-Accept", accept)]
        self._server = Connection(ConnectionType.SERVER)
        self._received: asyncio.Queue[Message] = asyncio.Queue()
        self._received.put_nowait({"type": "websocket.connect"})
        self._sent: asyncio.Queue[Message | None] = asyncio.Queue()
        extensions = {"websocket.http.response": {}}
        self._task = asyncio.create_task(self._run(app, {**scope, "type": "websocket", "extensions": extensions}))

    async def _run(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self._received.get, self._sent.put)
        finally:
            await self._sent.put(None)

    async def response(self) -> httpx.Response:
        """The answer to the request for an upgrade."""
        first = await self._next()
        if first["type"] == "websocket.accept":
            headers = [*self._switched, DATE, *first["headers"]]
            return httpx.Response(101, headers=headers, extensions={"network_stream": self}, stream=_Nothing(self))
        body = b""
        while (message := await self._next()).get("more_body"):
            body += message["body"]
        await self._task
        return httpx.Response(first["status"], headers=first["headers"], stream=httpx.ByteStream(body))

    async def _next(self) -> Message:
        message = await self._sent.get()
        if message is None:
            await self._task  # raises what went wrong
            raise httpx.RemoteProtocolError("Server disconnected.")
        return message

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._server.receive_data(buffer)
        for event in self._server.events():
            if isinstance(event, TextMessage):
                self._received.put_nowait({"type": "websocket.receive", "text": event.data})
            elif isinstance(event, CloseConnection):
                self._received.put_nowait({"type": "websocket.disconnect", "code": event.code})

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            message = await self._next()
        except httpx.RemoteProtocolError:
            return b""
        if message["type"] == "websocket.close":
            return self._server.send(CloseConnection(message["code"]))
        data = message.get("bytes")
        return self._server.send(BytesMessage(data) if data is not None else TextMessage(message["text"]))

    async def close(self) -> None:
        self._received.put_nowait({"type": "websocket.disconnect", "code": 1006})
        await asyncio.gather(self._task, return_exceptions=True)


class _Nothing(httpx.AsyncByteStream):
    """The body of the answer with status 101."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def __aiter__(self) -> Any:
        return
        yield b""

    async def aclose(self) -> None:
        await self._session.close()
