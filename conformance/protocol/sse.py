"""Parses server-sent events with the WHATWG algorithm, and notes what is unusual about their framing.

The parser never fails. Whatever the bytes are, it returns the events that a browser would dispatch, and a list of
quirks with byte offsets, which the framing rules judge. Large streams are common, so events are stored as offsets
into the body and created at access.
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
"""The name of an event (None without an `event:` line) and the last event id before it."""

Spans = list[tuple[int, int]]
"""(start, end) offsets in the body: the values of the data lines of one event."""

MAX_QUIRKS = 1000
"""The limit of quirks of one kind."""
MAX_COMMENTS = 100_000
MAX_EVENTS = MAX_DATA_LINES = 100_000
"""Limits of events in a stream and data lines in an event. The rest of a longer stream is not read."""

_FIELDS = (b"data", b"event", b"id", b"retry")


@dataclass(frozen=True, slots=True)
class Stream:
    """A parsed body of `text/event-stream`: events, quirks, and comments as (byte offset, text).

    The kinds of quirks are:

    - of the bytes: `bom`, `invalid-utf8`, `cr` (a line that ends in CR alone), `crlf`;
    - of an event: `no-space` (after the colon), `several-data-lines`, `no-data` (an event with fields but no data),
      `unfinished` (no blank line after the last event);
    - of a field: `unknown-field`, `id`, `id-nul` (an id with a NUL), `retry`, `retry-not-digits`;
    - `blank-after-id`: a blank line that ends no event, after an id was sent.
    """

    events: Sequence[Event]
    quirks: tuple[Quirk, ...]
    comments: tuple[tuple[int, str], ...]


def read(chunks: Iterable[Chunk], body: bytes | None = None) -> Stream:
    """Parse a whole body. `Event.at` is the arrival time of the byte that completed the event.

    `body` is the concatenation of the chunks, if the caller has it already; it saves a copy.
    """
    kept = tuple(chunks)
    whole = b"".join(chunk.data for chunk in kept) if body is None else body
    parser = _Parser(whole, _ArrivalTimes(kept))
    start = len(BOM) if whole.startswith(BOM) else 0
    if start:
        parser.quirk("bom", 0)
    offset = start
    for line, end in _lines(whole, start):
        parser.line(offset, line, end)
        offset += len(line) + len(end)
        if parser.is_full:
            break
    return parser.finish()


class _ArrivalTimes:
    """The arrival time of each byte offset."""

    def __init__(self, chunks: tuple[Chunk, ...]) -> None:
        self._ends = array("Q", accumulate(len(chunk.data) for chunk in chunks))
        self._times = array("d", (chunk.at for chunk in chunks))

    def at(self, offset: int) -> float:
        index = bisect_left(self._ends, offset)
        return self._times[index] if index < len(self._times) else 0.0


def _lines(body: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield (line, line end). The line end is b"" for a last line that is not finished."""
    if b"\r" in body:
        yield from _mixed_lines(body, start)
        return
    file = BytesIO(body)  # iterating a file over LF is several times as fast as a regular expression
    file.seek(start)
    for line in file:
        yield (line[:-1], b"\n") if line.endswith(b"\n") else (line, b"")


def _mixed_lines(body: bytes, start: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield (line, line end) for a body that also has CR or CRLF as line ends."""
    end = start
    for found in _LINE.finditer(body, start):
        yield found[1], found[2]
        end = found.end()
    if end < len(body):
        yield body[end:], b""


def _joined(body: bytes, spans: Spans) -> bytes:
    if len(spans) == 1:
        start, end = spans[0]
        return body[start:end]
    return b"\n".join(body[start:end] for start, end in spans)


class _EventTable:
    """The events of a body as columns of offsets and times; an Event takes several times the memory of its bytes."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._offsets, self._starts, self._ends = array("Q"), array("Q"), array("Q")
        self._times = array("d")
        self._heads: list[Head] = []
        self._shared_heads: dict[Head, Head] = {}  # most events have the same few heads: keep one copy of each
        self._joined: dict[int, bytes] = {}  # the data of the few events with several data lines

    def __len__(self) -> int:
        return len(self._offsets)

    def add(self, offset: int, spans: Spans, at: float, head: Head) -> None:
        """Add an event. `spans` are those of its data lines."""
        if len(spans) > 1:
            self._joined[len(self)] = _joined(self._body, spans)
        self._starts.append(spans[0][0])
        self._ends.append(spans[0][1])
        self._offsets.append(offset)
        self._times.append(at)
        self._heads.append(self._shared_heads.setdefault(head, head))

    def event(self, index: int) -> Event:
        """Create the Event of a row."""
        name, last_id = self._heads[index]
        data = self._joined.get(index) or self._body[self._starts[index] : self._ends[index]]
        return Event(
            name=name or "message",
            data=data.decode("utf-8", "replace"),
            number=index + 1,
            offset=self._offsets[index],
            at=self._times[index],
            id=last_id,
            named=name is not None,
        )


class _Parser:
    """The state of the algorithm: the events so far, and the buffers of the current event."""

    def __init__(self, body: bytes, times: _ArrivalTimes) -> None:
        self._body = body
        self._times = times
        self._events = _EventTable(body)
        self._quirks: list[Quirk] = []
        self._comments: list[tuple[int, str]] = []
        self._quirk_counts: Counter[str] = Counter()
        self._last_id = ""
        self._start_event()

    def _start_event(self) -> None:
        self._name: str | None = None
        self._data: Spans = []
        self._is_empty = True
        self._start: int | None = None  # the offset of the first field

    @property
    def is_full(self) -> bool:
        return len(self._events) >= MAX_EVENTS or len(self._data) >= MAX_DATA_LINES

    def quirk(self, kind: str, offset: int, detail: str = "", once: bool = False) -> None:
        """Note a quirk, unless the limit of its kind is reached; `once` limits it to one."""
        if self._quirk_counts[kind] >= (1 if once else MAX_QUIRKS):
            return
        self._quirk_counts[kind] += 1
        self._quirks.append(Quirk(kind, offset, detail, len(self._events) + 1))

    def line(self, offset: int, line: bytes, end: bytes) -> None:
        """Process one line, which starts at `offset` and ends in `end`."""
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
            self._is_empty = self._is_empty and not value
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
        """Decode a value; invalid UTF-8 is noted and replaced."""
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
            self._text(_joined(self._body, self._data), self._start)  # only notes invalid UTF-8
            self._events.add(self._start, self._data, self._times.at(end), (self._name, self._last_id))
        if self._is_empty:
            self.quirk("no-data", self._start, self._name or "")
        self._start_event()

    def finish(self) -> Stream:
        """Return the parsed stream. An event without a blank line after it is not dispatched."""
        if self._start is not None:
            data = _joined(self._body, self._data).decode("utf-8", "replace")
            self.quirk("unfinished", self._start, f"{data[:80]!r}, {len(self._body) - self._start} bytes")
        return Stream(
            MappedSequence(self._events.event, range(len(self._events))), tuple(self._quirks), tuple(self._comments)
        )
