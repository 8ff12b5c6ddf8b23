"""The application: answers by script what has a token, leaves the rest to the scripted model, and has a control path.

Control requests carry the control key as a bearer token:

- `PUT /_suite/scripts/TOKEN` with a script as JSON registers it;
- `DELETE /_suite/scripts/TOKEN?wait=SECONDS` removes it, and returns `{"requests": [...]}`: the record of each request
  that came with the token, when all have ended, or after that time;
- `GET /_suite/scripts` is answered with 204: the provider is a scripted one, and the key is right;
- `GET /_suite/open` returns `{"open": N}`: the number of other requests, with and without a token, whose answer has not
  ended.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import socket
import struct
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from email.utils import formatdate
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance.core.provider_control import OPEN_PATH, SCRIPTS_PATH
from conformance.reference import provider
from conformance.reference.gateway import Answer, Answering, BrokenOffError, Call
from conformance.reference.gateway.errors import json_answer
from conformance.reference.gateway.families import PATHS
from conformance.reference.gateway.wire import first, read_call, send_answer, while_connected, whole, write_bare
from conformance.reference.scripted import delivery, errors, replies, script
from conformance.reference.scripted.asgi import ask
from conformance.reference.scripted.register import Entry, Record, Register
from conformance.reference.scripted.script import Scripted

JSON = Any

MAX_WAIT = 30.0
"""Seconds. The longest wait for the end of the requests with a token."""

_ENDINGS = {path.removeprefix("/v1"): family for family, path in PATHS.items()}
"""The ends of paths; some gateways leave out /v1."""


def create_app(
    *, key: str, control_key: str, models: Sequence[str] = provider.DEFAULT_MODELS, pace: float = 0.01
) -> Starlette:
    """The scripted provider. Gateways send `key`, the suite sends `control_key`; the others as for `provider`."""
    served = _Provider(provider.create_app(key=key, models=models, pace=pace), key, control_key)
    return Starlette(routes=[Mount("/", app=served)])


class _Provider:
    def __init__(self, model: ASGIApp, key: str, control_key: str) -> None:
        self._model = model
        self._key = key
        self._control_key = control_key
        self._register = Register()
        self._open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        call = await read_call(scope, receive)
        if call is None:
            return
        if call.path.startswith((SCRIPTS_PATH, OPEN_PATH)):
            await send_answer(await self._control(call), send)
            return
        self._open += 1
        try:
            await self._serve(call, scope, receive, send)
        finally:
            self._open -= 1

    async def _serve(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        family = family_of(call.path)
        entry = self._register.find(call) if family else None
        if entry is None:
            await self._model(scope, _replayed(call.body, receive), send)
            return
        record = entry.add(Record(call, family))
        try:
            await while_connected(self._work(entry, record, scope, send), receive)
        finally:
            record.end("left", "the gateway closed the connection")
            entry.changed.set()

    async def _work(self, entry: Entry, record: Record, scope: Scope, send: Send) -> None:
        """Answers a recorded request, and closes the connection where the script says so."""
        connection = scope["state"].get("connection")
        try:
            scripted = _nth(script.parse(entry.script, record.family), entry.count - 1)
            if scripted.fail.get("after") == "request":
                raise delivery.FailedError(scripted.fail["how"])
            answer = await self._answer(scripted, record)
            record.status, record.headers = answer.status, answer.headers
            error = errors.event(record.family, scripted.fail.get("error", {}))
            body = delivery.delivered(answer.body, scripted.write, scripted.fail, error)
            answer = replace(answer, body=_recorded(body, record, broken=lambda how: _break(connection, how)))
            await (write_bare(answer, connection) if answer.bare else send_answer(answer, send))
        except delivery.FailedError as failed:
            _note(record, failed)
            await _stop(connection, failed.how)
        except BrokenOffError:
            record.end("cut", "a change of the script ended the connection")
            raise
        except Exception as error:  # what the script asks for cannot be made; that is not a gateway that left
            message = f"the scripted provider cannot answer: {type(error).__name__}: {error}"
            record.end("cut", message)
            with suppress(RuntimeError):  # of the server, if the answer has begun
                await send_answer(json_answer(500, {"error": {"message": message, "type": "script_error"}}), send)

    async def _answer(self, scripted: Scripted, record: Record) -> Answer:
        answering: Answering = lambda call: self._plain(scripted, call, record.family)  # noqa: E731
        if scripted.vary:
            from conformance.reference.switch import changed_by

            answering = changed_by(scripted.vary)(answering)
        return await answering(record.call)

    async def _plain(self, scripted: Scripted, call: Call, family: str) -> Answer:
        if not self._is_authorised(call) or (scripted.reply is None and not scripted.is_by_hand):
            return await ask(self._model, call)
        reply = scripted.reply
        answer = (
            _by_hand(scripted, family) if reply is None else replies.answer(reply, call, family, stream=scripted.stream)
        )
        answer = delivery.coded(replace(answer, body=_without(answer.body, scripted.lose)), scripted.write)
        return replace(answer, headers=_merged(answer.headers, scripted))

    def _is_authorised(self, call: Call) -> bool:
        bearer = (first(call.headers, "authorization") or "").partition(" ")[2].strip()
        given = (bearer, first(call.headers, "x-api-key") or "")
        return any(hmac.compare_digest(one.encode(), self._key.encode()) for one in given)

    async def _control(self, call: Call) -> Answer:
        bearer = (first(call.headers, "authorization") or "").partition(" ")[2].strip()
        if not hmac.compare_digest(bearer.encode(), self._control_key.encode()):
            return json_answer(401, {"error": {"message": "the control key is wrong"}})
        if call.path == OPEN_PATH:
            return json_answer(200, {"open": self._open})
        token = call.path.removeprefix(SCRIPTS_PATH).strip("/")
        if call.method == "PUT" and token:
            self._register.add(token, json.loads(call.body))
            return Answer(204, (), whole(b""))
        if call.method == "DELETE" and token:
            wait = min(float(call.query.partition("wait=")[2] or 0), MAX_WAIT)
            records = await self._register.take(token, wait)
            found = [record.document(self._key) for record in records or ()]
            return json_answer(200, {"requests": found})
        return Answer(204, (), whole(b""))


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Receives a body that was read already, and then what follows."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Message:
        return left.pop() if left else await receive()

    return receive_again


def family_of(path: str) -> str:
    """The family of a path of an API that generates; "" for others."""
    return next((family for ending, family in _ENDINGS.items() if path.rstrip("/").endswith(ending)), "")


def _nth(answers: Sequence[Scripted], number: int) -> Scripted:
    """The answer to the request with this number (from 0); the last answer repeats."""
    return answers[min(number, len(answers) - 1)]


def _by_hand(scripted: Scripted, family: str) -> Answer:
    status = scripted.status or 200
    if scripted.error is not None:
        return errors.answer(family, status, scripted.error)
    if scripted.events:
        frames = [_frame(event) for event in scripted.events]
        return Answer(status, (("content-type", "text/event-stream; charset=utf-8"),), _each(frames))
    if scripted.text is not None:
        return Answer(status, (("content-type", "text/plain; charset=utf-8"),), whole(scripted.text.encode()))
    if scripted.json is None:
        return Answer(status, (("content-length", "0"),), whole(b""))
    body = json.dumps(scripted.json, ensure_ascii=False).encode()
    return Answer(status, (("content-type", "application/json"),), whole(body))


def _frame(event: JSON) -> bytes:
    """An event: a text is written as it is; an object becomes a `data:` line, with its type as the event's name."""
    if isinstance(event, str):
        return event.encode()
    name = f"event: {event['type']}\n" if "type" in event else ""
    return f"{name}data: {json.dumps(event, ensure_ascii=False)}\n\n".encode()


async def _each(pieces: Sequence[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def _without(body: AsyncIterator[bytes], types: Sequence[str]) -> AsyncIterator[bytes]:
    """The events of a stream without those of these types; each piece is an event."""
    starts = tuple(f"event: {name}\n".encode() for name in types)
    async for piece in body:
        if not piece.startswith(starts):
            yield piece


def _merged(headers: Sequence[tuple[str, str]], scripted: Scripted) -> tuple[tuple[str, str], ...]:
    """The headers with those of the script: null removes one, and `in` is a date."""
    replaced = {name.lower(): value for name, value in scripted.headers.items()}
    kept = [(name, value) for name, value in headers if name.lower() not in replaced]
    return (*kept, *((name, _value(value)) for name, value in replaced.items() if value is not None))


def _value(value: JSON) -> str:
    return formatdate(time.time() + value["in"], usegmt=True) if isinstance(value, dict) else str(value)


async def _recorded(body: AsyncIterator[bytes], record: Record, broken: Callable[[str], None]) -> AsyncIterator[bytes]:
    """The body, noted in the record as it is written."""
    try:
        async for data in body:
            record.write(data)
            yield data
    except delivery.FailedError as failed:
        _note(record, failed)
        if failed.how == "stall":
            await asyncio.sleep(delivery.STALL)
        broken(failed.how)
        raise BrokenOffError from None
    except BrokenOffError:
        record.end("cut", "a change of the script ended the connection")
        raise
    record.end("complete")


def _note(record: Record, failed: delivery.FailedError) -> None:
    record.end("timeout" if failed.how == "stall" else "cut", f"the script: {failed.how}")


async def _stop(connection: asyncio.Transport | None, how: str) -> None:
    """Ends a connection on which no answer has begun."""
    if how == "stall":
        await asyncio.sleep(delivery.STALL)
    _break(connection, how)
    if connection is not None and how != "reset":
        connection.abort()


def _break(connection: asyncio.Transport | None, how: str) -> None:
    """Resets the connection, where the script says so: with SO_LINGER 0, closing sends a TCP reset."""
    if connection is None or how != "reset":
        return
    own = connection.get_extra_info("socket")
    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.abort()
