"""Splits the bytes of an event stream into events while they arrive, without changing them.

Framing: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Frame:
    """The bytes up to the end of an event, or of a comment between events; `data` is None without data lines."""

    raw: bytes
    name: str = ""
    data: str | None = None


class Frames:
    """Collects bytes until an event is complete."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._line = 0
        self._searched = 0
        self._after_cr = False
        self._first = True
        self._name = ""
        self._data: list[str] = []
        self._inside = False

    @property
    def rest(self) -> bytes:
        """The bytes of the event that is not complete yet."""
        return bytes(self._held)

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The frames that `data` completes."""
        self._held += data
        while end := _LINE_END.search(self._held, max(self._line, self._searched)):
            line = bytes(self._held[self._line : end.start()])
            half = self._after_cr and not line and end[0] == b"\n"  # the rest of a CRLF that came in two pieces
            self._line = self._searched = end.end()
            self._after_cr = end[0] == b"\r" and end.end() == len(self._held)
            if not half:
                yield from self._ended(line)
        self._searched = len(self._held)

    def _ended(self, line: bytes) -> Iterator[Frame]:
        if self._first:
            line, self._first = line.removeprefix(_BOM), False
        if not line:
            yield self._taken()
        elif line.startswith(b":"):
            if not self._inside:
                yield self._taken()
        else:
            self._inside = True
            name, _, value = line.decode("utf-8", "replace").partition(":")
            value = value.removeprefix(" ")
            if name == "data":
                self._data.append(value)
            elif name == "event":
                self._name = value

    def _taken(self) -> Frame:
        frame = Frame(bytes(self._held[: self._line]), self._name, "\n".join(self._data) if self._data else None)
        del self._held[: self._line]
        self._line = self._searched = 0
        self._name, self._data, self._inside = "", [], False
        return frame
