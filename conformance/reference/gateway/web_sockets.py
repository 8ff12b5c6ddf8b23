"""The WebSocket mode of Responses: each message `response.create` is answered by the events of a stream.

The request goes the way of `POST /v1/responses`, so that both have the same events, faults and variations.
Source: openai 3.57, `resources/responses/responses.py` (`connect`) and, in `types/responses`,
`responses_client_event_param.py` and `responses_server_event.py` (`ResponseWsError`).
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from email.utils import formatdate

from starlette.types import Receive, Scope, Send

from conformance.core.model import JSON
from conformance.reference.gateway.families import PATHS, RESPONSES
from conformance.reference.gateway.sse import Frames
from conformance.reference.gateway.wire import Answer, BrokenOffError, Call, decoded_headers, first, target_of, without

_ENDS = ("response.completed", "response.incomplete", "response.failed", "error")
_HANDSHAKE = frozenset(
    {"connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"}
)
_ENVELOPE = ("type", "generate", "stream_id")
"""Members of a message that a body does not have."""

BINARY = "binary"
"""The name of an event that goes as a binary message, for faults."""


async def serve(answering: Callable[[Call], Awaitable[Answer]], scope: Scope, receive: Receive, send: Send) -> None:
    """Answers an upgrade: with 101 and a session, or with the answer that the gateway gives instead."""
    await receive()  # websocket.connect
    asked = Call("GET", scope["path"], target_of(scope), decoded_headers(scope["headers"]), web_socket=True)
    answer = await answering(asked)
    if answer.status != 101:
        await _refuse(answer, send)
        return
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
    await send({"type": "websocket.accept", "headers": headers})
    while (message := await receive())["type"] == "websocket.receive":
        if not await _respond(answering, asked, message.get("text") or "", send):
            return


async def _refuse(answer: Answer, send: Send) -> None:
    kept = without(answer.headers, frozenset({"connection"}))
    dated = (("date", formatdate(usegmt=True)), *kept)  # the server adds it to other answers only
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in dated]
    try:
        await send({"type": "websocket.http.response.start", "status": answer.status, "headers": headers})
        async for data in answer.body:
            await send({"type": "websocket.http.response.body", "body": data, "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b"", "more_body": False})
    finally:
        await answer.close()


async def _respond(answering: Callable[[Call], Awaitable[Answer]], asked: Call, text: str, send: Send) -> bool:
    """Sends the events of one response; returns whether the session goes on."""
    body = _body(text)
    if body is None:
        message = "The message is not a JSON object of the type 'response.create'."
        await send(
            _text(_error(400, {"type": "invalid_request_error", "message": message, "code": None, "param": "type"}))
        )
        return True
    headers = (*without(asked.headers, _HANDSHAKE), ("content-type", "application/json"))
    call = Call("POST", PATHS[RESPONSES], PATHS[RESPONSES].encode(), headers, body, web_socket=True)
    answer = await answering(call)
    ended = False
    try:
        async for name, data in _events(answer):
            ended = ended or _type(data) in _ENDS
            is_binary = name == BINARY
            await send({"type": "websocket.send", "bytes": data.encode()} if is_binary else _text(data))
    except BrokenOffError:
        pass
    finally:
        await answer.close()
    if not ended:
        await send({"type": "websocket.close", "code": 1011, "reason": ""})
    return ended


def _body(text: str) -> bytes | None:
    """The body of the request; None for a message of another type."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or value.get("type") != "response.create":
        return None
    members = {name: member for name, member in value.items() if name not in _ENVELOPE}
    return json.dumps({**members, "stream": True}).encode()


async def _events(answer: Answer) -> AsyncIterator[tuple[str, str]]:
    """The name and the data of each event; an answer that is not a stream is an error event."""
    if (first(answer.headers, "content-type") or "").startswith("text/event-stream"):
        frames = Frames()
        async for data in answer.body:
            for frame in frames.feed(data):
                if frame.data is not None:
                    yield frame.name, frame.data
        return
    whole = b"".join([data async for data in answer.body])
    yield "error", _error(answer.status, _inner(whole))


def _inner(body: bytes) -> JSON:
    """The error in a body."""
    try:
        value = json.loads(body)
    except ValueError:
        value = None
    inner = value.get("error") if isinstance(value, dict) else None
    message = "The answer of the upstream provider is not a stream."
    return (
        inner if isinstance(inner, dict) else {"type": "server_error", "message": message, "code": None, "param": None}
    )


def _error(status: int, inner: JSON) -> str:
    return json.dumps({"type": "error", "status": status, "error": inner, "sequence_number": 0})


def _type(data: str) -> JSON:
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value.get("type") if isinstance(value, dict) else None


def _text(data: str) -> dict[str, JSON]:
    return {"type": "websocket.send", "text": data}
