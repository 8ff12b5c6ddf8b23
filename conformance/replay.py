"""run.json back to exchanges, as an earlier run recorded them."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from conformance.model import JSON, Chunk, Exchange, Headers, Request


def exchanges(document: JSON) -> Iterator[tuple[str, Exchange]]:
    """(test id, exchange) for everything that a run exchanged. Raises KeyError on a document of another form."""
    for entry in document["verdicts"]:
        for recorded in entry["exchanges"]:
            yield entry["id"], exchange(recorded)


def exchange(recorded: JSON) -> Exchange:
    """One exchange, as `report.run` wrote it."""
    request = recorded["request"]
    return Exchange(
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


def _pairs(headers: JSON) -> Headers:
    return tuple((name, value) for name, value in headers)


def _bytes(data: JSON) -> bytes:
    return base64.b64decode(data["base64"]) if "base64" in data else str(data["text"]).encode()
