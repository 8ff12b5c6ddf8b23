"""Changes of a stream, one event at a time: edits, drops, repeats, moves, merges or delays events.

A `Where` selects events. `number` selects one of those, counted from 1 in each stream.
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
"""The factor by which delays are shortened, so that tests of long delays are fast."""


def on_events(*flows: Flow) -> Change:
    """Applies these flows, in order, to the events of every stream."""

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
    """Events with one of these types in their data."""
    return lambda frame: frame.type in types


def having(*pointers: str) -> Where:
    """Events whose data has a value that is not null at each of these pointers."""
    return lambda frame: all(frame.has(pointer) for pointer in pointers)


def both(*wheres: Where) -> Where:
    """Events that all of these select."""
    return lambda frame: all(where(frame) for where in wheres)


def EVERY(_frame: Frame) -> bool:  # noqa: N802 (reads as a constant in tables)
    """Every event."""
    return True


def JSON_DATA(frame: Frame) -> bool:  # noqa: N802
    """Events whose data is a JSON object; not the end marker."""
    return isinstance(frame.json, dict)


def DONE(frame: Frame) -> bool:  # noqa: N802
    """The end marker of Chat Completions."""
    return frame.data == "[DONE]"


def each(where: Where, function: Callable[[Frame], Iterable[Frame]], number: int | None = None) -> Flow:
    """Replaces each selected event by the events that the function returns: none, one or several."""

    async def flow(passing: Frames) -> Frames:
        seen = 0
        async for frame in passing:
            picked = where(frame)
            seen += picked
            for made in function(frame) if picked and number in (None, seen) else (frame,):
                yield made

    return flow


def edit(where: Where, *edits: Edit, number: int | None = None) -> Flow:
    """Edits the data of events."""
    return each(where, lambda frame: [frame.edited(*edits)], number)


def lose(where: Where, number: int | None = None) -> Flow:
    """Drops events."""
    return each(where, lambda _frame: [], number)


def double(where: Where, number: int | None = None) -> Flow:
    """Sends events twice."""
    return each(where, lambda frame: [frame, frame], number)


def exchange(where: Where, *others: Frame, number: int | None = None) -> Flow:
    """Replaces events by others."""
    return each(where, lambda _frame: others, number)


def precede(where: Where, *others: Frame, number: int | None = None) -> Flow:
    """Inserts others before events."""
    return each(where, lambda frame: [*others, frame], number)


def follow(where: Where, *others: Frame, number: int | None = None) -> Flow:
    """Inserts others after events."""
    return each(where, lambda frame: [frame, *others], number)


def render(function: Callable[[Frame], bytes], where: Where = EVERY) -> Flow:
    """Changes the bytes of events, and not their meaning."""
    return each(where, lambda frame: [replace(frame, raw=function(frame))])


def named(where: Where, name: str) -> Flow:
    """Such events under another name; with "" they have none."""
    return each(where, lambda frame: [frame.named(name)])


def begin(*others: Frame) -> Flow:
    """Inserts others before the first event."""
    return precede(EVERY, *others, number=1)


def end(*others: Frame) -> Flow:
    """Appends others after the last event."""

    async def flow(passing: Frames) -> Frames:
        async for frame in passing:
            yield frame
        for frame in others:
            yield frame

    return flow


def hold(where: Where, until: Where = EVERY, number: int | None = None) -> Flow:
    """Moves events behind the next event that `until` selects, or to the end."""

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
    """Joins consecutive selected events with the same key."""

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
    """Ends the stream after this event; with `cut`, closes the connection without an end."""

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
    """Waits before the selected events."""

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
    """Waits; `HASTE` shortens it."""
    await asyncio.sleep(seconds / HASTE.get())


def renumbered(start: int = 0) -> Flow:
    """Renumbers `sequence_number`, for Responses streams with added or dropped events."""

    def numbered() -> Flow:
        numbers: Iterator[int] = iter(range(start, 1 << 31))
        return edit(having("/sequence_number"), lambda document: put("/sequence_number", next(numbers))(document))

    return lambda passing: numbered()(passing)


def everywhere(*edits: Edit) -> Change:
    """Applies the same edits to JSON answers and to every event of a stream."""
    return chain(on_json(*edits), on_events(edit(JSON_DATA, *edits)))


def apart(pointer: str) -> Flow:
    """Splits the text of each event into one event per character."""

    def letters(frame: Frame) -> list[Frame]:
        texts = [text for text in found(frame.json, pointer) if isinstance(text, str)]
        return [frame.edited(put(pointer, letter, new=False)) for letter in "".join(texts)] or [frame]

    return each(having(pointer), letters)


def together(pointer: str, *keys: str) -> Flow:
    """Joins the texts of consecutive events that have the same type and the same values at the keys."""

    def key(frame: Frame) -> object:
        return [frame.type, *(found(frame.json, place) for place in keys)]

    def join(one: Frame, other: Frame) -> Frame:
        return one.edited(at(pointer, lambda text: text + "".join(found(other.json, pointer))))

    return merge(having(pointer), key, join)
