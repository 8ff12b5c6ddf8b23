"""Changes of the writes: how a body is split, when it is written, and how the connection ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from conformance.reference.changes.answers import ANY, Kind, Writes
from conformance.reference.changes.change import Change, on_answer
from conformance.reference.changes.flows import wait
from conformance.reference.gateway import Answer, BrokenOffError, Call
from conformance.reference.gateway.wire import without

Pieces = AsyncIterator[bytes]


def pieces_of(size: int) -> Writes:
    """Writes of this many bytes, at any position; the rest of a piece is written at once."""

    async def flow(body: Pieces) -> Pieces:
        async for piece in body:
            for start in range(0, len(piece), size):
                yield piece[start : start + size]

    return flow


def blocks_of(size: int) -> Writes:
    """Writes of this many bytes across events; a rest waits for more bytes."""

    async def flow(body: Pieces) -> Pieces:
        rest = b""
        async for piece in body:
            rest += piece
            while len(rest) > size:
                yield rest[:size]
                rest = rest[size:]
        if rest:
            yield rest

    return flow


async def in_one(body: Pieces) -> Pieces:
    """A single write at the end."""
    yield b"".join([piece async for piece in body])


def late(seconds: float) -> Writes:
    """Waits before the first byte of the body."""

    async def flow(body: Pieces) -> Pieces:
        await wait(seconds)
        async for piece in body:
            yield piece

    return flow


def lingering(seconds: float) -> Writes:
    """Waits after the last byte, before the body ends."""

    async def flow(body: Pieces) -> Pieces:
        async for piece in body:
            yield piece
        await wait(seconds)

    return flow


def cut_after(size: int) -> Writes:
    """The connection breaks off after this number of bytes of the body, or at its end."""

    async def flow(body: Pieces) -> Pieces:
        left = size
        async for piece in body:
            yield piece[:left]
            left -= len(piece)
            if left <= 0:
                break
        raise BrokenOffError

    return flow


def bare(version: str = "HTTP/1.1", of: Kind = ANY) -> Change:
    """The answer without framing by the server: it ends with the connection."""

    async def change(_call: Call, answer: Answer) -> Answer:
        if not of(answer):
            return answer
        headers = (*without(answer.headers, frozenset({"connection"})), ("connection", "close"))
        return replace(answer, headers=headers, bare=version)

    return on_answer(change)
