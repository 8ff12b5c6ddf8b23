"""Reads recorded traffic: JSON lines, plain or gzipped.

A line is an object with `family` (chat, responses, messages or a family's own name), `request` {method, url,
headers, body}, `response` {status, headers, body} and optionally `id`, `date` (ISO 8601) and `notes`, a list of
`headers_complete` (without it the headers are not judged) and `reserialised` (with it the byte layout is not judged).
The headers about the length of the body are not judged: most recorders decode bodies and keep these headers.
A body is a text; that of a request may be parsed JSON. A response with no body, or null, was recorded without it.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NotRequired, TypedDict, get_args
from urllib.parse import urlsplit

from conformance.core.model import Chunk, Ending, Exchange, Headers, Request
from conformance.core.yaml_input import InputError
from conformance.protocol import family
from conformance.protocol.family import load_family

_NAMES = {"chat": "chat_completions"}

ENDINGS = get_args(Ending)

UNREADABLE = (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError)
"""The exceptions that reading a document of another form may raise."""

MAX_SECONDS = 1e9
"""No exchange takes thirty years; larger times would overflow later."""


class RecordedRequest(TypedDict):
    """A request; `body` is a text or parsed JSON."""

    method: str
    url: str
    headers: NotRequired[dict[str, str] | None]
    body: NotRequired[object]


class RecordedResponse(TypedDict):
    """A response; without `body` it was recorded without one."""

    status: int | None
    headers: NotRequired[dict[str, str] | None]
    body: NotRequired[str | None]


class RecordedRow(TypedDict):
    """A line of the file."""

    family: str
    request: RecordedRequest
    response: RecordedResponse
    id: NotRequired[str]
    date: NotRequired[str]
    notes: NotRequired[list[str]]


class RecordingError(InputError):
    """A file that cannot be read as a recording; the message has the file, the place and the mistake."""


def read_jsonl(path: Path) -> Iterator[tuple[str, Exchange]]:
    """(id, exchange) for each line that is not blank. Raises RecordingError."""
    for number, line in lines(path):
        if not line.strip():
            continue
        try:
            row: RecordedRow = json.loads(line)
            found = str(row.get("id", f"{path.name}:{number}")), exchange(row)
        except UNREADABLE as error:
            raise RecordingError(f"{path}:{number}: no exchange can be read from this line ({error!r})") from error
        yield found


def exchange(row: RecordedRow) -> Exchange:
    """One row as an exchange. Raises KeyError for a missing member, ValueError for one of another type."""
    request, response = row["request"], row["response"]
    notes = set(row.get("notes", ()))
    return checked(
        Exchange(
            family=_family(_NAMES.get(row["family"], row["family"]), request["method"], request["url"]),
            request=Request(request["method"], request["url"], _headers(request), _body(request.get("body"))),
            status=response["status"],
            headers=_headers(response),
            chunks=(Chunk(0.0, _body(response.get("body"))),),
            ended="complete" if response.get("body") is not None else "not_recorded",
            date=row.get("date") or "",
            lacks=_lacks(notes) | _edited(request),
        )
    )


def checked(found: Exchange) -> Exchange:
    """The exchange, if every member has its type: files may hold anything. Raises ValueError."""
    if found.family not in family.names():
        raise ValueError(f"the family {found.family!r} is not one of {', '.join(family.names())}")
    names = [text for pair in (*found.request.headers, *found.headers) for text in pair]
    texts = (found.request.method, found.request.url, found.problem, found.http_version, found.date, *names)
    if strange := [text for text in texts if not isinstance(text, str)]:
        raise ValueError(f"{strange[0]!r} is given where a text is expected")
    if found.status is not None and type(found.status) is not int:
        raise ValueError(f"the status {found.status!r} is not a whole number")
    if found.ended not in ENDINGS:
        raise ValueError(f"the ending {found.ended!r} is not one of {', '.join(ENDINGS)}")
    times = (found.seconds, *(chunk.at for chunk in found.chunks))
    if late := [time for time in times if not _is_time(time)]:
        raise ValueError(f"{late[0]!r} is given where a time in seconds is expected")
    return found


def _is_time(value: object) -> bool:
    """Whether a value is a plausible number of seconds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MAX_SECONDS


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a text file, plain or gzipped, with their numbers from 1. Raises RecordingError."""
    try:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8-sig") as file:
            yield from enumerate(file, 1)
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or error
        raise RecordingError(f"{path}: the file cannot be read ({why}); give a recording") from error


def _family(name: str, method: str, url: str) -> str:
    """The family, or `elsewhere` for another endpoint below the family's path: its answers have another form.

    Examples are lists, deletions, cancellations, token counts and resumed streams. A response that is fetched by its
    id has the form of the one that was created.
    """
    if name not in family.names():
        return name
    contract, target = load_family(name), urlsplit(url)
    _, own, below = f"{target.path.rstrip('/')}/".partition(f"{contract.path}/")
    is_own = method.upper() == contract.method and not below
    is_fetched = name == "responses" and method.upper() == "GET" and below.count("/") == 1 and not target.query
    return name if not own or is_own or is_fetched else family.ELSEWHERE


def _lacks(notes: set[str]) -> frozenset[str]:
    lacks = {"timing", "framing"}
    if "headers_complete" not in notes:
        lacks.add("headers")
    if "reserialised" in notes:
        lacks.add("bytes")
    return frozenset(lacks)


def _edited(request: RecordedRequest) -> frozenset[str]:
    """`request` if the body is longer than its content-length: then it is not the body that was sent."""
    length = next((value for name, value in _headers(request) if name.lower() == "content-length"), "")
    body = request.get("body")
    compact = body if isinstance(body, str) else json.dumps(body, separators=(",", ":"), ensure_ascii=False)
    longer = length.isdecimal() and len(compact.encode("utf-8", "surrogatepass")) > int(length)
    return frozenset({"request"}) if longer else frozenset()


def _headers(message: RecordedRequest | RecordedResponse) -> Headers:
    return tuple((str(name), str(value)) for name, value in (message.get("headers") or {}).items())


def _body(body: object) -> bytes:
    if body is None:
        return b""
    return (body if isinstance(body, str) else json.dumps(body)).encode("utf-8", "surrogatepass")
