"""run.json back to exchanges, as an earlier run recorded them (`report.run` writes them)."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from conformance.core.model import JSON, Chunk, Exchange, Headers, Request
from conformance.records.jsonl import UNREADABLE, RecordingError, checked


def exchanges(document: JSON) -> Iterator[tuple[str, Exchange]]:
    """(test id, exchange) for everything that a run exchanged. Raises RecordingError on a document of another form."""
    for entry in document["verdicts"]:
        name = entry.get("id") if isinstance(entry, dict) else entry
        try:
            found = of_verdict(entry)
        except RecordingError as error:
            raise RecordingError(f"{name}: {error}") from error
        yield from ((entry["id"], one) for one in found)


def of_verdict(entry: JSON) -> tuple[Exchange, ...]:
    """The exchanges of a verdict, or of its part about the upstream. Raises RecordingError."""
    try:
        return tuple(exchange(recorded) for recorded in entry["exchanges"])
    except UNREADABLE as error:
        raise RecordingError(f"no exchange can be read from this verdict ({error!r})") from error


def exchange(recorded: JSON) -> Exchange:
    """One exchange. Raises KeyError on a field that is missing, ValueError on one of another type."""
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
        )
    )


def _pairs(headers: JSON) -> Headers:
    return tuple((name, value) for name, value in headers)


def _bytes(data: JSON) -> bytes:
    return base64.b64decode(data["base64"]) if "base64" in data else str(data["text"]).encode()
