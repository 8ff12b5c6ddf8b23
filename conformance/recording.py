"""Recorded traffic to exchanges: JSON lines, plain or gzipped.

A line is an object with `family` (chat, responses, messages or a family's own name), `request` {method, url,
headers, body}, `response` {status, headers, body} and optionally `id`, `date` (ISO) and `notes`, a list of
`headers_complete` (without it the headers are not judged) and `reserialised` (the byte layout is not judged).
Bodies are text, or the parsed JSON of a request.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

from conformance.model import JSON, Chunk, Exchange, Headers, Request

_NAMES = {"chat": "chat_completions"}


class RecordingError(ValueError):
    """A file that cannot be read as a recording; the message says the file, the line and what is wrong."""


def read(path: Path) -> Iterator[tuple[str, Exchange]]:
    """(id, exchange) for each line. Raises RecordingError."""
    for number, line in _lines(path):
        try:
            row = json.loads(line)
            yield str(row.get("id", f"{path.name}:{number}")), exchange(row)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordingError(f"{path}:{number}: no exchange can be read from this line ({error!r})") from error


def exchange(row: JSON) -> Exchange:
    """One row as an exchange. Raises KeyError on a field that is missing."""
    request, response = row["request"], row["response"]
    notes = set(row.get("notes", ()))
    return Exchange(
        family=_NAMES.get(row["family"], row["family"]),
        request=Request(request["method"], request["url"], _headers(request), _bytes(request.get("body"))),
        status=response["status"],
        headers=_headers(response),
        chunks=(Chunk(0.0, _bytes(response.get("body"))),),
        date=row.get("date") or "",
        lacks=_lacks(notes) | _edited(request),
    )


def _lacks(notes: set[str]) -> frozenset[str]:
    lacks = {"timing"}
    if "headers_complete" not in notes:
        lacks.add("headers")
    if "reserialised" in notes:
        lacks.add("bytes")
    return frozenset(lacks)


def _edited(request: JSON) -> frozenset[str]:
    """`request` where the body is longer than its own content-length tells: it is not the one that was sent."""
    length = next((value for name, value in _headers(request) if name.lower() == "content-length"), "")
    body = request.get("body")
    compact = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    longer = length.isdecimal() and len(compact.encode("utf-8", "surrogatepass")) > int(length)
    return frozenset({"request"}) if longer else frozenset()


def _headers(message: JSON) -> Headers:
    return tuple((str(name), str(value)) for name, value in (message.get("headers") or {}).items())


def _bytes(body: JSON) -> bytes:
    if body is None:
        return b""
    return (body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "surrogatepass")


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Every line that is not blank, with its number in the file."""
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as file:
            yield from ((number, line) for number, line in enumerate(file, 1) if line.strip())
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise RecordingError(f"{path}: cannot be read ({error})") from error
