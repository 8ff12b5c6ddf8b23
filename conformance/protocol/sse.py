"""Bytes to server-sent events, by the WHATWG algorithm, and what was unusual about the framing.

The reader never fails: whatever the bytes are, it returns the events that a browser would dispatch, and a
list of quirks with byte offsets for the framing rules to judge.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import accumulate

from conformance.core.model import Chunk, Event, Quirk
from conformance.core.sequences import MappedSequence

BOM = b"\xef\xbb\xbf"
_LINE = re.compile(rb"([^\r\n]*)(\r\n|\n|\r)")
Head = tuple[str | None, str]
"""The name of an event (None without an `event:` line) and the last id before it."""

Places = list[tuple[int, int]]
"""Where the data lines of an event stand in the body: the offsets of their begins and ends."""

MAX_QUIRKS = 1000
"""Of one kind; what is unusual a thousand times need not be told more often."""
MAX_COMMENTS = 100_000
MAX_EVENTS = MAX_DATA_LINES = 100_000
"""In a stream, and in an event. No answer has nearly so many; the rest of such a stream is left unread."""

_FIELDS = (b"data", b"event", b"id", b"retry")


@dataclass(frozen=True, slots=True)
class Stream:
    """What a body of `text/event-stream` says: its events, its quirks and its comments (with offsets).

    Quirk kinds: `bom`, `invalid-utf8`, `cr` (a line ended by CR alone), `crlf`, `no-space` (after the colon),
    `several-data-lines`, `no-data` (a block with fields but without data), `unfinished` (the last event has no
    blank line), `unknown-field` (a line that is no SSE field), `id`, `id-nul`, `retry`, `retry-not-digits`,
    `blank-after-id` (a blank line that ends no event, once an id was sent).
    """

    events: Sequence[Event]
    quirks: tuple[Quirk, ...]
    comments: tuple[tuple[int, str], ...]


def read(chunks: Iterable[Chunk], body: bytes | None = None) -> Stream:
    """The events of a whole body. `Event.at` is the arrival of the byte that completed the event.

    Whoever has the chunks' bytes in one piece passes them as `body`, to save a copy.
    """
    kept = tuple(chunks)
    whole = b"".join(chunk.data for chunk in kept) if body is None else body
    reader = _Reader(whole, _Clock(kept))
    start = len(BOM) if whole.startswith(BOM) else 0
    if start:
        reader.quirk("bom", 0)
    offset = start
    for line, end in _lines(whole, start):
        reader.line(offset, line, end)
        offset += len(line) + len(end)
        if reader.is_full:
            break
    return reader.finish()


class _Clock:
    """Byte offset to arrival time."""

    def __init__(self, chunks: tuple[Chunk, ...]) -> None:
        self._ends = array("Q", accumulate(len(chunk.data) for chunk in chunks))
        self._times = array("d", (chunk.at for chunk in chunks))

    def at(self, offset: int) -> float:
        index = bisect_left(self._ends, offset)
        return self._times[index] if index < len(self._times) else 0.0


def _lines(body: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    """(line, line end), one at a time; the last line has the end b"" when the body does not finish it."""
    if b"\r" in body:
        yield from _mixed_lines(body, start)
        return
    file = BytesIO(body)
    file.seek(start)
    for line in file:
        yield (line[:-1], b"\n") if line.endswith(b"\n") else (line, b"")


def _mixed_lines(body: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    end = start
    for found in _LINE.finditer(body, start):
        yield found[1], found[2]
        end = found.end()
    if end < len(body):
        yield body[end:], b""


def _joined(body: bytes, places: Places) -> bytes:
    if len(places) == 1:
        begin, end = places[0]
        return body[begin:end]
    return b"\n".join(body[begin:end] for begin, end in places)


class _Frames:
    """The events of a body as places in it; an event itself takes several times the bytes that it was read from."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._offsets, self._begins, self._ends = array("Q"), array("Q"), array("Q")
        self._times = array("d")
        self._heads: list[Head] = []
        self._known: dict[Head, Head] = {}
        self._joined: dict[int, bytes] = {}

    def __len__(self) -> int:
        return len(self._offsets)

    def add(self, offset: int, places: Places, at: float, head: Head) -> None:
        """One more event; `places` are those of its data."""
        if len(places) > 1:
            self._joined[len(self)] = _joined(self._body, places)
        self._begins.append(places[0][0])
        self._ends.append(places[0][1])
        self._offsets.append(offset)
        self._times.append(at)
        self._heads.append(self._known.setdefault(head, head))

    def event(self, index: int) -> Event:
        """An event, made anew."""
        name, last_id = self._heads[index]
        data = self._joined.get(index) or self._body[self._begins[index] : self._ends[index]]
        return Event(
            name=name or "message",
            data=data.decode("utf-8", "replace"),
            number=index + 1,
            offset=self._offsets[index],
            at=self._times[index],
            id=last_id,
            named=name is not None,
        )


class _Reader:
    """The state of the algorithm: the buffers of the event that is being read."""

    def __init__(self, body: bytes, clock: _Clock) -> None:
        self._body = body
        self._clock = clock
        self._frames = _Frames(body)
        self._quirks: list[Quirk] = []
        self._comments: list[tuple[int, str]] = []
        self._seen: Counter[str] = Counter()
        self._last_id = ""
        self._reset()

    def _reset(self) -> None:
        self._name: str | None = None
        self._data: Places = []
        self._empty = True
        self._start: int | None = None

    @property
    def is_full(self) -> bool:
        return len(self._frames) >= MAX_EVENTS or len(self._data) >= MAX_DATA_LINES

    def quirk(self, kind: str, offset: int, detail: str = "", once: bool = False) -> None:
        if self._seen[kind] >= (1 if once else MAX_QUIRKS):
            return
        self._seen[kind] += 1
        self._quirks.append(Quirk(kind, offset, detail, len(self._frames) + 1))

    def line(self, offset: int, line: bytes, end: bytes) -> None:
        if end != b"\n":
            self._note_line_end(offset, end)
        if not line:
            self._dispatch(offset + len(end))
        elif line.startswith(b":"):
            if len(self._comments) < MAX_COMMENTS:
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
            end = offset + len(line)
            self._data.append((end - len(value), end))
            self._empty = self._empty and not value
        elif field == b"event":
            self._name = self._text(value, offset)
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
        if len(self._data) > 1:
            self.quirk("several-data-lines", self._start, f"{len(self._data)} lines")
        if self._data:
            self._text(_joined(self._body, self._data), self._start)
            self._frames.add(self._start, self._data, self._clock.at(end), (self._name, self._last_id))
        if self._empty:
            self.quirk("no-data", self._start, self._name or "")
        self._reset()

    def finish(self) -> Stream:
        if self._start is not None:
            data = _joined(self._body, self._data).decode("utf-8", "replace")
            self.quirk("unfinished", self._start, f"{data[:80]!r}, {len(self._body) - self._start} bytes")
        return Stream(
            MappedSequence(self._frames.event, range(len(self._frames))), tuple(self._quirks), tuple(self._comments)
        )
