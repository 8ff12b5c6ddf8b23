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
from conformance.reference.gateway.web_socket_session import Session, UnusableError, document, message_of, prepared
from conformance.reference.gateway.wire import Answer, BrokenOffError, Call, decoded_headers, first, target_of, without

_ENDS = ("response.completed", "response.incomplete", "response.failed", "error")
_HANDSHAKE = frozenset(
    {"connection", "upgrade", "sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions"}
)
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
    session = Session()
    while (message := await receive())["type"] == "websocket.receive":
        if not await _respond(answering, asked, session, message.get("text") or "", send):
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


async def _respond(
    answering: Callable[[Call], Awaitable[Answer]], asked: Call, session: Session, text: str, send: Send
) -> bool:
    """Sends the events of one response; returns whether the connection stays open."""
    message = message_of(text)
    if message is None:
        await send(_text(_refusal("The message is not a JSON object of the type 'response.create'.", "type")))
        return True
    body = session.body(message)
    if message.get("generate") is False:
        try:
            events = list(prepared(body, asked.id))
        except UnusableError as error:
            events = [_refusal(error.message, error.param)]
        for data in events:
            await send(_text(data))
        session.keep(body, (document(events[-1]) or {}).get("response"))
        return True
    headers = (*without(asked.headers, _HANDSHAKE), ("content-type", "application/json"))
    path = PATHS[RESPONSES]
    sent = json.dumps(body).encode()
    answer = await answering(Call("POST", path, path.encode(), headers, sent, web_socket=True))
    last: JSON = None
    try:
        async for name, data in _events(answer):
            event = document(data)
            last = event if isinstance(event, dict) and event.get("type") in _ENDS else last
            await send({"type": "websocket.send", "bytes": data.encode()} if name == BINARY else _text(data))
    except BrokenOffError:
        pass
    finally:
        await answer.close()
    if last is None:
        await send({"type": "websocket.close", "code": 1011, "reason": ""})
        return False
    session.keep(body, last.get("response"))
    return True


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
    value = document(body.decode("utf-8", "replace"))
    inner = value.get("error") if isinstance(value, dict) else None
    message = "The answer of the upstream provider is not a stream."
    return (
        inner if isinstance(inner, dict) else {"type": "server_error", "message": message, "code": None, "param": None}
    )


def _error(status: int, inner: JSON) -> str:
    return json.dumps({"type": "error", "status": status, "error": inner, "sequence_number": 0})


def _refusal(message: str, param: str | None) -> str:
    return _error(400, {"type": "invalid_request_error", "message": message, "code": None, "param": param})


def _text(data: str) -> dict[str, JSON]:
    return {"type": "websocket.send", "text": data}
