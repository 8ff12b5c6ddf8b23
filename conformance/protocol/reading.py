"""An exchange, read once: what was asked, what kind of answer came, its JSON, its events, its final object."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Reversible, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from conformance.core.model import JSON, Answer, Event, Exchange
from conformance.core.sequences import MappedSequence
from conformance.protocol import answers, error_envelope, sse
from conformance.protocol.error_envelope import ErrorObject
from conformance.protocol.family import Family, load_family
from conformance.protocol.stream_grammar import Parsed

Kind = Literal["json", "stream", "error", "other", "none"]


MAX_DEPTH = 200
"""No answer of these APIs nests nearly so deep; what goes through a document part by part has to end."""


MAX_KEPT = 64 * 1024
"""Bytes of a stream whose events are kept as they were read."""


@dataclass(frozen=True)
class Reading:
    """Evidence for the checks. Every part is computed when it is first asked for, and only once."""

    exchange: Exchange

    @cached_property
    def family(self) -> Family:
        """The family whose contract the answer is held to."""
        return load_family(self.exchange.family)

    @cached_property
    def body(self) -> bytes:
        """The whole body as it came."""
        return b"".join(chunk.data for chunk in self.exchange.chunks)

    @cached_property
    def sent(self) -> JSON:
        """The request's body as JSON, or None where it was none."""
        return parse(self.exchange.request.body)[0]

    @cached_property
    def asked_stream(self) -> bool:
        """Whether the request asked for a stream; the body's `stream` decides, never the Accept header."""
        return isinstance(self.sent, dict) and self.sent.get("stream") is True

    @cached_property
    def content_type(self) -> str:
        """The media type of the answer, lower case, without parameters; "" where there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def header(self, name: str) -> str | None:
        """The first value of a response header, or None. Names compare without case."""
        return self._headers.get(name.lower())

    @cached_property
    def _headers(self) -> Mapping[str, str]:
        """The first value of each response header, by its name in lower case."""
        return {name.lower(): value for name, value in reversed(self.exchange.headers)}

    @cached_property
    def kind(self) -> Kind:
        """What came: an answer in JSON, a stream, an error, something else (1xx, 3xx), or nothing."""
        status = self.exchange.status
        if status is None:
            return "none"
        if status >= 400:
            return "error"
        if not 200 <= status < 300:
            return "other"
        return "stream" if self._looks_streamed() else "json"

    def _looks_streamed(self) -> bool:
        if self.content_type == "text/event-stream":
            return True
        start = self.body.lstrip(sse.BOM)[:16].lstrip()
        return self.content_type != "application/json" and start.startswith((b"data:", b"event:", b":"))

    @cached_property
    def parsed(self) -> tuple[JSON, str]:
        """The body as JSON, and why it is none ("" where it is)."""
        return parse(self.body)

    @cached_property
    def json(self) -> JSON:
        """The body as JSON, or None where it is none."""
        return self.parsed[0]

    @cached_property
    def text(self) -> str:
        """The body as it reads: JSON without the escapes that it may be written with."""
        value, problem = self.parsed
        return self.body.decode("utf-8", "replace") if problem else json.dumps(value, ensure_ascii=False)

    @cached_property
    def stream(self) -> sse.Stream:
        """The body read as an event stream."""
        return sse.read(self.exchange.chunks, self.body)

    @cached_property
    def events(self) -> Sequence[Parsed]:
        """The events of a stream, each with its data as JSON.

        A long stream's are read anew each time, for kept they fill the memory.
        """
        events = MappedSequence(_parse_event, self.stream.events)
        return events if len(self.body) > MAX_KEPT else tuple(events)

    @cached_property
    def documents(self) -> Reversible[JSON]:
        """The JSON objects of a stream's events, in order; what is no object is left out."""
        return _Objects(self.events)

    @cached_property
    def told(self) -> Sequence[ErrorObject]:
        """Every error that the answer tells, in order: in its body, or in the events of a stream."""
        if self.kind == "error":
            return () if self.parsed[1] else (error_envelope.of_body(self.json),)
        if self.kind == "json":
            found = [error_envelope.of_answer(self.json)]
        elif self.kind == "stream":
            found = [
                told for parsed in self.events if (told := error_envelope.of_event(parsed.json, parsed.event.number))
            ]
        else:
            found = []
        return tuple(told for told in found if told is not None)

    @cached_property
    def final(self) -> JSON:
        """The answer's object: the body, or what the events of a stream add up to; None where there is none."""
        if self.kind == "json":
            return self.json
        if self.kind == "stream":
            return answers.assemble(self.family.name, self.documents)
        return None

    @cached_property
    def answer(self) -> Answer | None:
        """What the model said, the same shape for every family; None where no answer came."""
        return answers.answer(self.family.name, self.final) if isinstance(self.final, dict) else None


def parse(body: bytes | str) -> tuple[JSON, str]:
    """(value, "") or (None, why it is no JSON). Never raises, however deep or odd the text is."""
    try:
        value = json.loads(body)
    except UnicodeDecodeError as error:
        return None, f"not UTF-8 at byte {error.start}"
    except RecursionError:
        return None, _TOO_DEEP
    except ValueError as error:
        return None, str(error)
    return (None, _TOO_DEEP) if _nests_deep(body, value) else (value, "")


_TOO_DEEP = "nested too deeply to read"


def _nests_deep(body: bytes | str, value: JSON) -> bool:
    opened = body.count(b"[") + body.count(b"{") if isinstance(body, bytes) else body.count("[") + body.count("{")
    if opened <= MAX_DEPTH:
        return False
    level = [value]
    for _ in range(MAX_DEPTH):
        inner = (part.values() if isinstance(part, dict) else part for part in level if isinstance(part, dict | list))
        level = [part for parts in inner for part in parts if isinstance(part, dict | list)]
        if not level:
            return False
    return True


def _parse_event(event: Event) -> Parsed:
    value, problem = parse(event.data)
    return Parsed(event, value, problem)


class _Objects(Reversible[JSON]):
    """The events' data that are JSON objects."""

    def __init__(self, events: Sequence[Parsed]) -> None:
        self._events = events

    def __iter__(self) -> Iterator[JSON]:
        return _objects(self._events)

    def __reversed__(self) -> Iterator[JSON]:
        return _objects(reversed(self._events))


def _objects(events: Iterable[Parsed]) -> Iterator[JSON]:
    return (parsed.json for parsed in events if isinstance(parsed.json, dict))
