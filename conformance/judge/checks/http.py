"""HTTP answers of all families: the requested kind of answer, a matching content type, and a readable body.

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
from conformance.judge.checks.schema import HEADERS_TOO_LONG, is_elsewhere
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show

_SSE = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:data|event|id|retry)?:")
_HTML = re.compile(rb"(?i)(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body)\b")
_PLAIN = re.compile(rb"\s*[^\s<{\[]")
_CONSTANTS = (b"NaN", b"Infinity")
_JSON_TYPE, _SSE_TYPE = "application/json", "text/event-stream"

IN_FRONT = frozenset({413, HEADERS_TOO_LONG, 502, 503, 504, *range(520, 528)})
"""Statuses with which a proxy or the HTTP server answers before the API is reached."""

NO_SERVER = 503
"""The status of a proxy that reaches no server. The proxies of both vendors send a plain text with it."""


@check("http.content-type.json", "http.content-type.stream", needs=("headers",))
def content_type(reading: Reading) -> Iterator[Breach]:
    """The content type matches the body. The messages of a WebSocket have none."""
    if reading.is_web_socket:
        return
    if _is_stream(reading):
        if reading.content_type != _SSE_TYPE:
            yield breach("http.content-type.stream", _SSE_TYPE, reading.content_type or "no content type")
    elif _is_json(reading) and reading.kind != "other" and reading.content_type != _JSON_TYPE:
        yield breach("http.content-type.json", _JSON_TYPE, reading.content_type or "no content type")


@check("http.content-type.charset", needs=("headers",))
def charset(reading: Reading) -> Iterator[Breach]:
    """The charset of JSON and event streams is UTF-8, if one is given."""
    value = reading.header("content-type") or ""
    found = re.search(r"(?i);\s*charset\s*=\s*\"?([^\";\s]*)", value)
    if found and found[1].lower() not in ("utf-8", "utf8"):
        yield breach("http.content-type.charset", "charset=utf-8 or no charset", value)


@check("http.stream.expected", "http.stream.unasked", on="success")
def as_asked(reading: Reading) -> Iterator[Breach]:
    """The answer is a stream if the request's body has `stream: true`, else one JSON document.

    A text as `stream` is a mistake that says neither. The cases expect a refusal; a gateway that reads it as true
    answers with a stream.
    """
    if not (reading.family.event and reading.exchange.request.method == "POST" and isinstance(reading.sent, dict)):
        return
    streamed = _is_stream(reading)
    if reading.asked_stream and not streamed and reading.body:
        yield breach("http.stream.expected", "server-sent events", _kind_of(reading))
    unasked = reading.sent.get("stream") in (None, False) and "stream=true" not in reading.exchange.request.url
    if streamed and unasked:
        yield breach("http.stream.unasked", "one JSON document", "server-sent events")


@check("http.body.empty")
def something(reading: Reading) -> Iterator[Breach]:
    """The body is not empty."""
    status = reading.exchange.status
    if is_elsewhere(reading):
        return
    if not reading.body and _has_body(reading) and reading.kind != "stream" and status not in IN_FRONT:
        yield breach("http.body.empty", "a body", f"no body, with status {status}")


@check("http.body.html")
def no_page(reading: Reading) -> Iterator[Breach]:
    """The answer is not an HTML page. Not checked for errors from a proxy in front of the API."""
    judged = reading.kind != "other" and reading.exchange.status not in IN_FRONT and not is_elsewhere(reading)
    if judged and _HTML.match(reading.body):
        yield breach("http.body.html", "JSON", _start(reading), offset=0)


@check("http.body.json", on="json")
def readable(reading: Reading) -> Iterator[Breach]:
    """An answer that is not a stream is one JSON document."""
    if reading.body and reading.parsed[1] and not _HTML.match(reading.body):
        yield breach("http.body.json", "one JSON document", f"{reading.parsed[1]}: {_start(reading)}")


@check("http.error.json", "http.error.json-in-front", "http.error.text-in-front", "elsewhere.error-json", on="error")
def readable_error(reading: Reading) -> Iterator[Breach]:
    """The body of an error is JSON.

    Errors from a proxy in front of the API, and of paths and methods that no API has, have rules of their own.
    """
    special = ""
    if reading.exchange.status == NO_SERVER and _PLAIN.match(reading.body):
        special = "http.error.text-in-front"
    elif reading.exchange.status in IN_FRONT:
        special = "http.error.json-in-front"
    elif is_elsewhere(reading):
        special = "elsewhere.error-json"
    if reading.parsed[1] and (special or (reading.body and not _HTML.match(reading.body))):
        rule = special or "http.error.json"
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
    """The JSON has no NaN or Infinity, which Python writes but other languages cannot parse."""
    if not any(name in reading.body for name in _CONSTANTS):
        return
    for text, number in _json_texts(reading):
        if found := _constants(text):
            yield breach("http.body.constants", "a number or null", ", ".join(found), event=number)


@check("http.body.duplicate-keys", needs=("bytes",))
def duplicate_keys(reading: Reading) -> Iterator[Breach]:
    """No object has two members with the same name."""
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
    """A failure has an error status: clients do not look for errors in a success."""
    document = reading.json
    if isinstance(document, dict) and _fails(document):
        yield breach("http.status.error-in-success", "a status of 400 or above", redact(show(document)))


@check("http.status.plain-success", on="success")
def plain_success(reading: Reading) -> Iterator[Breach]:
    """A success has status 200; the vendors use no other, except where the connection becomes a WebSocket."""
    if reading.exchange.status != 200 and not reading.is_web_socket:
        yield breach("http.status.plain-success", "200", str(reading.exchange.status))


@check("http.status.known", on="error")
def known_status(reading: Reading) -> Iterator[Breach]:
    """The status of an error is 4xx or 5xx."""
    status = reading.exchange.status
    if status is not None and status >= 600:
        yield breach("http.status.known", "a status from 400 to 599", str(status))


@check("http.connection.cut")
def not_cut(reading: Reading) -> Iterator[Breach]:
    """The body is complete according to its framing."""
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
    """Yield (JSON text, event number) for every JSON text of the answer."""
    if reading.kind == "stream":
        yield from ((parsed.event.data, parsed.event.number) for parsed in reading.events if not parsed.problem)
    elif _is_json(reading):
        yield reading.body, None


def _constants(text: str | bytes) -> list[str]:
    found: list[str] = []
    json.loads(text, parse_constant=lambda name: found.append(name))
    return found


def _is_stream(reading: Reading) -> bool:
    """Whether a successful answer is an event stream, regardless of its content type."""
    framed = bool(_SSE.match(reading.body))
    return (framed and reading.kind == "json") or (reading.kind == "stream" and (framed or bool(reading.events)))


def _is_json(reading: Reading) -> bool:
    """Whether the body is one JSON document, regardless of its content type."""
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
