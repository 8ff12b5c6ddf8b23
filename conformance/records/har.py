"""HAR 1.2: reads what browsers and proxies record, and writes what `--gateway-record` asks for.

Source: http://www.softwareishard.com/blog/har-12-spec/. Writers may add members whose names start with an underscore.
Ours are `_exchange` in an entry, for what HAR has no member for, and `_chunks` in a response's content: pairs of
arrival time (seconds since the request) and length in bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from typing import NotRequired, TypedDict

from conformance.core.model import Chunk, Ending, Exchange, Headers, Request
from conformance.core.redaction import is_secret, redact
from conformance.records.classify import family_of
from conformance.records.jsonl import UNREADABLE, RecordingError, checked


class HarHeader(TypedDict):
    """A header."""

    name: str
    value: str


class HarContent(TypedDict, total=False):
    """A body: text, or base64 if `encoding` says so."""

    size: int
    mimeType: str
    text: str
    encoding: str
    _chunks: list[tuple[float, int]]


class HarRequest(TypedDict):
    """A request; the sizes are -1 where they are not known."""

    method: str
    url: str
    httpVersion: str
    cookies: list[object]
    headers: list[HarHeader]
    queryString: list[object]
    headersSize: int
    bodySize: int
    postData: NotRequired[HarContent]


class HarResponse(TypedDict):
    """A response; Chrome's `_error` says why it gave up."""

    status: int
    statusText: str
    httpVersion: str
    cookies: list[object]
    headers: list[HarHeader]
    content: HarContent
    redirectURL: str
    headersSize: int
    bodySize: int
    _error: NotRequired[str]


class HarTimings(TypedDict):
    """Milliseconds."""

    send: float
    wait: float
    receive: float


class HarExchange(TypedDict):
    """Our own member of an entry."""

    family: str
    auth: list[str]
    ended: Ending
    problem: str
    lacks: list[str]


class HarEntry(TypedDict):
    """A request and its response; `time` is in milliseconds."""

    startedDateTime: str
    time: float
    request: HarRequest
    response: HarResponse
    cache: dict[str, object]
    timings: HarTimings
    _exchange: NotRequired[HarExchange]


class HarCreator(TypedDict):
    """The program that wrote the file."""

    name: str
    version: str


class HarLog(TypedDict):
    """All entries."""

    version: str
    creator: HarCreator
    entries: list[HarEntry]


class HarDocument(TypedDict):
    """A HAR file."""

    log: HarLog


def exchanges(document: HarDocument) -> Iterator[tuple[str, Exchange]]:
    """(JSON pointer to the entry, exchange) for each entry of a known endpoint. Raises RecordingError."""
    for number, entry in enumerate(document["log"]["entries"]):
        at = f"/log/entries/{number}"
        try:
            found = exchange(entry)
        except UNREADABLE as error:
            raise RecordingError(f"no exchange can be read from {at} ({error!r})") from error
        if found is not None:
            yield at, found


def exchange(entry: HarEntry) -> Exchange | None:
    """One entry; None for another endpoint than ours. Raises KeyError or ValueError for what is not an entry."""
    request, response = entry["request"], entry["response"]
    ours = entry.get("_exchange") or _FOREIGN
    headers = _pairs(request["headers"])
    family = ours["family"] or family_of(request["method"], request["url"], headers)
    if family is None:
        return None
    content = response.get("content", {})
    body = _body(response)
    return checked(
        Exchange(
            family=family,
            request=Request(request["method"], request["url"], headers, _posted(request), tuple(ours["auth"])),
            status=response["status"] or None,
            headers=_pairs(response["headers"]),
            chunks=() if body is None else tuple(_chunks(content.get("_chunks", [(0.0, len(body))]), body)),
            ended="not_recorded" if body is None else ours["ended"],
            problem=ours["problem"],
            http_version=response.get("httpVersion") or "",
            seconds=max(entry.get("time") or 0, 0) / 1000,
            date=entry.get("startedDateTime") or "",
            lacks=frozenset(ours["lacks"]),
        )
    )


_FOREIGN: HarExchange = {"family": "", "auth": [], "ended": "complete", "problem": "", "lacks": ["timing", "framing"]}
"""Stands for our own member in an entry that another program wrote. Most of them decode bodies and keep the headers."""


def document(found: Iterable[Exchange], version: str) -> HarDocument:
    """A HAR document without headers that carry credentials; `version` is the suite's."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "gateway-conformance", "version": version},
            "entries": [_entry(one) for one in found],
        }
    }


def _entry(one: Exchange) -> HarEntry:
    milliseconds = round(one.seconds * 1000, 3)
    return {
        "startedDateTime": one.date,
        "time": milliseconds,
        "request": _request(one),
        "response": _response(one),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "_exchange": {
            "family": one.family,
            "auth": list(one.request.auth),
            "ended": one.ended,
            "problem": one.problem,
            "lacks": sorted(one.lacks),
        },
    }


def _request(one: Exchange) -> HarRequest:
    request = one.request
    entry: HarRequest = {
        "method": request.method,
        "url": redact(request.url),
        "httpVersion": one.http_version,
        "cookies": [],
        "headers": _named(request.headers),
        "queryString": [],
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        entry["postData"] = _content(request.headers, request.body)
    return entry


def _response(one: Exchange) -> HarResponse:
    body = b"".join(chunk.data for chunk in one.chunks)
    missing = one.ended == "not_recorded"
    content: HarContent = {"size": len(body), "mimeType": _type(one.headers)}
    if not missing:
        chunks = [(round(chunk.at, 4), len(chunk.data)) for chunk in one.chunks]
        content = {**content, **_content(one.headers, body), "_chunks": chunks}
    return {
        "status": one.status or 0,
        "statusText": "",
        "httpVersion": one.http_version,
        "cookies": [],
        "headers": _named(one.headers),
        "content": content,
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1 if missing else len(body),
    }


def _content(headers: Headers, data: bytes) -> HarContent:
    try:
        return {"mimeType": _type(headers), "text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"mimeType": _type(headers), "text": base64.b64encode(data).decode("ascii"), "encoding": "base64"}


def _decoded(content: HarContent) -> bytes:
    text = content.get("text") or ""
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode("utf-8", "surrogatepass")


def _body(response: HarResponse) -> bytes | None:
    """The body; None if it was not recorded, or only a part of it.

    Browsers leave out the text of streams, or give it as empty.
    """
    content = response.get("content", {})
    body = _decoded(content)
    size = content.get("size") or 0
    if response.get("_error") or len(body) < size:
        return None
    return body if body or response.get("bodySize") == 0 else None


def _posted(request: HarRequest) -> bytes:
    return _decoded(request.get("postData") or {})


def _chunks(cuts: Sequence[tuple[float, int]], body: bytes) -> Iterator[Chunk]:
    start = 0
    for at, length in cuts:
        yield Chunk(at, body[start : start + length])
        start += length


def _pairs(headers: Sequence[HarHeader]) -> Headers:
    """The headers without HTTP/2's pseudo-headers, which some recorders list."""
    return tuple((pair["name"], pair["value"]) for pair in headers if not pair["name"].startswith(":"))


def _named(headers: Headers) -> list[HarHeader]:
    return [{"name": name, "value": redact(value)} for name, value in headers if not is_secret(name)]


def _type(headers: Headers) -> str:
    return next((value for key, value in headers if key.lower() == "content-type"), "")
