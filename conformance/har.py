"""HAR 1.2 <-> exchanges: what browsers and proxies record, and what `--record` writes.

Source: http://www.softwareishard.com/blog/har-12-spec/. Our own files add `_chunks` to a response's content,
pairs of arrival time (seconds since the request) and length in bytes, so that the timing is not lost.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from conformance.model import JSON, Chunk, Exchange, Headers, Request
from conformance.recording import RecordingError
from conformance.route import family_of

_KEY_HEADERS = ("authorization", "x-api-key", "cookie", "set-cookie", "proxy-authorization")


def read(path: Path) -> Iterator[tuple[str, Exchange]]:
    """(id, exchange) for each entry of a family that we know. Raises RecordingError."""
    try:
        entries = json.loads(path.read_text("utf-8-sig"))["log"]["entries"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordingError(f"{path}: this is no HAR file ({error!r})") from error
    for number, entry in enumerate(entries):
        try:
            found = exchange(entry)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise RecordingError(f"{path}: no exchange can be read from entry {number} ({error!r})") from error
        if found is not None:
            yield f"{path.name}#{number}", found


def exchange(entry: JSON) -> Exchange | None:
    """One entry; None where it is none of our endpoints. Raises KeyError on a field that is missing."""
    request, response = entry["request"], entry["response"]
    headers = _pairs(request["headers"])
    family = family_of(request["method"], request["url"], headers)
    if family is None:
        return None
    content = response.get("content", {})
    body = _body(content)
    return Exchange(
        family=family,
        request=Request(request["method"], request["url"], headers, _posted(request)),
        status=response["status"] or None,
        headers=_pairs(response["headers"]),
        chunks=tuple(_chunks(content, body)),
        ended="complete" if body is not None else "not_recorded",
        http_version=response.get("httpVersion", ""),
        seconds=max(entry.get("time", 0), 0) / 1000,
        date=entry.get("startedDateTime", ""),
        lacks=frozenset() if "_chunks" in content else frozenset({"timing"}),
    )


def document(exchanges: Iterable[Exchange], creator: str) -> JSON:
    """A HAR document; headers that carry credentials are left out."""
    log = {"version": "1.2", "creator": {"name": "gateway-conformance", "version": creator}}
    return {"log": {**log, "entries": [_entry(one) for one in exchanges]}}


def _entry(one: Exchange) -> JSON:
    body = b"".join(chunk.data for chunk in one.chunks)
    milliseconds = round(one.seconds * 1000, 3)
    return {
        "startedDateTime": one.date,
        "time": milliseconds,
        "request": {
            "method": one.request.method,
            "url": one.request.url,
            "httpVersion": one.http_version,
            "cookies": [],
            "headers": _named(one.request.headers),
            "queryString": [],
            "headersSize": -1,
            "bodySize": len(one.request.body),
            **({"postData": _post_data(one.request)} if one.request.body else {}),
        },
        "response": {
            "status": one.status or 0,
            "statusText": "",
            "httpVersion": one.http_version,
            "cookies": [],
            "headers": _named(one.headers),
            "content": {
                "size": len(body),
                "mimeType": _value(one.headers, "content-type"),
                **_encoded(body),
                "_chunks": [[round(chunk.at, 4), len(chunk.data)] for chunk in one.chunks],
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": len(body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
    }


def _post_data(request: Request) -> JSON:
    text = _encoded(request.body)
    return {"mimeType": _value(request.headers, "content-type"), "text": text.pop("text"), **text}


def _encoded(data: bytes) -> dict[str, str]:
    try:
        return {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"text": base64.b64encode(data).decode("ascii"), "encoding": "base64"}


def _decoded(text: str, encoding: str | None) -> bytes:
    return base64.b64decode(text) if encoding == "base64" else text.encode("utf-8", "surrogatepass")


def _body(content: JSON) -> bytes | None:
    if "text" not in content:
        return b"" if not content.get("size") else None
    return _decoded(content["text"], content.get("encoding"))


def _posted(request: JSON) -> bytes:
    data = request.get("postData") or {}
    return _decoded(data.get("text", ""), data.get("encoding"))


def _chunks(content: JSON, body: bytes | None) -> Iterator[Chunk]:
    start = 0
    for at, length in content.get("_chunks", [[0.0, len(body or b"")]]):
        yield Chunk(at, (body or b"")[start : start + length])
        start += length


def _pairs(headers: JSON) -> Headers:
    """HTTP/2's pseudo-headers, which some recorders list, are left out."""
    return tuple((pair["name"], pair["value"]) for pair in headers if not pair["name"].startswith(":"))


def _named(headers: Headers) -> JSON:
    return [{"name": name, "value": value} for name, value in headers if name.lower() not in _KEY_HEADERS]


def _value(headers: Headers, name: str) -> str:
    return next((value for key, value in headers if key.lower() == name), "")
