"""A request over a WebSocket: the WebSocket mode of Responses.

The request goes as one text message, and each event comes as one. The messages are recorded as an event stream, so that
they are judged as the events of a stream are. A note stands before the data of a binary message, which is not an event.

Source: https://developers.openai.com/api/docs/guides/websocket-mode.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import AsyncGenerator
from typing import Protocol

import httpx
from wsproto import ConnectionType
from wsproto.connection import Connection, ConnectionState
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, TextMessage

from conformance.core.bounded_json import read_object
from conformance.protocol.web_socket import message

_ENDS = frozenset({"response.completed", "response.incomplete", "response.failed", "error"})
"""The types of the events that end a response."""

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""

_READ = 64 * 1024
"""Bytes that are read at once."""

_NAME = re.compile(r"[\w.-]+")
_LINE_END = re.compile(r"\r\n|\r|\n")


class ClosedError(Exception):
    """The server closed the WebSocket with a close frame, before the first message."""


class Stream(Protocol):
    """The connection after the answer with status 101, as httpcore has it."""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Returns the next bytes; none at the end of the connection."""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Sends bytes."""


def check(key: str, accept: str) -> None:
    """Raises httpx.RemoteProtocolError if the server did not take the key as RFC 6455, section 4.1, requires."""
    wanted = base64.b64encode(hashlib.sha1(key.encode() + _GUID, usedforsecurity=False).digest()).decode()
    if accept.strip() != wanted:
        raise httpx.RemoteProtocolError(f"sec-websocket-accept is not {wanted}")


async def events(stream: Stream, body: bytes, most: int) -> AsyncGenerator[bytes]:
    """Sends a body of Responses, and yields the messages up to the end of the response, each as an event.

    A message that does not end within `most` characters is yielded in parts of about that size.

    Raises ClosedError if the server closes the WebSocket before the first message, and httpx.RemoteProtocolError if the
    connection ends without a close frame, and for bytes that are not frames.
    """
    connection = Connection(ConnectionType.CLIENT)
    is_first = True
    await stream.write(connection.send(TextMessage(message(body))))
    text, data = "", b""
    while True:
        received = await stream.read(_READ)
        if not received:
            raise httpx.RemoteProtocolError("the connection ended without a close frame")
        connection.receive_data(received)
        for event in connection.events():
            if isinstance(event, CloseConnection):
                if connection.state is not ConnectionState.REMOTE_CLOSING:
                    raise httpx.RemoteProtocolError(f"bytes that are not a frame: {event.reason}")
                await stream.write(connection.send(event.response()))
                if is_first:
                    raise ClosedError(f"the WebSocket was closed with {_code(event)} before any message")
                return
            if isinstance(event, Ping):
                await stream.write(connection.send(event.response()))
            elif isinstance(event, TextMessage):
                text += event.data
            elif isinstance(event, BytesMessage):
                data += event.data
            if not isinstance(event, Message) or not (event.message_finished or len(text) + len(data) > most):
                continue
            name = _type(text or data)
            yield (
                _event("binary", f"(a binary message) {data.decode('utf-8', 'replace')}")
                if data
                else _event(name, text)
            )
            text, data, is_first = "", b"", False
            if name in _ENDS:
                await stream.write(connection.send(CloseConnection(1000)))
                return


def _code(closed: CloseConnection) -> str:
    """The status code of a close frame, with the server's reason; RFC 6455, section 7.4."""
    return f"code {closed.code:d} ({closed.reason})" if closed.reason else f"code {closed.code:d}"


def _type(message: str | bytes) -> str:
    """The type of an event; "" if it has none."""
    kind = (read_object(message) or {}).get("type")
    return kind if isinstance(kind, str) and _NAME.fullmatch(kind) else ""


def _event(name: str, text: str) -> bytes:
    lines = [*([f"event: {name}"] if name else []), *(f"data: {line}" for line in _LINE_END.split(text)), "", ""]
    return "\n".join(lines).encode("utf-8", "surrogatepass")
