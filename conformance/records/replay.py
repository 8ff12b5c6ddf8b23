"""Reads the exchanges that a run.json holds (`run_document` writes them)."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from conformance.core.model import Chunk, Exchange, Headers, Request
from conformance.records.jsonl import UNREADABLE, RecordingError, checked
from conformance.records.run_format import (
    BehindEntry,
    BytesEntry,
    ExchangeEntry,
    RunDocument,
    UpstreamEntry,
    VerdictEntry,
)


def exchanges(document: RunDocument) -> Iterator[tuple[str, Exchange]]:
    """(test id, exchange) for every exchange of a run. Raises RecordingError if the document has another form."""
    for entry in document["verdicts"]:
        try:
            found = of_verdict(entry)
        except RecordingError as error:
            raise RecordingError(f"{_name(entry)}: {error}") from error
        yield from ((entry["id"], one) for one in found)


def _name(entry: object) -> object:
    """The id of an entry, or the entry itself if it has another form."""
    return entry.get("id") if isinstance(entry, dict) else entry


def of_verdict(entry: VerdictEntry | UpstreamEntry) -> tuple[Exchange, ...]:
    """The exchanges of a verdict, or of its part about the upstream. Raises RecordingError."""
    try:
        return tuple(exchange(recorded) for recorded in entry["exchanges"])
    except UNREADABLE as error:
        raise RecordingError(f"no exchange can be read from this verdict ({error!r})") from error


def exchange(recorded: ExchangeEntry) -> Exchange:
    """One exchange. Raises KeyError for a missing member, ValueError for one of another type."""
    request = recorded["request"]
    return checked(
        Exchange(
            family=recorded["family"],
            request=Request(
                request["method"],
                request["url"],
                _pairs(request["headers"]),
                _bytes(request["body"]),
                tuple(request["auth"]),
            ),
            status=recorded["status"],
            headers=_pairs(recorded["headers"]),
            chunks=tuple(Chunk(chunk["at"], _bytes(chunk)) for chunk in recorded["chunks"]),
            ended=recorded["ended"],
            problem=recorded["problem"],
            http_version=recorded["http_version"],
            seconds=recorded["seconds"],
            date=recorded["date"],
            behind=tuple(_behind(one) for one in recorded.get("behind", ())),
        )
    )


def _behind(recorded: BehindEntry) -> Exchange:
    """One request of the gateway to its upstream; errors as for `exchange`."""
    request = recorded["request"]
    return checked(
        Exchange(
            family=recorded["family"],
            request=Request(request["method"], request["url"], _pairs(request["headers"]), _bytes(request["body"])),
            status=recorded["status"],
            headers=_pairs(recorded["headers"]),
            chunks=tuple(Chunk(chunk["at"], _bytes(chunk)) for chunk in recorded["chunks"]),
            ended=recorded["ended"],
            problem=recorded["problem"],
            seconds=recorded["seconds"],
            date=recorded["date"],
        )
    )


def _pairs(headers: list[list[str]]) -> Headers:
    return tuple((name, value) for name, value in headers)


def _bytes(data: BytesEntry) -> bytes:
    return base64.b64decode(data["base64"]) if "base64" in data else str(data["text"]).encode()
