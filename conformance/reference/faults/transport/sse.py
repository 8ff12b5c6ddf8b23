"""Faults of event streams: framing, event names and data.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json

from conformance.reference.changes import on_events, on_stream_body
from conformance.reference.changes.flows import DONE, EVERY, JSON_DATA, each, end, of, render
from conformance.reference.changes.frames import Frame, event
from conformance.reference.faults.fault import Fault

CHAT = "chat_completions/text/system-and-user[stream=true]"
RESPONSES = "responses/text/input-text[stream=true]"
MESSAGES = "messages/text/system-and-user[stream=true]"


def _quoted(frame: Frame) -> list[Frame]:
    """The event whose data is a JSON string that holds the JSON."""
    return [event(json.dumps(frame.data), frame.name)]


FAULTS = (
    Fault(
        id="sse-empty-stream",
        family="chat_completions",
        sentence="A stream ends before its first event.",
        rules=("sse.stream.no-event", "case.answer-text"),
        cases=CHAT,
        apply=on_stream_body(lambda _body: b""),
    ),
    Fault(
        id="sse-only-comments",
        family="messages",
        sentence="A stream contains only keep-alive comments.",
        rules=("sse.stream.no-event", "case.answer-text"),
        cases=MESSAGES,
        apply=on_stream_body(lambda _body: b": keepalive\n\n: keepalive\n\n"),
    ),
    Fault(
        id="sse-byte-order-mark",
        family="chat_completions",
        sentence="A stream begins with a byte order mark.",
        rules=("sse.framing.bom",),
        cases=CHAT,
        apply=on_stream_body(lambda body: b"\xef\xbb\xbf" + body),
    ),
    Fault(
        id="sse-latin-1",
        family="responses",
        sentence="A member of events is encoded as Latin-1.",
        rules=("sse.framing.utf8",),
        cases=RESPONSES,
        apply=on_events(render(lambda frame: frame.raw.replace(b'{"', b'{"note":"caf\xe9","', 1))),
    ),
    Fault(
        id="sse-last-blank-line-missing",
        family="responses",
        sentence="The last event of a stream is not ended by a blank line.",
        rules=("sse.framing.unfinished", "case.answer-stop", "case.value", "responses.stream.terminal"),
        cases=RESPONSES,
        apply=on_stream_body(lambda body: body.rstrip(b"\n") + b"\n"),
    ),
    Fault(
        id="sse-one-line-end-for-two",
        family="chat_completions",
        sentence="Events are separated by one line end instead of two.",
        rules=("sse.framing.unfinished", "case.answer-text", "sse.stream.no-event"),
        cases=CHAT,
        apply=on_stream_body(lambda body: body.replace(b"\n\n", b"\n")),
    ),
    Fault(
        id="sse-json-over-bare-lines",
        family="chat_completions",
        sentence="JSON is written on several lines, and only the first has `data:`.",
        rules=("sse.framing.stray-line", "case.answer-text", "chat.stream.empty", "sse.data.json"),
        cases=CHAT,
        apply=on_events(render(lambda frame: frame.raw.replace(b',"', b',\n"'), JSON_DATA)),
    ),
    Fault(
        id="sse-bare-error",
        family="chat_completions",
        sentence="A failure is written into the stream as a bare JSON object, without an end marker.",
        rules=("sse.framing.stray-line", "chat.stream.done-missing"),
        cases=CHAT,
        apply=on_events(each(DONE, lambda _frame: [Frame(b'{"error":{"message":"The provider failed."}}\n\n')])),
        url="https://github.com/Atomic-Germ/OpenFlowLM-Next/issues/64",
    ),
    Fault(
        id="sse-framed-unknown-field",
        family="messages",
        sentence="Events have a field that SSE does not define.",
        rules=("sse.framing.unknown-field",),
        cases=MESSAGES,
        apply=on_events(render(lambda frame: b"time: 12\n" + frame.raw)),
    ),
    Fault(
        id="sse-comment-after-id",
        family="chat_completions",
        sentence="Events have ids, and keep-alive comments are blocks of their own between them.",
        rules=("sse.framing.blank-after-id", "sse.framing.id"),
        cases=CHAT,
        apply=on_events(render(lambda frame: b"id: 7\n" + frame.raw + b": keepalive\n\n", JSON_DATA)),
    ),
    Fault(
        id="sse-data-on-several-lines",
        family="responses",
        sentence="The JSON of an event is on several data lines.",
        rules=("sse.framing.data-lines",),
        cases=RESPONSES,
        apply=on_events(render(lambda frame: frame.raw.replace(b',"', b',\ndata: "'))),
    ),
    Fault(
        id="sse-framed-no-space",
        family="chat_completions",
        sentence="There is no space after the colon of a field.",
        rules=("sse.framing.space",),
        cases=CHAT,
        apply=on_events(render(lambda frame: frame.raw.replace(b"data: ", b"data:", 1))),
    ),
    Fault(
        id="sse-framed-crlf",
        family="messages",
        sentence="Lines end with CRLF.",
        rules=("sse.framing.crlf",),
        cases=MESSAGES,
        apply=on_events(render(lambda frame: frame.raw.replace(b"\n", b"\r\n"))),
    ),
    Fault(
        id="sse-framed-cr",
        family="responses",
        sentence="Lines end with CR alone.",
        rules=("sse.framing.cr",),
        cases=RESPONSES,
        apply=on_events(render(lambda frame: frame.raw.replace(b"\n", b"\r"))),
    ),
    Fault(
        id="sse-two-line-ends",
        family="chat_completions",
        sentence="Some events have other line ends than the rest.",
        rules=("sse.framing.mixed-line-ends", "sse.framing.crlf"),
        cases=CHAT,
        apply=on_events(render(lambda frame: frame.raw.replace(b"\n", b"\r\n"), DONE)),
    ),
    Fault(
        id="sse-framed-id",
        family="responses",
        sentence="Events have an `id:`.",
        rules=("sse.framing.id",),
        cases=RESPONSES,
        apply=on_events(render(lambda frame: b"id: 7\n" + frame.raw)),
    ),
    Fault(
        id="sse-id-with-nul",
        family="messages",
        sentence="The `id:` of an event contains NUL.",
        rules=("sse.framing.id-nul",),
        cases=MESSAGES,
        apply=on_events(render(lambda frame: b"id: 7\x00\n" + frame.raw)),
    ),
    Fault(
        id="sse-framed-retry",
        family="messages",
        sentence="A stream has a `retry:` field.",
        rules=("sse.framing.retry",),
        cases=MESSAGES,
        apply=on_events(render(lambda frame: b"retry: 3000\n" + frame.raw)),
    ),
    Fault(
        id="sse-retry-with-unit",
        family="chat_completions",
        sentence="A `retry:` has a unit.",
        rules=("sse.framing.retry-digits",),
        cases=CHAT,
        apply=on_events(render(lambda frame: b"retry: 3s\n" + frame.raw)),
    ),
    Fault(
        id="sse-data-named-twice",
        family="chat_completions",
        sentence="The data of every event begins with a second `data:`.",
        rules=("sse.data.json", "case.answer-text", "chat.stream.empty"),
        cases=CHAT,
        apply=on_events(each(EVERY, lambda frame: [event(f"data: {frame.data}")])),
    ),
    Fault(
        id="sse-data-of-python",
        family="messages",
        sentence="Data is written as a Python dictionary.",
        rules=("sse.data.json", "messages.stream.unfinished"),
        cases=MESSAGES,
        apply=on_events(each(of("ping", "message_stop"), lambda frame: [event(repr(frame.json), frame.name)])),
    ),
    Fault(
        id="sse-data-cut",
        family="responses",
        sentence="The data of an event is cut.",
        rules=("sse.data.json", "responses.delta.text", "responses.stream.sequence"),
        cases=RESPONSES,
        apply=on_events(each(of("response.output_text.delta"), lambda frame: [event(frame.data[:-9], frame.name)], 1)),
    ),
    Fault(
        id="sse-two-chunks-in-one-event",
        family="chat_completions",
        sentence="One event has the data of two chunks.",
        rules=("sse.data.one-document", "case.answer-text"),
        cases=CHAT,
        apply=on_events(each(JSON_DATA, lambda frame: [event(frame.data + frame.data)], 2)),
    ),
    Fault(
        id="sse-data-a-list",
        family="chat_completions",
        sentence="Chunks are wrapped in a list.",
        rules=("sse.data.object", "case.answer-text", "chat.stream.empty"),
        cases=CHAT,
        apply=on_events(each(JSON_DATA, lambda frame: [event([frame.json])])),
    ),
    Fault(
        id="sse-data-in-quotes",
        family="responses",
        sentence="The data of events is a JSON string that contains the JSON.",
        rules=("sse.data.object", "case.answer-text", "case.value", "responses.stream.terminal"),
        cases=RESPONSES,
        apply=on_events(each(EVERY, _quoted)),
    ),
    Fault(
        id="sse-done-with-space",
        family="chat_completions",
        sentence="A space follows the end marker.",
        rules=("sse.data.done",),
        cases=CHAT,
        apply=on_events(each(DONE, lambda _frame: [event("[DONE] ")])),
    ),
    Fault(
        id="sse-done-named-on-messages",
        family="messages",
        sentence="A stream of Messages ends with a named event whose data is `[DONE]`.",
        rules=("sse.event.done-named",),
        cases=MESSAGES,
        apply=on_events(end(event("[DONE]", "message_stop"))),
    ),
    Fault(
        id="sse-cut-in-an-event",
        family="messages",
        sentence="The body ends normally in the middle of an event.",
        rules=("sse.framing.unfinished", "messages.stream.unfinished"),
        cases=MESSAGES,
        apply=on_stream_body(lambda body: body[:-12]),
    ),
)
