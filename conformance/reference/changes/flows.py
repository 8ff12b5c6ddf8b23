"""Changes of a stream, event by event: events are edited, removed, repeated, moved, merged or delayed.

A `Where` picks events. `number` picks one of them, counted from 1 in each stream.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import replace

from conformance.reference.changes.answers import STREAM, on_json
from conformance.reference.changes.change import Change, chain, on_answer
from conformance.reference.changes.documents import Edit, at, found, put
from conformance.reference.changes.frames import Frame, frames
from conformance.reference.gateway import Answer, BrokenOffError, Call

Frames = AsyncIterator[Frame]
Flow = Callable[[Frames], Frames]
Where = Callable[[Frame], bool]
HASTE: ContextVar[float] = ContextVar("haste", default=1.0)
"""The factor by which waits are shortened, for tests of long silences."""


def on_events(*flows: Flow) -> Change:
    """Passes the events of every stream through these flows, one after the other."""

    async def change(_call: Call, answer: Answer) -> Answer:
        return replace(answer, body=_bytes(answer.body, flows)) if STREAM(answer) else answer

    return on_answer(change)


async def _bytes(body: AsyncIterator[bytes], flows: Iterable[Flow]) -> AsyncIterator[bytes]:
    passing = frames(body)
    for flow in flows:
        passing = flow(passing)
    async for frame in passing:
        yield frame.raw


def of(*types: str) -> Where:
    """Events whose data has one of these types."""
    return lambda frame: frame.type in types


def having(*pointers: str) -> Where:
    """Events whose data has a value, other than null, at each of these places."""
    return lambda frame: all(frame.has(pointer) for pointer in pointers)


def both(*wheres: Where) -> Where:
    """Events that are picked by all of these."""
    return lambda frame: all(where(frame) for where in wheres)


def EVERY(_frame: Frame) -> bool:  # noqa: N802 (reads as a constant in tables)
    """Every event."""
    return True


def JSON_DATA(frame: Frame) -> bool:  # noqa: N802
    """Events whose data is a JSON object, so not the end marker."""
    return isinstance(frame.json, dict)


def DONE(frame: Frame) -> bool:  # noqa: N802
    """The end marker of Chat Completions."""
    return frame.data == "[DONE]"


def each(where: Where, function: Callable[[Frame], Iterable[Frame]], number: int | None = None) -> Flow:
    """Replaces each of the picked events by the function's result: none, one or several events."""

    async def flow(passing: Frames) -> Frames:
        seen = 0
        async for frame in passing:
            picked = where(frame)
            seen += picked
            for made in function(frame) if picked and number in (None, seen) else (frame,):
                yield made

    return flow


def edit(where: Where, *edits: Edit, number: int | None = None) -> Flow:
    """Edits the data of the picked events."""
    return each(where, lambda frame: [frame.edited(*edits)], number)


def lose(where: Where, number: int | None = None) -> Flow:
    """Removes the picked events."""
    return each(where, lambda _frame: [], number)


def double(where: Where, number: int | None = None) -> Flow:
    """Sends the picked events twice."""
    return each(where, lambda frame: [frame, frame], number)


def exchange(where: Where, *others: Frame, number: int | None = None) -> Flow:
    """Sends others instead of the picked events."""
    return each(where, lambda _frame: others, number)


def precede(where: Where, *others: Frame, number: int | None = None) -> Flow:
    """Sends others just before the picked events."""
    return each(where, lambda frame: [*others, frame], number)


def follow(where: Where, *others: Frame, number: int | None = None) -> Flow:
    """Sends others just after the picked events."""
    return each(where, lambda frame: [frame, *others], number)


def render(function: Callable[[Frame], bytes], where: Where = EVERY) -> Flow:
    """Writes the picked events in other bytes."""
    return each(where, lambda frame: [replace(frame, raw=function(frame))])


def named(where: Where, name: str) -> Flow:
    """Renames the picked events; with "" they have no name."""
    return each(where, lambda frame: [frame.named(name)])


def begin(*others: Frame) -> Flow:
    """Sends others before the first event."""
    return precede(EVERY, *others, number=1)


def end(*others: Frame) -> Flow:
    """Sends others after the last event."""

    async def flow(passing: Frames) -> Frames:
        async for frame in passing:
            yield frame
        for frame in others:
            yield frame

    return flow


def hold(where: Where, until: Where = EVERY, number: int | None = None) -> Flow:
    """Moves the picked events after the next event that `until` picks, or to the end."""

    async def flow(passing: Frames) -> Frames:
        held: list[Frame] = []
        seen = 0
        async for frame in passing:
            picked = where(frame)
            seen += picked
            if picked and number in (None, seen):
                held.append(frame)
                continue
            yield frame
            if held and until(frame):
                for late in held:
                    yield late
                held.clear()
        for late in held:
            yield late

    return flow


def merge(where: Where, key: Callable[[Frame], object], join: Callable[[Frame, Frame], Frame]) -> Flow:
    """Joins picked events that follow each other and have the same key."""

    async def flow(passing: Frames) -> Frames:
        waiting: Frame | None = None
        async for frame in passing:
            if waiting is not None and where(frame) and key(frame) == key(waiting):
                waiting = join(waiting, frame)
                continue
            if waiting is not None:
                yield waiting
            waiting = frame if where(frame) else None
            if waiting is None:
                yield frame
        if waiting is not None:
            yield waiting

    return flow


def stop_after(where: Where, number: int = 1, *, cut: bool = False) -> Flow:
    """Ends the stream after this event; with `cut`, the connection breaks off."""

    async def flow(passing: Frames) -> Frames:
        seen = 0
        async for frame in passing:
            yield frame
            seen += where(frame)
            if seen == number:
                if cut:
                    raise BrokenOffError
                return

    return flow


def pause(where: Where, seconds: float, number: int | None = None) -> Flow:
    """Waits before the picked events."""

    async def flow(passing: Frames) -> Frames:
        seen = 0
        async for frame in passing:
            picked = where(frame)
            seen += picked
            if picked and number in (None, seen):
                await wait(seconds)
            yield frame

    return flow


async def wait(seconds: float) -> None:
    """Waits; the `HASTE` of the call shortens it."""
    await asyncio.sleep(seconds / HASTE.get())


def renumbered(start: int = 0) -> Flow:
    """New values of `sequence_number`, for streams of Responses that have more or fewer events than before."""

    def numbered() -> Flow:
        numbers: Iterator[int] = iter(range(start, 1 << 31))
        return edit(having("/sequence_number"), lambda document: put("/sequence_number", next(numbers))(document))

    return lambda passing: numbered()(passing)


def everywhere(*edits: Edit) -> Change:
    """The same edits in JSON answers and in every event of a stream."""
    return chain(on_json(*edits), on_events(edit(JSON_DATA, *edits)))


def apart(pointer: str) -> Flow:
    """Sends a streamed text letter by letter."""

    def letters(frame: Frame) -> list[Frame]:
        texts = [text for text in found(frame.json, pointer) if isinstance(text, str)]
        return [frame.edited(put(pointer, letter, new=False)) for letter in "".join(texts)] or [frame]

    return each(having(pointer), letters)


def so_far(pointer: str) -> Flow:
    """Each event has the whole text so far."""

    async def flow(passing: Frames) -> Frames:
        text = ""
        async for frame in passing:
            new = "".join(piece for piece in found(frame.json, pointer) if isinstance(piece, str))
            text += new
            yield frame.edited(put(pointer, text, new=False)) if new else frame

    return flow


def together(pointer: str, *keys: str) -> Flow:
    """Sends a streamed text in one piece; pieces with the same values at the keys belong together."""

    def key(frame: Frame) -> object:
        return [frame.type, *(found(frame.json, place) for place in keys)]

    def join(one: Frame, other: Frame) -> Frame:
        return one.edited(at(pointer, lambda text: text + "".join(found(other.json, pointer))))

    return merge(having(pointer), key, join)
