"""What every answer over HTTP must be, before anyone reads its meaning: the kind of answer that was asked for,
said truly by its content type, and a body that can be read.

Sources: RFC 9110 (HTTP semantics), RFC 8259 (JSON), and the API references of both vendors.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator

from conformance.core.model import JSON, Breach
from conformance.core.redaction import redact
from conformance.judge.checks import breach, check
from conformance.judge.checks.schema import HEADERS_TOO_LONG
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show

_SSE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:data|event|id|retry)?:")
_HTML = re.compile(rb"(?i)(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body)\b")
_CONSTANT = re.compile(rb"\b(?:NaN|Infinity)\b")
_JSON_TYPE, _SSE_TYPE = "application/json", "text/event-stream"

IN_FRONT = frozenset({413, HEADERS_TOO_LONG, 502, 503, 504, *range(520, 528)})
"""Statuses that a proxy, a load balancer or the reader of headers answers with, before the API is reached."""


@check("http.content-type.json", "http.content-type.stream", needs=("headers",))
def content_type(reading: Reading) -> Iterator[Breach]:
    """The content type says what the body is."""
    if _is_stream(reading):
        if reading.content_type != _SSE_TYPE:
            yield breach("http.content-type.stream", _SSE_TYPE, reading.content_type or "no content type")
    elif _is_json(reading) and reading.kind != "other" and reading.content_type != _JSON_TYPE:
        yield breach("http.content-type.json", _JSON_TYPE, reading.content_type or "no content type")


@check("http.content-type.charset", needs=("headers",))
def charset(reading: Reading) -> Iterator[Breach]:
    """JSON and event streams are UTF-8, and nothing else is claimed."""
    value = reading.header("content-type") or ""
    found = re.search(r"(?i);\s*charset\s*=\s*\"?([^\";\s]*)", value)
    if found and found[1].lower() not in ("utf-8", "utf8"):
        yield breach("http.content-type.charset", "charset=utf-8 or no charset", value)


@check("http.stream.expected", "http.stream.unasked", on="success")
def as_asked(reading: Reading) -> Iterator[Breach]:
    """A stream where the request's body says `stream: true`, one JSON document where it does not."""
    if not (reading.family.event and reading.exchange.request.method == "POST" and isinstance(reading.sent, dict)):
        return
    streamed = _is_stream(reading)
    if reading.asked_stream and not streamed and reading.body:
        yield breach("http.stream.expected", "server-sent events", _kind_of(reading))
    if streamed and not reading.asked_stream and "stream=true" not in reading.exchange.request.url:
        yield breach("http.stream.unasked", "one JSON document", "server-sent events")


@check("http.body.empty")
def something(reading: Reading) -> Iterator[Breach]:
    """An answer has a body."""
    status = reading.exchange.status
    if not reading.body and _has_body(reading) and reading.kind != "stream" and status not in IN_FRONT:
        yield breach("http.body.empty", "a body", f"no body, with status {status}")


@check("http.body.html")
def no_page(reading: Reading) -> Iterator[Breach]:
    """Programs read the answer: it is no page for people. What stands in front of the API may know no better."""
    if reading.kind != "other" and reading.exchange.status not in IN_FRONT and _HTML.match(reading.body):
        yield breach("http.body.html", "JSON", _start(reading), offset=0)


@check("http.body.json", on="json")
def readable(reading: Reading) -> Iterator[Breach]:
    """An answer that is no stream is one JSON document."""
    if reading.body and reading.parsed[1] and not _HTML.match(reading.body):
        yield breach("http.body.json", "one JSON document", f"{reading.parsed[1]}: {_start(reading)}")


@check("http.error.json", "http.error.json-in-front", on="error")
def readable_error(reading: Reading) -> Iterator[Breach]:
    """An error's body is JSON; a proxy in front of the API may not know how to."""
    in_front = reading.exchange.status in IN_FRONT
    if reading.parsed[1] and (in_front or (reading.body and not _HTML.match(reading.body))):
        rule = "http.error.json-in-front" if in_front else "http.error.json"
        yield breach(rule, "a JSON error object", f"{reading.parsed[1]}: {_start(reading)}")


@check("http.body.encoding", needs=("bytes",))
def encoding(reading: Reading) -> Iterator[Breach]:
    """JSON is UTF-8 without a byte order mark."""
    if not _is_json(reading):
        return
    if reading.body.startswith(b"\xef\xbb\xbf"):
        yield breach("http.body.encoding", "UTF-8 without a byte order mark", "a byte order mark", offset=0)
    try:
        text = reading.body.decode("utf-8")
    except UnicodeDecodeError as error:
        yield breach("http.body.encoding", "UTF-8", "bytes that are not UTF-8", offset=error.start)
    else:
        if "\0" in text:
            yield breach("http.body.encoding", "UTF-8", "UTF-16 or UTF-32", offset=0)


@check("http.body.constants")
def constants(reading: Reading) -> Iterator[Breach]:
    """JSON has no NaN and no Infinity, which Python's writer produces and other languages cannot read."""
    if not _CONSTANT.search(reading.body):
        return
    for text, number in _json_texts(reading):
        if found := _constants(text):
            yield breach("http.body.constants", "a number or null", ", ".join(found), event=number)


@check("http.body.duplicate-keys", needs=("bytes",))
def duplicate_keys(reading: Reading) -> Iterator[Breach]:
    """Members of an object have different names."""
    if not _is_json(reading):
        return
    twice: list[str] = []

    def members(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice.extend(name for name, number in Counter(name for name, _ in pairs).items() if number > 1)
        return found

    json.loads(reading.body, object_pairs_hook=members)
    if twice:
        yield breach("http.body.duplicate-keys", "each key once", ", ".join(map(show, twice[:5])))


@check("http.status.error-in-success", on="json")
def error_in_success(reading: Reading) -> Iterator[Breach]:
    """A failure is told by the status; no client looks for an error in a success."""
    document = reading.json
    if isinstance(document, dict) and _fails(document):
        yield breach("http.status.error-in-success", "a status of 400 or above", redact(show(document)))


@check("http.status.plain-success", on="success")
def plain_success(reading: Reading) -> Iterator[Breach]:
    """A success is 200: both vendors know no other."""
    if reading.exchange.status != 200:
        yield breach("http.status.plain-success", "200", str(reading.exchange.status))


@check("http.status.known", on="error")
def known_status(reading: Reading) -> Iterator[Breach]:
    """An error is a client's (4xx) or a server's (5xx)."""
    status = reading.exchange.status
    if status is not None and status >= 600:
        yield breach("http.status.known", "a status from 400 to 599", str(status))


@check("http.connection.cut")
def not_cut(reading: Reading) -> Iterator[Breach]:
    """A body ends as its framing promised."""
    if reading.exchange.ended == "cut":
        got = f"the connection broke after {len(reading.body)} bytes"
        yield breach("http.connection.cut", "a complete body", got, offset=len(reading.body))


def _fails(document: dict[str, JSON]) -> bool:
    if document.get("object") == "response":
        return False
    return (
        bool(document.get("error"))
        or "error" in (document.get("object"), document.get("type"))
        or document.get("success") is False
        or document.keys() == {"detail"}
    )


def _json_texts(reading: Reading) -> Iterator[tuple[str | bytes, int | None]]:
    """Every JSON text of the answer, and the number of its event."""
    if reading.kind == "stream":
        yield from ((parsed.event.data, parsed.event.number) for parsed in reading.events if not parsed.problem)
    elif _is_json(reading):
        yield reading.body, None


def _constants(text: str | bytes) -> list[str]:
    found: list[str] = []
    json.loads(text, parse_constant=lambda name: found.append(name))
    return found


def _is_stream(reading: Reading) -> bool:
    """Whether a successful body is an event stream, whatever its content type says."""
    framed = bool(_SSE.match(reading.body))
    return (framed and reading.kind == "json") or (reading.kind == "stream" and (framed or bool(reading.events)))


def _is_json(reading: Reading) -> bool:
    """Whether a body is one JSON document, whatever its content type says."""
    plain = reading.kind in ("json", "error") or (reading.kind == "stream" and not reading.events)
    return plain and bool(reading.body) and not reading.parsed[1]


def _has_body(reading: Reading) -> bool:
    return reading.kind != "other" and reading.exchange.status != 204


def _kind_of(reading: Reading) -> str:
    if not reading.parsed[1]:
        return "one JSON document"
    if parse(reading.body.partition(b"\n")[0])[1]:
        return f"neither JSON nor a stream: {_start(reading)}"
    return "JSON documents, one per line"


def _start(reading: Reading) -> str:
    return redact(show(reading.body[:80].decode("utf-8", "replace")))
