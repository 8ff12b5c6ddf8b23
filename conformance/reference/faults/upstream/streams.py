"""Faults of the way from the upstream to the client: streams that wait, and requests that outlive their client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from conformance.reference.changes import STREAM, Frame, on_events, on_writes
from conformance.reference.changes.documents import found
from conformance.reference.changes.flows import lose
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Answering, BrokenOffError, Call

_FAMILIES = ("chat_completions", "responses", "messages")
_KEPT: set[asyncio.Task[None]] = set()
"""The readers that outlive their client; without a reference, a task may vanish."""


def _keeps_reading(answering: Answering) -> Answering:
    """Reads an answer to its end in a task of its own, whether the client is still there or not."""

    async def answer(call: Call) -> Answer:
        began: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        reader = asyncio.create_task(_read(answering, call, began, pieces))
        _KEPT.add(reader)
        reader.add_done_callback(_KEPT.discard)
        return replace(await asyncio.shield(began), body=_passed(reader, pieces), close=_nothing)

    return answer


async def _read(
    answering: Answering, call: Call, began: asyncio.Future[Answer], pieces: asyncio.Queue[bytes | None]
) -> None:
    try:
        given = await answering(call)
        began.set_result(given)
        try:
            async for piece in given.body:
                pieces.put_nowait(piece)
        finally:
            await given.close()
    except Exception as error:
        if began.done():
            raise
        began.set_exception(error)
    finally:
        pieces.put_nowait(None)


async def _passed(reader: asyncio.Task[None], pieces: asyncio.Queue[bytes | None]) -> AsyncIterator[bytes]:
    while (piece := await pieces.get()) is not None:
        yield piece
    if reader.done() and reader.exception():
        raise BrokenOffError


async def _nothing() -> None:
    """The reader closes the answer."""


async def _collected(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The whole body as soon as it is complete."""
    yield b"".join([piece async for piece in body])


async def _overflowing(passing: AsyncIterator[Frame]) -> AsyncIterator[Frame]:
    """The events, without those for which the client has no room: it reads more slowly than they arrive."""
    room: asyncio.Queue[Frame | None] = asyncio.Queue(4)

    async def fill() -> None:
        async for frame in passing:
            if not room.full() or not found(frame.json, "/choices/0/delta/content"):
                await room.put(frame)
        await room.put(None)

    filling = asyncio.create_task(fill())
    try:
        while (frame := await room.get()) is not None:
            yield frame
            await asyncio.sleep(0)
    finally:
        filling.cancel()


def _is_whole_call(frame: Frame) -> bool:
    """Whether an event has a call with its id and all of its arguments."""
    pieces = found(frame.json, "/choices/*/delta/tool_calls/*")
    return any(piece.get("id") and piece["function"]["arguments"].endswith("}") for piece in pieces)


def _is_sign_of_life(frame: Frame) -> bool:
    """Whether a part of a stream only keeps the connection alive: a comment, or an event for that purpose."""
    return not frame.data or frame.type in ("ping", "keepalive")


def _native(case: str) -> str:
    """The native lanes of a case."""
    return " ".join(f"upstream/streams/{case}[to={family},upstream={family},*" for family in _FAMILIES)


FAULTS = (
    Fault(
        id="leaving-upstream-read-on",
        family="all",
        sentence="A stream of the upstream is read to its end after the client has left.",
        rules=("upstream.abort",),
        cases=_native("left") + " upstream/streams/left-before[*]",
        apply=_keeps_reading,
    ),
    Fault(
        id="leaving-upstream-awaited",
        family="all",
        sentence="The gateway waits for an answer of the upstream that is not streamed after the client has left.",
        rules=("upstream.abort.unstreamed",),
        cases="upstream/streams/left-unstreamed[*]",
        apply=_keeps_reading,
    ),
    Fault(
        id="upstream-stream-collected",
        family="all",
        sentence="A stream is passed on when the upstream has ended it, all at once.",
        rules=("upstream.stream.passed-on",),
        cases=_native("held"),
        url="https://github.com/Kong/kong/issues/14425",
        apply=on_writes(_collected, of=STREAM),
    ),
    Fault(
        id="slow-upstream-pings-dropped",
        family="all",
        sentence="The pings of the upstream are dropped, and the client gets nothing while the model thinks.",
        rules=("upstream.stream.alive",),
        cases="upstream/streams/alive[*]",
        url="https://github.com/envoyproxy/ai-gateway/pull/2549",
        apply=on_events(lose(_is_sign_of_life)),
    ),
    Fault(
        id="upstream-stream-overflows",
        family="chat_completions",
        sentence="Events of a stream are lost if the client reads them more slowly than they arrive.",
        rules=("upstream.answer.text", "case.answer-text"),
        cases="upstream/streams/slow-client[to=chat_completions,stream=true]",
        apply=on_events(_overflowing),
    ),
    Fault(
        id="upstream-call-in-one-lost",
        family="chat_completions",
        sentence="A call that comes in one chunk, with all of its arguments, is lost.",
        rules=("chat.finish.calls", "upstream.answer.tool-calls", "case.tool-chosen"),
        cases="upstream/odd-chat/calls[to=chat_completions,odd=chat-call-in-one,*",
        apply=on_events(lose(_is_whole_call)),
    ),
)
