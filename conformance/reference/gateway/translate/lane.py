"""Answers a call whose upstream is of another family: translates the request, sends it, and translates the answer.

A stream is translated event by event: the content of an event goes down before the next one is read.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, Protocol

import httpx

from conformance.core import bounded_json
from conformance.core.model import JSON
from conformance.reference.gateway.errors import (
    UpstreamError,
    Words,
    json_answer,
    read_error,
    refusal,
    upstream_refusal,
)
from conformance.reference.gateway.families import CHAT, MESSAGES, PATHS, RESPONSES, UPSTREAM_MODEL, dialect_for
from conformance.reference.gateway.relay_watch import BROKEN, EARLY
from conformance.reference.gateway.sse import Frame, Frames
from conformance.reference.gateway.translate import (
    chat_answer,
    chat_request,
    chat_request_writer,
    fates,
    messages_answer,
    messages_request,
    messages_request_writer,
    responses_answer,
    responses_request,
    responses_request_writer,
    responses_writer,
)
from conformance.reference.gateway.translate.ask import Ask, UnusableError, estimate
from conformance.reference.gateway.translate.client_calls import ClientCalls
from conformance.reference.gateway.translate.reply import (
    Collected,
    End,
    Failed,
    Part,
    Piece,
    Sequencer,
    Silence,
    Usage,
    in_sequence,
)
from conformance.reference.gateway.translate.statuses import status_in
from conformance.reference.gateway.upstream import (
    Connections,
    document,
    first_of,
    is_stream,
    kept_headers,
    not_asked_for,
    opened,
    raw_body,
    request,
    words,
)
from conformance.reference.gateway.wire import Answer, Call, first

_UNREADABLE = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""The exceptions of the readers for an answer whose structure is not the family's."""


class StreamReader(Protocol):
    """Reads the events of a stream."""

    def feed(self, value: Any) -> Iterator[Piece]:
        """The pieces of an event; None stands for `[DONE]`."""


class Writer(Protocol):
    """Writes one answer."""

    def failure(self, parts: list[Part], end: End) -> Failed | None:
        """The failure of a complete answer that the family cannot express."""

    def whole(self, parts: list[Part], end: End) -> JSON:
        """The answer as one object."""

    def put(self, piece: Piece) -> Iterator[bytes]:
        """The bytes of a stream for a piece."""


@dataclass(frozen=True, slots=True)
class Family:
    """The four translations of a family."""

    read_request: Callable[[JSON], Ask]
    write_request: Callable[[Ask, str], dict[str, Any]]
    read_answer: Callable[[Any], Iterator[Piece]]
    stream_reader: Callable[[], StreamReader]
    writer: Callable[[Ask, str, str], Writer]


FAMILIES: Mapping[str, Family] = {
    CHAT: Family(
        chat_request.read, chat_request_writer.write, chat_answer.read, chat_answer.StreamReader, chat_answer.Writer
    ),
    RESPONSES: Family(
        responses_request.read,
        responses_request_writer.write,
        responses_answer.read,
        responses_answer.StreamReader,
        responses_writer.Writer,
    ),
    MESSAGES: Family(
        messages_request.read,
        messages_request_writer.write,
        messages_answer.read,
        messages_answer.StreamReader,
        messages_answer.Writer,
    ),
}


async def translated(client: Connections, url: str, key: str, call: Call, family: str, upstream: str) -> Answer:
    """The answer to a call of `family` from an upstream of another family. The body of the call has to be JSON."""
    dialect = dialect_for(family)
    try:
        body = json.loads(call.body)
        if family == MESSAGES:
            messages_request.check_version(first(call.headers, "anthropic-version"), body)
        ask = FAMILIES[family].read_request(body)
        fates.check(family, upstream, body)
        sent = FAMILIES[upstream].write_request(replace(ask, model=UPSTREAM_MODEL), family)
    except UnusableError as error:
        return refusal(call, dialect, 400, error.message, param=error.param, code=error.code)
    writer = FAMILIES[family].writer(ask, ask.model, call.id)
    try:
        reply = await opened(client, _request(url, key, upstream, call, sent))
        try:
            return await _answer(reply, key, upstream, ask, writer)
        except BaseException:
            await reply.aclose()
            raise
    except UpstreamError as error:
        return upstream_refusal(call, dialect, status_in(family, error.status), error)


def _request(url: str, key: str, upstream: str, asked: Call, sent: JSON) -> httpx.Request:
    """The upstream gets no header of the client."""
    headers = [("content-type", "application/json"), ("accept-encoding", "identity")]
    if upstream == MESSAGES:
        headers.append(("anthropic-version", messages_request.VERSION))
    path, body = PATHS[upstream], json.dumps(asked.translated(sent)).encode()
    call = Call("POST", path, path.encode(), tuple(headers), body, patience=asked.patience)
    return request("POST", url, key, dialect_for(upstream), call)


async def _answer(reply: httpx.Response, key: str, upstream: str, ask: Ask, writer: Writer) -> Answer:
    if reply.status_code >= 400:
        raise await _failure(reply, key)
    if ask.stream != is_stream(reply):
        raise await not_asked_for(reply)
    if ask.stream:
        stream = await first_of(_stream(reply, FAMILIES[upstream].stream_reader(), ask, writer))
        headers = (("content-type", "text/event-stream; charset=utf-8"), ("cache-control", "no-cache"))
        return Answer(200, headers, stream, reply.aclose)
    _, body = await raw_body(reply)
    try:
        pieces = list(in_sequence(FAMILIES[upstream].read_answer(document(reply, body))))
    except _UNREADABLE:
        raise UpstreamError(502, "The upstream provider's answer does not have the structure of its API.") from None
    calls = ClientCalls(ask.tools)
    return json_answer(200, _whole([each for piece in pieces for each in calls.put(piece)], ask, writer))


async def _failure(reply: httpx.Response, key: str) -> UpstreamError:
    """The upstream's error in its own words."""
    status, kept = reply.status_code, kept_headers(reply)
    try:
        _, body = await raw_body(reply)
    except UpstreamError:
        return UpstreamError(status, f"The upstream provider answered with status {status}.", headers=kept)
    try:
        error = read_error(bounded_json.loads(body))
    except ValueError:
        error = None
    return UpstreamError(status, words(reply, body, key), code=error.code if error else None, headers=kept)


def _whole(pieces: list[Piece], ask: Ask, writer: Writer) -> JSON:
    collected = Collected()
    for piece in pieces:
        if isinstance(piece, Failed):
            raise _as_error(piece)
        collected.add(piece)
        if isinstance(piece, End):
            if failed := writer.failure(collected.parts, piece):
                raise _as_error(failed)
            return writer.whole(collected.parts, _counted(piece, ask, collected))
    raise UpstreamError(502, EARLY)


def _as_error(failed: Failed) -> UpstreamError:
    """A failed answer as an error. A rate limit without `retry-after` is an error of the upstream like others."""
    if failed.status in (429, 500):
        return UpstreamError(502, failed.words.message)
    return UpstreamError(failed.status, failed.words.message, code=failed.words.code)


async def _stream(reply: httpx.Response, reader: StreamReader, ask: Ask, writer: Writer) -> AsyncIterator[bytes]:
    """The translated events. Raises UpstreamError for a failure before the first of them."""
    sequencer, calls, collected = Sequencer(), ClientCalls(ask.tools), Collected()
    begun = False
    async with aclosing(_pieces(reply, reader)) as pieces:
        async for piece in pieces:
            for each in (each for ordered in sequencer.put(piece) for each in calls.put(ordered)):
                if isinstance(each, Failed) and not begun:
                    raise _as_error(each)
                collected.add(each)
                each = _counted(each, ask, collected) if isinstance(each, End) else each
                if written := b"".join(writer.put(each)):
                    begun = True
                    yield written
                if isinstance(each, End | Failed):
                    return


def _counted(end: End, ask: Ask, collected: Collected) -> End:
    """The end with a usage, because every family has one: an estimate if the upstream does not count."""
    said = sum(len(part.text) + len(part.name) for part in collected.parts)
    return end if end.usage else replace(end, usage=Usage(estimate(ask), 1 + said // 4))


async def _pieces(reply: httpx.Response, reader: StreamReader) -> AsyncGenerator[Piece]:
    """The pieces of the upstream's events, with a failure at the end, which is only read if there was no other end."""
    frames = Frames()
    try:
        async for data in reply.aiter_bytes():
            for frame in frames.feed(data):
                for piece in _read(frame, reader):
                    yield piece
        for frame in frames.feed(b"\n\n") if frames.rest else ():
            for piece in _read(frame, reader):
                yield piece
    except httpx.TimeoutException:
        yield Failed(504, Words("The upstream provider stopped sending in the middle of the stream."))
    except httpx.HTTPError:
        yield Failed(502, Words(BROKEN))
    except _UNREADABLE:
        yield Failed(502, Words("The upstream provider's stream does not have the structure of its API."))
    yield Failed(502, Words(EARLY))


def _read(frame: Frame, reader: StreamReader) -> Iterator[Piece]:
    if frame.data is None:
        yield Silence()
    else:
        yield from reader.feed(None if frame.data.startswith("[DONE]") else bounded_json.loads(frame.data))
