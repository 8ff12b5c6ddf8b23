"""Unusual ways to write an event stream, all of them read alike by the algorithm of the standard."""

from __future__ import annotations

import json

from conformance.reference.changes import Change, chain, on_events, on_writes
from conformance.reference.changes.answers import STREAM
from conformance.reference.changes.flows import EVERY, JSON_DATA, begin, end, follow, precede, render
from conformance.reference.changes.frames import Frame, comment
from conformance.reference.changes.writes import blocks_of, in_one, pieces_of
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
        "sse-no-space",
        "all",
        "No space follows the colons of a stream.",
        f"The space after the colon is optional and no part of the value ({_PARSING}).",
        _framed(colon=":"),
        cases=_STREAMS,
    ),
    Variation(
        "sse-two-spaces",
        "all",
        "Two spaces follow the colon before JSON data.",
        f"One space is taken away ({_PARSING}), and JSON may begin with another (RFC 8259, section 2).",
        on_events(render(lambda frame: frame.raw.replace(b"data: {", b"data:  {", 1), where=JSON_DATA)),
        cases=_STREAMS,
    ),
    Variation(
        "sse-trailing-spaces",
        "all",
        "Spaces follow the JSON of each event.",
        "JSON may be followed by white space (RFC 8259, section 2).",
        on_events(render(lambda frame: frame.raw[:-2] + b"  \t\n\n", where=JSON_DATA)),
        cases=_STREAMS,
    ),
    Variation(
        "sse-crlf",
        "all",
        "Lines of a stream end with CRLF.",
        f"Lines may end with CRLF, LF or CR ({_FORMAT}).",
        _line_ends(b"\r\n"),
        cases=_STREAMS,
    ),
    Variation(
        "sse-cr",
        "all",
        "Lines of a stream end with CR alone.",
        f"Lines may end with CRLF, LF or CR ({_FORMAT}).",
        _line_ends(b"\r"),
        cases=_STREAMS,
    ),
    Variation(
        "sse-mixed-line-ends",
        "all",
        "Lines of events end with LF, the blank lines between them with CRLF.",
        f"Each line may end with CRLF, LF or CR, whatever the others do ({_FORMAT}).",
        on_events(render(lambda frame: frame.raw[:-1] + b"\r\n")),
        cases=_STREAMS,
    ),
    Variation(
        "sse-crlf-cut-in-two",
        "all",
        "Lines end with CRLF, and each byte is written on its own, so that reads end between CR and LF.",
        f"A stream is read as one text, however the network cuts it ({_FORMAT}).",
        chain(_line_ends(b"\r\n"), on_writes(pieces_of(1), of=STREAM)),
        cases="*/{text/recall,tools/forced,unicode/emoji}*=true]",
    ),
    Variation(
        "sse-byte-by-byte",
        "all",
        "Each byte of a stream is written on its own, so that reads end inside characters and line ends.",
        f"A stream is decoded as one text, however the network cuts it ({_FORMAT}).",
        on_writes(pieces_of(1), of=STREAM),
        cases="*/{text/recall,tools/forced,unicode/emoji}*=true]",
    ),
    Variation(
        "sse-blocks-of-37",
        "all",
        "A stream is written in blocks of 37 bytes, across the borders of events.",
        f"A stream is read as one text, however the network cuts it ({_FORMAT}).",
        on_writes(blocks_of(37), of=STREAM),
        cases="*/{text/recall,tools/round-trip,unicode/,reasoning/}*=true]",
    ),
    Variation(
        "sse-in-one-write",
        "all",
        "A short stream is written all at once.",
        f"A stream may have any length and pace ({_FORMAT}); a short one fits into one packet.",
        on_writes(in_one, of=STREAM),
        cases=_STREAMS,
    ),
    Variation(
        "sse-comment-first",
        "all",
        "A stream begins with a long comment, as some servers send to fill buffers on the way.",
        f"Lines that begin with a colon are comments ({_PARSING}).",
        on_events(begin(comment(" " * 2048))),
        cases=_STREAMS,
    ),
    Variation(
        "sse-comments-between",
        "all",
        "A comment stands before every event, to keep the connection alive.",
        f"The standard recommends comments against proxies that time out ({_STANDARD}#authoring-notes).",
        on_events(precede(EVERY, comment("keep-alive"))),
        cases=_STREAMS,
    ),
    Variation(
        "sse-comment-inside",
        "all",
        "A comment stands inside each event, before its blank line.",
        f"A comment may stand between any two lines ({_FORMAT}).",
        _framed(more=": still here\n"),
        cases=_STREAMS,
    ),
    Variation(
        "sse-comment-bare",
        "all",
        "A colon alone stands between events.",
        f"A comment may be empty ({_FORMAT}).",
        on_events(precede(EVERY, Frame(b":\n"))),
        cases=_STREAMS,
    ),
    Variation(
        "sse-comment-last",
        "all",
        "A comment follows the last event.",
        f"A comment may stand anywhere and says nothing ({_PARSING}).",
        on_events(end(comment("end"))),
        cases=_STREAMS,
    ),
    Variation(
        "sse-blank-lines",
        "all",
        "Two blank lines stand between events.",
        f"A blank line after another dispatches nothing ({_PARSING}).",
        on_events(follow(EVERY, Frame(b"\n"))),
        cases=_STREAMS,
    ),
    Variation(
        "sse-blank-line-first",
        "all",
        "A stream begins with a blank line.",
        f"A blank line dispatches nothing where no data came before it ({_PARSING}).",
        on_events(begin(Frame(b"\n"))),
        cases=_STREAMS,
    ),
    Variation(
        "sse-id",
        "all",
        "Events have an id.",
        f"`id` is a field of the format; it sets the last event id and nothing else ({_PARSING}).",
        _framed(first="id: 7f3a\n"),
        cases=_STREAMS,
    ),
    Variation(
        "sse-retry",
        "all",
        "Events name a time to wait before a new connection.",
        f"`retry` is a field of the format; it sets the reconnection time and nothing else ({_PARSING}).",
        _framed(more="retry: 15000\n"),
        cases=_STREAMS,
    ),
    Variation(
        "sse-data-first",
        "all",
        "The data of an event stands before its name.",
        f"An event is dispatched at its blank line, whatever the order of its fields ({_PARSING}).",
        _framed(data_first=True),
        cases=_STREAMS,
    ),
    Variation(
        "sse-several-data-lines",
        "all",
        "The JSON of an event is spread over several data lines.",
        f"Data lines of one event are joined with LF ({_PARSING}), which is white space in JSON (RFC 8259, section 2).",
        on_events(render(_on_lines, where=JSON_DATA)),
        cases=_STREAMS,
    ),
    Variation(
        "sse-bare-data-line",
        "all",
        "An event has one more data line, a field name without a colon.",
        f"A line without a colon is a field with an empty value ({_PARSING}); JSON may be followed by LF.",
        on_events(render(lambda frame: frame.raw[:-1] + b"data\n\n", where=JSON_DATA)),
        cases=_STREAMS,
    ),
    Variation(
        "sse-name-twice",
        "all",
        "The name of an event stands twice; the first one is another.",
        f"The last `event` line of an event is the one that counts ({_PARSING}).",
        on_events(render(lambda frame: b"event: other\n" * bool(frame.name) + frame.raw)),
        cases="messages/text/*=true] messages/tools/forced*=true] responses/text/*=true] responses/tools/forced*=true]",
    ),
    Variation(
        "sse-unknown-field",
        "all",
        "Events have a field that the format does not know.",
        f"Fields with other names are ignored ({_PARSING}).",
        _framed(first="trace: 4711\n"),
        remarks=("sse.framing.unknown-field",),
        cases=_STREAMS,
    ),
    Variation(
        "sse-event-named-message",
        "chat_completions",
        "The chunks of a chat are named `message`.",
        f"`message` is the name that an event without one has anyway ({_PARSING}); openai-python passes over it.",
        on_events(render(lambda frame: b"event: message\n" + frame.raw)),
        remarks=("sse.event.named-chat",),
    ),
    Variation(
        "sse-event-unnamed-responses",
        "responses",
        "The events of a response have no `event:` line.",
        "openai-python and openai-node read the type from the data (openai/_streaming.py).",
        on_events(render(lambda frame: f"data: {frame.data}\n\n".encode())),
        remarks=("sse.event.unnamed-responses",),
    ),
)
