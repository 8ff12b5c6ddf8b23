"""Unusual but valid framing of event streams: the SSE algorithm reads all of them alike.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json

from conformance.reference.changes import Change, chain, on_events, on_writes
from conformance.reference.changes.answers import STREAM
from conformance.reference.changes.flows import JSON_DATA, begin, render
from conformance.reference.changes.frames import Frame, comment
from conformance.reference.changes.writes import pieces_of
from conformance.reference.variations.variation import Variation

_STANDARD = "https://html.spec.whatwg.org/multipage/server-sent-events.html"
_PARSING = f"{_STANDARD}#event-stream-interpretation"
_FORMAT = f"{_STANDARD}#parsing-an-event-stream"
_STREAMS = "*/{text/recall,tools/forced,tools/round-trip,unicode/emoji,limits/max}*=true]"


def _written(frame: Frame, *, colon: str = ": ", more: str = "", first: str = "", data_first: bool = False) -> bytes:
    """An event's lines, with other lines before and after them."""
    name = [f"event{colon}{frame.name}\n"] if frame.name else []
    data = [f"data{colon}{line}\n" for line in frame.data.split("\n")]
    lines = [*data, *name] if data_first else [*name, *data]
    return "".join([first, *lines, more, "\n"]).encode("utf-8", "surrogatepass")


def _framed(**style: str | bool) -> Change:
    return on_events(render(lambda frame: _written(frame, **style)))  # type: ignore[arg-type]


def _line_ends(new: bytes) -> Change:
    return on_events(render(lambda frame: frame.raw.replace(b"\n", new)))


def _on_lines(frame: Frame) -> bytes:
    text = json.dumps(frame.json, ensure_ascii=False, indent=1)
    return _written(Frame(b"", frame.name, text))


VARIATIONS = (
    Variation(
        id="sse-comment-first",
        family="all",
        sentence="A stream begins with a long comment, as some servers send to fill buffers.",
        why=f"Lines that begin with a colon are comments ({_PARSING}).",
        apply=on_events(begin(comment(" " * 2048))),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-no-space",
        family="all",
        sentence="There is no space after the colons of a stream.",
        why=f"The space after the colon is optional and not part of the value ({_PARSING}).",
        apply=_framed(colon=":"),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-two-spaces",
        family="all",
        sentence="There are two spaces after the colon before JSON data.",
        why=f"One space is taken away ({_PARSING}), and JSON may begin with another (RFC 8259, section 2).",
        apply=on_events(render(lambda frame: frame.raw.replace(b"data: {", b"data:  {", 1), where=JSON_DATA)),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-trailing-spaces",
        family="all",
        sentence="There are spaces after the JSON of each event.",
        why="JSON may be followed by white space (RFC 8259, section 2).",
        apply=on_events(render(lambda frame: frame.raw[:-2] + b"  \t\n\n", where=JSON_DATA)),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-crlf",
        family="all",
        sentence="Lines of a stream end with CRLF.",
        why=f"Lines may end with CRLF, LF or CR ({_FORMAT}).",
        apply=_line_ends(b"\r\n"),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-cr",
        family="all",
        sentence="Lines of a stream end with CR alone.",
        why=f"Lines may end with CRLF, LF or CR ({_FORMAT}).",
        apply=_line_ends(b"\r"),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-mixed-line-ends",
        family="all",
        sentence="Lines of events end with LF, the blank lines between them with CRLF.",
        why=f"Each line may end with CRLF, LF or CR, whatever the others do ({_FORMAT}).",
        apply=on_events(render(lambda frame: frame.raw[:-1] + b"\r\n")),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-crlf-cut-in-two",
        family="all",
        sentence="Lines end with CRLF, and each byte is written separately, so reads end between CR and LF.",
        why=f"A stream is read as one text, however the network cuts it ({_FORMAT}).",
        apply=chain(_line_ends(b"\r\n"), on_writes(pieces_of(1), of=STREAM)),
        cases="*/{text/recall,tools/forced,unicode/emoji}*=true]",
    ),
    Variation(
        id="sse-comment-inside",
        family="all",
        sentence="There is a comment inside each event, before its blank line.",
        why=f"A comment may stand between any two lines ({_FORMAT}).",
        apply=_framed(more=": still here\n"),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-id",
        family="all",
        sentence="Events have an id.",
        why=f"`id` is a field of the format; it sets the last event id and nothing else ({_PARSING}).",
        apply=_framed(first="id: 7f3a\n"),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-retry",
        family="all",
        sentence="Events have a `retry:` field.",
        why=f"`retry` is a field of the format; it sets the reconnection time and nothing else ({_PARSING}).",
        apply=_framed(more="retry: 15000\n"),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-data-first",
        family="all",
        sentence="The data of an event comes before its name.",
        why=f"An event is dispatched at its blank line, whatever the order of its fields ({_PARSING}).",
        apply=_framed(data_first=True),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-several-data-lines",
        family="all",
        sentence="The JSON of an event is spread over several data lines.",
        why=f"Data lines are joined with LF ({_PARSING}), which is white space in JSON (RFC 8259, section 2).",
        apply=on_events(render(_on_lines, where=JSON_DATA)),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-bare-data-line",
        family="all",
        sentence="An event has one more data line, a field name without a colon.",
        why=f"A line without a colon is a field with an empty value ({_PARSING}); JSON may be followed by LF.",
        apply=on_events(render(lambda frame: frame.raw[:-1] + b"data\n\n", where=JSON_DATA)),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-name-twice",
        family="all",
        sentence="An event has two names; the first one is wrong.",
        why=f"The last `event` line of an event is the one that counts ({_PARSING}).",
        apply=on_events(render(lambda frame: b"event: other\n" * bool(frame.name) + frame.raw)),
        cases="messages/text/*=true] messages/tools/forced*=true] responses/text/*=true] responses/tools/forced*=true]",
    ),
    Variation(
        id="sse-unknown-field",
        family="all",
        sentence="Events have a field that SSE does not define.",
        why=f"Fields with other names are ignored ({_PARSING}).",
        apply=_framed(first="trace: 4711\n"),
        remarks=("sse.framing.unknown-field",),
        cases=_STREAMS,
    ),
    Variation(
        id="sse-event-named-message",
        family="chat_completions",
        sentence="The chunks of a chat are named `message`.",
        why=f"`message` is the name that an event without one has anyway ({_PARSING}); openai-python passes over it.",
        apply=on_events(render(lambda frame: b"event: message\n" + frame.raw)),
        remarks=("sse.event.named-chat",),
    ),
    Variation(
        id="sse-event-unnamed-responses",
        family="responses",
        sentence="The events of a response have no `event:` line.",
        why="openai-python and openai-node read the type from the data (openai/_streaming.py).",
        apply=on_events(render(lambda frame: f"data: {frame.data}\n\n".encode())),
        remarks=("sse.event.unnamed-responses",),
    ),
)
