"""The scripts that are registered, by token, and the record of each request that came with a token."""

from __future__ import annotations

import asyncio
import base64
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from conformance.core.canary import TOKEN
from conformance.core.model import Headers
from conformance.core.redaction import PROVIDER
from conformance.reference.gateway import Call

JSON = Any

MAX_RECORDS = 100
"""Requests with one token that are recorded; a gateway that repeats its request without end sends more."""

_TOKEN = re.compile(TOKEN.encode())


@dataclass(slots=True)
class Record:
    """One request of the gateway, and what was answered so far. Times are seconds since the request arrived."""

    call: Call
    family: str
    date: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))
    started: float = field(default_factory=time.perf_counter)
    status: int | None = None
    headers: Headers = ()
    chunks: list[tuple[float, bytes]] = field(default_factory=list)
    ended: str = ""
    problem: str = ""
    seconds: float = 0.0

    def write(self, data: bytes) -> None:
        """Notes bytes that are written now."""
        self.chunks.append((time.perf_counter() - self.started, data))

    def end(self, ended: str, problem: str = "") -> None:
        """Notes how the answer ended; the first call counts."""
        if not self.ended:
            self.ended, self.problem = ended, problem
            self.seconds = time.perf_counter() - self.started

    def document(self, secret: str) -> JSON:
        """The record as JSON; `secret` (the provider's key) is replaced."""
        return {
            "family": self.family,
            "date": self.date,
            "seconds": round(self.seconds or time.perf_counter() - self.started, 4),
            "ended": self.ended or "timeout",
            "problem": self.problem,
            "method": self.call.method,
            "target": self.call.target.decode("latin-1"),
            "request_headers": [[name, value.replace(secret, PROVIDER)] for name, value in self.call.headers],
            "request_body": base64.b64encode(self.call.body).decode(),
            "status": self.status,
            "headers": [list(pair) for pair in self.headers],
            "chunks": [[round(at, 4), base64.b64encode(data).decode()] for at, data in self.chunks],
        }


@dataclass(slots=True)
class Entry:
    """A registered script, the number of requests with its token, and the records of the first MAX_RECORDS.

    `changed` is set whenever a record ends.
    """

    script: Mapping[str, JSON]
    count: int = 0
    records: list[Record] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, record: Record) -> Record:
        """Counts a request, and keeps its record. Returns the record."""
        self.count += 1
        if self.count <= MAX_RECORDS:
            self.records.append(record)
        return record


class Register:
    """The entries by token. All methods are called on the server's event loop."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def add(self, token: str, script: Mapping[str, JSON]) -> None:
        """Registers a script; an earlier one under the same token is replaced, with its records."""
        self._entries[token] = Entry(script)

    def find(self, call: Call) -> Entry | None:
        """The entry whose token is in the body of a call; the last token counts, as of the newest message."""
        return next((self._entries[token] for token in _tokens(call.body) if token in self._entries), None)

    async def take(self, token: str, wait: float) -> list[Record] | None:
        """Removes an entry, and returns its records when all have ended, at the latest after `wait` seconds.

        None if there is no such entry.
        """
        entry = self._entries.get(token)
        if entry is None:
            return None
        try:
            async with asyncio.timeout(wait):
                while not all(record.ended for record in entry.records):
                    entry.changed.clear()
                    await entry.changed.wait()
        except TimeoutError:
            pass
        if self._entries.get(token) is entry:
            del self._entries[token]
        return entry.records


def _tokens(body: bytes) -> Iterator[str]:
    return (match.decode() for match in reversed(_TOKEN.findall(body)))
