"""Framing of event streams: the parser's quirks, and the names and data of events.

Sources: https://html.spec.whatwg.org/multipage/server-sent-events.html (the format), and the decoders of the
official SDKs, `openai/_streaming.py` and `anthropic/_streaming.py` (what clients make of it).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.core.model import JSON, Breach, Event, Quirk
from conformance.judge.checks import breach, check
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show
from conformance.protocol.stream_grammar import Parsed

DONE = "[DONE]"
_FIELDS = ("data", "event", "id", "retry")
_TYPED = ("messages", "responses")

_PARTS_OF_MESSAGE = (
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
)
"""The events of Messages whose data the SDKs parse without a look at it."""

_FRAMING: Mapping[str, tuple[str, str, str]] = {
    "bom": ("sse.framing.bom", "no byte order mark", "a byte order mark"),
    "invalid-utf8": ("sse.framing.utf8", "valid UTF-8", "bytes that are not UTF-8"),
    "unfinished": ("sse.framing.unfinished", "a blank line after the last event", "no blank line"),
    "cr": ("sse.framing.cr", "lines that end with LF", "CR"),
    "crlf": ("sse.framing.crlf", "lines that end with LF", "CRLF"),
    "no-space": ("sse.framing.space", "one space after the colon of a field", "no space"),
    "several-data-lines": ("sse.framing.data-lines", "one data line per event", "several lines"),
    "id": ("sse.framing.id", "no id field, because the official streams cannot be resumed", "an id field"),
    "id-nul": ("sse.framing.id-nul", "an id without NUL", "an id with NUL"),
    "retry": ("sse.framing.retry", "no retry field, because the official streams cannot be resumed", "a retry field"),
    "retry-not-digits": ("sse.framing.retry-digits", "a retry field with digits only", "a value with other characters"),
}
"""Kind of a quirk -> (rule, expected, got if the quirk has no detail), for all families."""


@check(*(rule for rule, *_ in _FRAMING.values()), on="stream", needs=("bytes",))
def framing(reading: Reading) -> Iterator[Breach]:
    """There are no quirks of the kinds that break a rule in every family."""
    for quirk in reading.stream.quirks:
        if quirk.kind in _FRAMING:
            rule, expected, got = _FRAMING[quirk.kind]
            yield _at(quirk, rule, expected, quirk.detail or got)


@check("sse.framing.stray-line", "sse.framing.unknown-field", on="stream", needs=("bytes",))
def lines(reading: Reading) -> Iterator[Breach]:
    """Every line is a field of the format. Other lines are lost data, or harmless lines between events."""
    for quirk in reading.stream.quirks:
        if quirk.kind == "unknown-field":
            harmless = reading.events and _harmless(quirk.detail)
            rule = "sse.framing.unknown-field" if harmless else "sse.framing.stray-line"
            yield _at(quirk, rule, f"a line that starts with {', '.join(_FIELDS)} or a colon", show(quirk.detail))


@check(
    "sse.event.without-data",
    "sse.event.without-data-messages",
    "sse.event.without-data-named",
    on="stream",
    needs=("bytes",),
)
def empty_events(reading: Reading) -> Iterator[Breach]:
    """Every event has data. The OpenAI SDKs dispatch events without data, unlike browsers."""
    anthropic = reading.family.envelope == "anthropic"
    for quirk in reading.stream.quirks:
        if quirk.kind == "no-data":
            kind = "-named" if quirk.detail in _PARTS_OF_MESSAGE else "-messages"
            rule = "sse.event.without-data" + (kind if anthropic else "")
            yield _at(quirk, rule, "data in every event", f"an event {quirk.detail!r} without data")


@check("sse.framing.blank-after-id", on="stream", needs=("bytes",))
def blank_lines(reading: Reading) -> Iterator[Breach]:
    """No additional blank line follows an `id:`; the OpenAI decoders take it for the end of an event."""
    for quirk in reading.stream.quirks:
        if quirk.kind == "blank-after-id" and reading.family.envelope == "openai":
            yield _at(
                quirk, "sse.framing.blank-after-id", "blank lines only after events", "a blank line that ends no event"
            )


@check("sse.framing.mixed-line-ends", on="stream", needs=("bytes",))
def line_ends(reading: Reading) -> Iterator[Breach]:
    """A stream has one kind of line end. Two kinds show that two programs write it."""
    kinds = [name for name, there in _line_ends(reading.body).items() if there]
    if len(kinds) > 1:
        yield breach("sse.framing.mixed-line-ends", "one kind of line ending", " and ".join(kinds))


@check("sse.stream.no-event", on="stream")
def something(reading: Reading) -> Iterator[Breach]:
    """A stream has events."""
    if not reading.events:
        start = reading.body[:80].decode("utf-8", "replace")
        yield breach("sse.stream.no-event", "at least one event", f"{len(reading.body)} bytes: {show(start)}", offset=0)


@check("sse.data.json", "sse.data.one-document", "sse.data.object", "sse.data.done", on="stream")
def payloads(reading: Reading) -> Iterator[Breach]:
    """The data of each event is one JSON object, except for the end marker."""
    for parsed in reading.events:
        if parsed.problem:
            yield from _no_json(parsed)
        elif not isinstance(parsed.json, dict):
            yield _in(parsed.event, "sse.data.object", "a JSON object", show(parsed.json))


@check("sse.event.name", families=_TYPED, on="stream")
def names(reading: Reading) -> Iterator[Breach]:
    """The name of an event is the `type` in its data."""
    for parsed in reading.events:
        kind = _type(parsed.json)
        if kind is not None and parsed.event.named and parsed.event.name != kind:
            yield _in(parsed.event, "sse.event.name", f"event: {kind}", f"event: {parsed.event.name}")


@check("sse.event.unnamed-messages", families=("messages",), on="stream", needs=("bytes",))
def unnamed_messages(reading: Reading) -> Iterator[Breach]:
    """Events of Messages have an `event:` line; the SDKs ignore others."""
    for event in reading.stream.events:
        if not event.named and event.data.strip() != DONE:
            expected = f"event: {_type(parse(event.data)[0]) or 'the type of the event'}"
            yield _in(event, "sse.event.unnamed-messages", expected, "no event: line")


@check("sse.event.unnamed-responses", families=("responses",), on="stream", needs=("bytes",))
def unnamed_responses(reading: Reading) -> Iterator[Breach]:
    """Events of Responses have an `event:` line."""
    for event in reading.stream.events:
        kind = None if event.named else _type(parse(event.data)[0])
        if kind is not None:
            yield _in(event, "sse.event.unnamed-responses", f"event: {kind}", "no event: line")


@check("sse.event.named-chat", families=("chat_completions",), on="stream", needs=("bytes",))
def named_chat(reading: Reading) -> Iterator[Breach]:
    """Chunks of Chat Completions have no `event:` line; `event: error` for an error is harmless."""
    for event in reading.stream.events:
        if event.named and event.name != "error":
            yield _in(event, "sse.event.named-chat", "no event: line", f"event: {event.name}")


@check("sse.event.done-messages", "sse.event.done-named", families=("messages",), on="stream")
def foreign_end(reading: Reading) -> Iterator[Breach]:
    """A Messages stream has no `[DONE]`, the end marker of OpenAI; it ends with message_stop."""
    for event in reading.stream.events:
        if event.data.strip() == DONE:
            rule = "sse.event.done-named" if event.named else "sse.event.done-messages"
            yield _in(event, rule, "message_stop as the last event", f"data: {DONE}")


def _no_json(parsed: Parsed) -> Iterator[Breach]:
    data = parsed.event.data
    if data.strip() == DONE:
        if data != DONE:
            yield _in(parsed.event, "sse.data.done", f"data: {DONE}", show(data))
    elif not data:
        return  # an event without data has rules of its own
    elif parsed.problem.startswith("Extra data") and data.lstrip()[:1] in ("{", "["):
        yield _in(parsed.event, "sse.data.one-document", "one JSON document", f"{parsed.problem}: {show(data)}")
    else:
        yield _in(parsed.event, "sse.data.json", "JSON", f"{parsed.problem}: {show(data)}")


def _type(document: JSON) -> str | None:
    kind = document.get("type") if isinstance(document, dict) else None
    return kind if isinstance(kind, str) else None


def _harmless(line: str) -> bool:
    """Whether a client that ignores the line, as the format requires, loses no data."""
    name, colon, _ = line.partition(":")
    return bool(colon) and name.replace("-", "_").isidentifier() and name.lower() not in _FIELDS


def _line_ends(body: bytes) -> dict[str, bool]:
    crlf = body.count(b"\r\n")
    return {"CRLF": crlf > 0, "LF": body.count(b"\n") > crlf, "CR": body.count(b"\r") > crlf}


def _at(quirk: Quirk, rule: str, expected: str, got: str) -> Breach:
    return breach(rule, expected, got, event=quirk.event, offset=quirk.offset)


def _in(event: Event, rule: str, expected: str, got: str) -> Breach:
    return breach(rule, expected, got, event=event.number, offset=event.offset)
