"""Bytes to server-sent events, by the WHATWG algorithm, and what was unusual about the framing.

The reader never fails: whatever the bytes are, it returns the events that a browser would dispatch, and a
list of quirks with byte offsets for the framing rules to judge.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from conformance.model import Chunk, Event, Quirk

BOM = b"\xef\xbb\xbf"
_FIELDS = (b"data", b"event", b"id", b"retry")
_LINE_END = re.compile(rb"(\r\n|\n|\r)")


@dataclass(frozen=True, slots=True)
class Stream:
    """What a body of `text/event-stream` says: its events, its quirks and its comments (with offsets).

    Quirk kinds: `bom`, `invalid-utf8`, `cr` (a line ended by CR alone), `crlf`, `no-space` (after the colon),
    `several-data-lines`, `no-data` (a block with fields but without data), `unfinished` (the last event has no
    blank line), `unknown-field` (a line that is no SSE field), `id`, `id-nul`, `retry`, `retry-not-digits`,
    `blank-after-id` (a blank line that ends no event, once an id was sent).
    """

    events: tuple[Event, ...]
    quirks: tuple[Quirk, ...]
    comments: tuple[tuple[int, str], ...]


def read(chunks: Iterable[Chunk]) -> Stream:
    """The events of a whole body. `Event.at` is the arrival of the byte that completed the event."""
    kept = tuple(chunks)
    body = b"".join(chunk.data for chunk in kept)
    reader = _Reader(_Clock(kept))
    start = len(BOM) if body.startswith(BOM) else 0
    if start:
        reader.quirk("bom", 0)
    for offset, line, end in _lines(body, start):
        reader.line(offset, line, end)
    return reader.finish(len(body))


class _Clock:
    """Byte offset to arrival time."""

    def __init__(self, chunks: tuple[Chunk, ...]) -> None:
        self._ends = list(accumulate(len(chunk.data) for chunk in chunks))
        self._times = [chunk.at for chunk in chunks]

    def at(self, offset: int) -> float:
        index = bisect_left(self._ends, offset)
        return self._times[index] if index < len(self._times) else 0.0


def _lines(body: bytes, start: int) -> Iterator[tuple[int, bytes, bytes]]:
    """(offset, line, line end); the last line has the end b"" when the body does not finish it."""
    offset = start
    if b"\r" not in body:
        *whole, rest = body[start:].split(b"\n")
        for line in whole:
            yield offset, line, b"\n"
            offset += len(line) + 1
    else:
        parts = _LINE_END.split(body[start:])
        rest = parts.pop()
        for line, end in zip(parts[::2], parts[1::2], strict=True):
            yield offset, line, end
            offset += len(line) + len(end)
    if rest:
        yield offset, rest, b""


class _Reader:
    """The state of the algorithm: the buffers of the event that is being read."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock
        self._events: list[Event] = []
        self._quirks: list[Quirk] = []
        self._comments: list[tuple[int, str]] = []
        self._seen: set[str] = set()
        self._last_id = ""
        self._reset()

    def _reset(self) -> None:
        self._name = ""
        self._named = False
        self._data: list[bytes] = []
        self._start: int | None = None

    def quirk(self, kind: str, offset: int, detail: str = "", once: bool = False) -> None:
        if once and kind in self._seen:
            return
        self._seen.add(kind)
        self._quirks.append(Quirk(kind, offset, detail, len(self._events) + 1))

    def line(self, offset: int, line: bytes, end: bytes) -> None:
        if end != b"\n":
            self._note_line_end(offset, end)
        if not line:
            self._dispatch(offset + len(end))
        elif line.startswith(b":"):
            self._comments.append((offset, line[1:].strip().decode("utf-8", "replace")))
        else:
            self._field(offset, line)

    def _note_line_end(self, offset: int, end: bytes) -> None:
        if end:
            self.quirk("cr" if end == b"\r" else "crlf", offset, once=True)

    def _field(self, offset: int, line: bytes) -> None:
        field, colon, value = line.partition(b":")
        if field not in _FIELDS:
            self.quirk("unknown-field", offset, line[:80].decode("utf-8", "replace"))
            return
        if self._start is None:
            self._start = offset
        if value.startswith(b" "):
            value = value[1:]
        elif colon and value:
            self.quirk("no-space", offset, once=True)
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name, self._named = self._text(value, offset), True
        elif field == b"id":
            self._id(value, offset)
        else:
            self.quirk("retry" if value.isdigit() else "retry-not-digits", offset, once=True)

    def _id(self, value: bytes, offset: int) -> None:
        if b"\0" in value:
            self.quirk("id-nul", offset, once=True)
        else:
            self._last_id = self._text(value, offset)
            self.quirk("id", offset, once=True)

    def _text(self, value: bytes, offset: int) -> str:
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError as error:
            self.quirk("invalid-utf8", offset, repr(value[error.start : error.end]))
            return value.decode("utf-8", "replace")

    def _dispatch(self, end: int) -> None:
        if self._start is None:
            if self._last_id:
                self.quirk("blank-after-id", end, once=True)
            return
        if self._data:
            if len(self._data) > 1:
                self.quirk("several-data-lines", self._start, f"{len(self._data)} lines")
            self._events.append(
                Event(
                    name=self._name or "message",
                    data=self._text(b"\n".join(self._data), self._start),
                    number=len(self._events) + 1,
                    offset=self._start,
                    at=self._clock.at(end),
                    id=self._last_id,
                    named=self._named,
                )
            )
            if not any(self._data):
                self.quirk("no-data", self._start, self._name)
        else:
            self.quirk("no-data", self._start, self._name)
        self._reset()

    def finish(self, length: int) -> Stream:
        if self._start is not None:
            data = b"\n".join(self._data).decode("utf-8", "replace")
            self.quirk("unfinished", self._start, f"{data[:80]!r}, {length - self._start} bytes")
        return Stream(tuple(self._events), tuple(self._quirks), tuple(self._comments))
