"""How an answer is written, and how it breaks off, as a script's `write` and `fail` say.

`write`: {pieces: N bytes | event | all, newline: crlf, pause: seconds between pieces, hold: {after: N, seconds: S},
silence: {after: N, seconds: S, every: E, with: bytes as text}, coding: gzip}. N counts pieces.

`fail`: {how: close | reset | stall | end | error, after: request | headers | {events: N} | {bytes: N} |
{inside: data | character, of: N}}. `close` ends the connection without an end of the body, `reset` with a TCP reset,
`stall` writes nothing more, `end` ends the body regularly, and `error` writes an error event before that.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from conformance.reference.gateway import Answer
from conformance.reference.gateway.wire import without

JSON = Any
Pieces = AsyncIterator[bytes]

STALL = 120.0
"""Seconds after which a stalled answer ends by itself."""


class FailedError(Exception):
    """The script ends the answer here; `how` is that of `fail`."""

    def __init__(self, how: str) -> None:
        super().__init__(how)
        self.how = how


async def delivered(body: Pieces, write: Mapping[str, JSON], fail: Mapping[str, JSON], error: bytes) -> Pieces:
    """The body as it is written. Raises FailedError where the script breaks it off; `error` is an error event."""
    written = _broken(body, fail, error)
    async for piece in _paced(_split(written, write), write):
        yield piece


def coded(answer: Answer, write: Mapping[str, JSON]) -> Answer:
    """The answer, compressed if the script says so, whether the gateway accepts that or not."""
    if write.get("coding") != "gzip":
        return answer
    headers = (*without(answer.headers, frozenset({"content-length"})), ("content-encoding", "gzip"))
    return replace(answer, headers=headers, body=_compressed(answer.body))


async def _compressed(body: Pieces) -> Pieces:
    """The body as gzip; after each piece, a client can decode all that was written."""
    coder = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    async for piece in body:
        yield coder.compress(piece) + coder.flush(zlib.Z_SYNC_FLUSH)
    yield coder.flush()


async def _split(body: Pieces, write: Mapping[str, JSON]) -> Pieces:
    size = write.get("pieces", "event")
    if size == "all":
        whole, failed = bytearray(), None
        try:
            async for piece in body:
                whole += _lines(piece, write)
        except FailedError as error:
            failed = error
        yield bytes(whole)
        if failed:
            raise failed
        return
    async for piece in body:
        piece = _lines(piece, write)
        for start in range(0, len(piece), size if isinstance(size, int) else max(1, len(piece))):
            yield piece[start : start + (size if isinstance(size, int) else len(piece))]


def _lines(piece: bytes, write: Mapping[str, JSON]) -> bytes:
    return piece.replace(b"\n", b"\r\n") if write.get("newline") == "crlf" else piece


async def _paced(body: Pieces, write: Mapping[str, JSON]) -> Pieces:
    hold, silence = write.get("hold", {}), write.get("silence", {})
    number = 0
    async for piece in body:
        if number and write.get("pause"):
            await asyncio.sleep(write["pause"])
        if hold and number == hold["after"]:
            await asyncio.sleep(hold["seconds"])
        if silence and number == silence["after"]:
            async for sign in _signs(silence):
                yield sign
        yield piece
        number += 1


async def _signs(silence: Mapping[str, JSON]) -> Pieces:
    """Signs of life through a silence."""
    for _ in range(max(1, round(silence["seconds"] / silence["every"]))):
        await asyncio.sleep(silence["every"])
        if silence.get("with"):
            yield str(silence["with"]).encode()


async def _broken(body: Pieces, fail: Mapping[str, JSON], error: bytes) -> Pieces:
    """The body up to the place of the failure."""
    after = fail.get("after", {}) if fail else None
    number, size = 0, 0
    async for piece in body:
        left = len(piece) if after is None else _left(piece, number, size, after)
        if piece[:left]:
            yield piece[:left]
        if left < len(piece):
            break
        number, size = number + 1, size + len(piece)
    if not fail:
        return
    if fail["how"] == "error":
        yield error
        return
    if fail["how"] != "end":
        raise FailedError(fail["how"])


def _left(piece: bytes, number: int, size: int, after: JSON) -> int:
    """How many bytes of a piece are still written."""
    if isinstance(after, str):  # "headers": nothing of the body
        return 0
    if "events" in after:
        return len(piece) if number < after["events"] else 0
    if "bytes" in after:
        return max(0, min(len(piece), int(after["bytes"]) - size))
    if number < after.get("of", 0):
        return len(piece)
    if after["inside"] == "data":
        place = piece.find(b"data:")
        return len(piece) if place < 0 else place + (len(piece) - place) // 2
    place = next((index for index, byte in enumerate(piece) if byte >= 0xC0), -1)
    return len(piece) if place < 0 else place + 1
