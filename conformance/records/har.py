"""HAR 1.2 <-> exchanges: what browsers and proxies record, and what `--gateway-record` writes.

Source: http://www.softwareishard.com/blog/har-12-spec/. The format lets writers add members whose names begin
with an underscore. Ours are `_exchange` in an entry, which keeps what HAR has no place for, and `_chunks` in a
response's content, pairs of arrival time (seconds since the request) and length in bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence

from conformance.core.model import JSON, Chunk, Exchange, Headers, Request
from conformance.core.redaction import is_secret, redact
from conformance.records.classify import family_of
from conformance.records.jsonl import UNREADABLE, RecordingError, checked


def exchanges(document: JSON) -> Iterator[tuple[str, Exchange]]:
    """(pointer to the entry, exchange) for each entry of a family that we know. Raises RecordingError."""
    for number, entry in enumerate(document["log"]["entries"]):
        at = f"/log/entries/{number}"
        try:
            found = exchange(entry)
        except UNREADABLE as error:
            raise RecordingError(f"no exchange can be read from {at} ({error!r})") from error
        if found is not None:
            yield at, found


def exchange(entry: JSON) -> Exchange | None:
    """One entry; None where it is none of our endpoints. Raises KeyError or ValueError where it is no entry."""
    request, response, ours = entry["request"], entry["response"], entry.get("_exchange", {})
    headers = _pairs(request["headers"])
    family = ours.get("family") or family_of(request["method"], request["url"], headers)
    if family is None:
        return None
    content = response.get("content", {})
    body = _body(response)
    return checked(
        Exchange(
            family=family,
            request=Request(request["method"], request["url"], headers, _posted(request), tuple(ours.get("auth", ()))),
            status=response["status"] or None,
            headers=_pairs(response["headers"]),
            chunks=() if body is None else tuple(_chunks(content.get("_chunks", [[0.0, len(body)]]), body)),
            ended="not_recorded" if body is None else ours.get("ended", "complete"),
            problem=ours.get("problem", ""),
            http_version=response.get("httpVersion") or "",
            seconds=max(entry.get("time") or 0, 0) / 1000,
            date=entry.get("startedDateTime") or "",
            lacks=frozenset(ours["lacks"] if ours else ("timing",)),
        )
    )


def document(found: Iterable[Exchange], creator: str) -> JSON:
    """A HAR document; headers that carry credentials are left out. `creator` is the suite's version."""
    log = {"version": "1.2", "creator": {"name": "gateway-conformance", "version": creator}}
    return {"log": {**log, "entries": [_entry(one) for one in found]}}


def _entry(one: Exchange) -> JSON:
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


def _request(one: Exchange) -> JSON:
    request = one.request
    return {
        "method": request.method,
        "url": redact(request.url),
        "httpVersion": one.http_version,
        "cookies": [],
        "headers": _named(request.headers),
        "queryString": [],
        "headersSize": -1,
        "bodySize": len(request.body),
        **({"postData": _content(request.headers, request.body)} if request.body else {}),
    }


def _response(one: Exchange) -> JSON:
    body = b"".join(chunk.data for chunk in one.chunks)
    missing = one.ended == "not_recorded"
    chunks = [[round(chunk.at, 4), len(chunk.data)] for chunk in one.chunks]
    content = {"mimeType": _type(one.headers)} if missing else {**_content(one.headers, body), "_chunks": chunks}
    return {
        "status": one.status or 0,
        "statusText": "",
        "httpVersion": one.http_version,
        "cookies": [],
        "headers": _named(one.headers),
        "content": {"size": len(body), **content},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1 if missing else len(body),
    }


def _content(headers: Headers, data: bytes) -> dict[str, JSON]:
    try:
        return {"mimeType": _type(headers), "text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"mimeType": _type(headers), "text": base64.b64encode(data).decode("ascii"), "encoding": "base64"}


def _decoded(content: JSON) -> bytes:
    text = content.get("text") or ""
    return base64.b64decode(text) if content.get("encoding") == "base64" else text.encode("utf-8", "surrogatepass")


def _body(response: JSON) -> bytes | None:
    """The body, or None where it was not recorded: left out, cut short by the recorder, or given up by the client.

    Browsers leave out the text of streams, or give it as empty; Chrome notes in `_error` why it gave up.
    """
    content = response.get("content", {})
    body = _decoded(content)
    size = content.get("size") or 0
    if response.get("_error") or len(body) < size:
        return None
    return body if body or response.get("bodySize") == 0 else None


def _posted(request: JSON) -> bytes:
    return _decoded(request.get("postData") or {})


def _chunks(cuts: Sequence[tuple[float, int]], body: bytes) -> Iterator[Chunk]:
    start = 0
    for at, length in cuts:
        yield Chunk(at, body[start : start + length])
        start += length


def _pairs(headers: JSON) -> Headers:
    """HTTP/2's pseudo-headers, which some recorders list, are left out."""
    return tuple((pair["name"], pair["value"]) for pair in headers if not pair["name"].startswith(":"))


def _named(headers: Headers) -> JSON:
    return [{"name": name, "value": redact(value)} for name, value in headers if not is_secret(name)]


def _type(headers: Headers) -> str:
    return next((value for key, value in headers if key.lower() == "content-type"), "")
