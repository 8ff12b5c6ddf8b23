"""The part of an answer that the client has received so far, and the record that is made of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from conformance.client.content_coding import is_readable
from conformance.client.way import Way
from conformance.core.model import Chunk, Ending, Exchange, Headers, Request

KEPT_BYTES = 1024 * 1024
"""The part of a body that is recorded if the body is beyond a limit. A report holds it several times, escaped."""
KEPT_CHUNKS = 10_000
"""The number of chunks that is recorded of such a body."""


@dataclass(slots=True)
class Received:
    """The part of an answer received so far. It is filled as bytes arrive, so that an interruption loses nothing.

    `built` is True once the request exists and is about to be sent. `on_wire` and `goaway` are known for HTTP/2 only:
    the request headers have been sent; the server closed the connection with a GOAWAY that reports no error.
    `way` is known where there is a proxy.
    """

    built: bool = False
    way: Way | None = None
    on_wire: bool = False
    goaway: bool = False
    status: int | None = None
    headers: Headers = ()
    chunks: list[Chunk] = field(default_factory=list)
    http_version: str = "HTTP/1.1"
    ended: Ending = "complete"
    problem: str = ""
    seconds: float = 0.0
    date: str = ""

    def stop(self, problem: str) -> None:
        """End a body that is beyond a limit: only its beginning is kept."""
        self.ended, self.problem = "too_large", problem
        self.chunks = list(_beginning(self.chunks[:KEPT_CHUNKS]))

    def hide_unreadable(self, coding: str) -> None:
        """Replace a body in an unknown content coding by a note: the key could be in it, and would not be found."""
        body = b"".join(chunk.data for chunk in self.chunks)
        if self.chunks and not is_readable(body):
            note = f"({len(body)} bytes in the content coding {coding[:100]}, which cannot be decoded)"
            self.chunks = [Chunk(self.chunks[-1].at, note.encode())]

    def exchange(self, family: str, request: Request) -> Exchange:
        """Return the exchange as a record."""
        return Exchange(
            family=family,
            request=request,
            status=self.status,
            headers=self.headers,
            chunks=tuple(self.chunks),
            ended=self.ended,
            problem=self.problem,
            http_version=self.http_version,
            seconds=self.seconds,
            date=self.date,
        )


def _beginning(chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    """Yield the chunks up to KEPT_BYTES; the last one may be shortened."""
    left = KEPT_BYTES
    for chunk in chunks:
        if left > 0:
            yield Chunk(chunk.at, chunk.data[:left])
        left -= len(chunk.data)
