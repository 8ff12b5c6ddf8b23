"""Reads an exchange: the request's JSON, the kind of the answer, its JSON, events, errors and final object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Reversible, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

from conformance.core import bounded_json
from conformance.core.model import JSON, Answer, Event, Exchange
from conformance.core.sequences import MappedSequence
from conformance.protocol import answers, error_envelope, sse
from conformance.protocol.error_envelope import ErrorObject
from conformance.protocol.family import Family, load_family
from conformance.protocol.stream_grammar import Parsed

Kind = Literal["json", "stream", "error", "other", "none"]

SWITCHED = 101
"""The status after which a connection is a WebSocket."""

MAX_KEPT = 1024 * 1024
"""Bytes. The events of a longer stream are not stored but read again at each access."""


@dataclass(frozen=True)
class Reading:
    """A parsed exchange, the input of all checks. Every property is computed at first access and then cached."""

    exchange: Exchange

    @cached_property
    def family(self) -> Family:
        """The family whose rules apply to the answer."""
        return load_family(self.exchange.family)

    @cached_property
    def body(self) -> bytes:
        """The whole body as bytes."""
        return b"".join(chunk.data for chunk in self.exchange.chunks)

    @cached_property
    def is_ascii(self) -> bool:
        """Whether the body has only ASCII characters, and no escape sequences for others."""
        return self.body.isascii() and b"\\u" not in self.body and b"\\U" not in self.body

    @cached_property
    def sent(self) -> JSON:
        """The body of the request as JSON; None if it is not JSON."""
        return parse(self.exchange.request.body)[0]

    @cached_property
    def asked_stream(self) -> bool:
        """Whether the request asks for a stream. The body's `stream` decides, not the Accept header."""
        return isinstance(self.sent, dict) and self.sent.get("stream") is True

    @cached_property
    def content_type(self) -> str:
        """The media type of the answer in lower case, without parameters; "" without a content type."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @cached_property
    def resumed_after(self) -> int | None:
        """The number of the event after which a GET request resumes a stream; None for other requests."""
        query = dict(parse_qsl(urlsplit(self.exchange.request.url).query))
        after = query.get("starting_after", "")
        resumes = self.exchange.request.method == "GET" and query.get("stream") == "true" and after.isdecimal()
        return int(after) if resumes else None

    def header(self, name: str) -> str | None:
        """Return the first value of a response header, or None. `name` is case-insensitive."""
        return self._headers.get(name.lower())

    @cached_property
    def _headers(self) -> Mapping[str, str]:
        """The first value of each response header, by its name in lower case."""
        return {name.lower(): value for name, value in reversed(self.exchange.headers)}

    @cached_property
    def kind(self) -> Kind:
        """The kind of the answer: "json", "stream" (2xx), "error" (4xx, 5xx), "other" (1xx, 3xx) or "none".

        The messages of a WebSocket are a stream.
        """
        status = self.exchange.status
        if status is None:
            return "none"
        if status >= 400:
            return "error"
        if self.is_web_socket:
            return "stream"
        if not 200 <= status < 300:
            return "other"
        return "stream" if self._is_stream() else "json"

    @property
    def is_web_socket(self) -> bool:
        """Whether the answer came as messages of a WebSocket, which the client records as an event stream."""
        return self.exchange.status == SWITCHED and bool(self.exchange.chunks)

    def _is_stream(self) -> bool:
        if self.content_type == "text/event-stream":
            return True
        start = self.body.lstrip(sse.BOM)[:16].lstrip()
        return self.content_type != "application/json" and start.startswith((b"data:", b"event:", b":"))

    @cached_property
    def parsed(self) -> tuple[JSON, str]:
        """The body as (JSON, ""), or (None, why it is not JSON)."""
        return parse(self.body)

    @cached_property
    def json(self) -> JSON:
        """The body as JSON; None if it is not JSON."""
        return self.parsed[0]

    @cached_property
    def text(self) -> str:
        """The body as text; JSON without escape sequences, so that words can be found in it."""
        value, problem = self.parsed
        return self.body.decode("utf-8", "replace") if problem else json.dumps(value, ensure_ascii=False)

    @cached_property
    def stream(self) -> sse.Stream:
        """The body, parsed as an event stream. The events of a long one are made again at each access."""
        found = sse.read(self.exchange.chunks, self.body)
        return found if len(self.body) > MAX_KEPT else replace(found, events=tuple(found.events))

    @cached_property
    def events(self) -> Sequence[Parsed]:
        """The events of a stream, each with its data as JSON.

        Those of a long stream are parsed again at each access, to save memory.
        """
        events = MappedSequence(_parse_event, self.stream.events)
        return events if len(self.body) > MAX_KEPT else tuple(events)

    @cached_property
    def documents(self) -> Reversible[JSON]:
        """The JSON objects in the events of a stream, in order; events with other data are left out."""
        return _Objects(self.events)

    @cached_property
    def errors(self) -> Sequence[ErrorObject]:
        """Every error in the answer, in order: in its body, or in the events of a stream."""
        if self.kind == "error":
            return () if self.parsed[1] else (error_envelope.of_body(self.json),)
        found: Iterable[ErrorObject | None] = ()
        if self.kind == "json":
            found = (error_envelope.of_answer(self.json),)
        elif self.kind == "stream":
            found = (error_envelope.of_event(parsed.json, parsed.event.number) for parsed in self.events)
        return tuple(error for error in found if error is not None)

    @cached_property
    def final(self) -> JSON:
        """The final object: the body, or the object assembled from a stream's events; None for other answers."""
        if self.kind == "json":
            return self.json
        if self.kind == "stream":
            return answers.assemble(self.family.name, self.documents)
        return None

    @cached_property
    def answer(self) -> Answer | None:
        """The content of the answer, in the same shape for every family; None if there is no final object."""
        return answers.answer(self.family.name, self.final) if isinstance(self.final, dict) else None


def parse(body: bytes | str) -> tuple[JSON, str]:
    """Return (value, ""), or (None, why it is not JSON). Never raises, whatever the text is."""
    if isinstance(body, str) and len(body) <= _SHORT and (problem := _problem_of_short(body)):
        return None, problem
    try:
        return bounded_json.loads(body), ""
    except UnicodeDecodeError as error:
        return None, f"not UTF-8 at byte {error.start}"
    except ValueError as error:
        return None, str(error)


_SHORT = 64
"""The most characters of a text whose problem is remembered: a stream may repeat it 100,000 times."""


@lru_cache(maxsize=1024)
def _problem_of_short(text: str) -> str:
    """Return why a text is not JSON, or ""."""
    try:
        json.loads(text)
    except ValueError as error:
        return str(error)
    return ""


def _parse_event(event: Event) -> Parsed:
    value, problem = parse(event.data)
    return Parsed(event, value, problem)


class _Objects(Reversible[JSON]):
    """The JSON objects among the data of events, iterable in both directions."""

    def __init__(self, events: Sequence[Parsed]) -> None:
        self._events = events

    def __iter__(self) -> Iterator[JSON]:
        return _objects(self._events)

    def __reversed__(self) -> Iterator[JSON]:
        return _objects(reversed(self._events))


def _objects(events: Iterable[Parsed]) -> Iterator[JSON]:
    return (parsed.json for parsed in events if isinstance(parsed.json, dict))
