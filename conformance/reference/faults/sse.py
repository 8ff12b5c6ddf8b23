"""Faults of event streams: how events are framed, what they are called, and what stands in them."""

from __future__ import annotations

import json

from conformance.reference.changes import STREAM, on_events, on_stream_body, on_writes
from conformance.reference.changes.flows import DONE, EVERY, JSON_DATA, begin, each, end, follow, of, render
from conformance.reference.changes.frames import Frame, event
from conformance.reference.changes.writes import cut_after
from conformance.reference.faults.fault import Fault

CHAT = "chat_completions/text/system-and-user[stream=true]"
RESPONSES = "responses/text/input-text[stream=true]"
MESSAGES = "messages/text/system-and-user[stream=true]"


def _quoted(frame: Frame) -> list[Frame]:
    """The event whose data is a JSON string that holds the JSON."""
    return [event(json.dumps(frame.data), frame.name)]


FRAMING = (
    Fault(
        "sse-empty-stream",
        "chat_completions",
        "A stream ends before its first event.",
        (
            "sse.stream.no-event",
            "case.answer-text",
        ),
        CHAT,
        on_stream_body(lambda _body: b""),
    ),
    Fault(
        "sse-only-comments",
        "messages",
        "A stream holds keep-alive comments and nothing else.",
        (
            "sse.stream.no-event",
            "case.answer-text",
        ),
        MESSAGES,
        on_stream_body(lambda _body: b": keepalive\n\n: keepalive\n\n"),
    ),
    Fault(
        "sse-byte-order-mark",
        "chat_completions",
        "A stream begins with a byte order mark.",
        ("sse.framing.bom",),
        CHAT,
        on_stream_body(lambda body: b"\xef\xbb\xbf" + body),
    ),
    Fault(
        "sse-latin-1",
        "responses",
        "A member of events is written in Latin-1.",
        ("sse.framing.utf8",),
        RESPONSES,
        on_events(render(lambda frame: frame.raw.replace(b'{"', b'{"note":"caf\xe9","', 1))),
    ),
    Fault(
        "sse-last-blank-line-missing",
        "responses",
        "The last event of a stream is not ended by a blank line.",
        (
            "sse.framing.unfinished",
            "case.answer-stop",
            "case.value",
            "responses.stream.terminal",
        ),
        RESPONSES,
        on_stream_body(lambda body: body.rstrip(b"\n") + b"\n"),
    ),
    Fault(
        "sse-one-line-end-for-two",
        "chat_completions",
        "Events are parted by one line end, not by two.",
        (
            "sse.framing.unfinished",
            "case.answer-text",
            "sse.stream.no-event",
        ),
        CHAT,
        on_stream_body(lambda body: body.replace(b"\n\n", b"\n")),
    ),
    Fault(
        "sse-json-over-bare-lines",
        "chat_completions",
        "JSON is written on several lines, of which only the first has `data:`.",
        (
            "sse.framing.stray-line",
            "case.answer-text",
            "chat.stream.empty",
            "sse.data.json",
        ),
        CHAT,
        on_events(render(lambda frame: frame.raw.replace(b',"', b',\n"'), JSON_DATA)),
    ),
    Fault(
        "sse-bare-error",
        "chat_completions",
        "A failure is written into the stream as a bare JSON object, and no end marker follows.",
        (
            "sse.framing.stray-line",
            "chat.stream.done-missing",
        ),
        CHAT,
        on_events(each(DONE, lambda _frame: [Frame(b'{"error":{"message":"The provider failed."}}\n\n')])),
        "https://github.com/Atomic-Germ/OpenFlowLM-Next/issues/64",
    ),
    Fault(
        "sse-framed-unknown-field",
        "messages",
        "Events have a field that the format does not know.",
        ("sse.framing.unknown-field",),
        MESSAGES,
        on_events(render(lambda frame: b"time: 12\n" + frame.raw)),
    ),
    Fault(
        "sse-comment-after-id",
        "chat_completions",
        "Events have ids, and keep-alive comments stand between them as blocks of their own.",
        ("sse.framing.blank-after-id", "sse.framing.id"),
        CHAT,
        on_events(render(lambda frame: b"id: 7\n" + frame.raw + b": keepalive\n\n", JSON_DATA)),
    ),
    Fault(
        "sse-data-on-several-lines",
        "responses",
        "The JSON of an event stands on several data lines.",
        ("sse.framing.data-lines",),
        RESPONSES,
        on_events(render(lambda frame: frame.raw.replace(b',"', b',\ndata: "'))),
    ),
    Fault(
        "sse-framed-no-space",
        "chat_completions",
        "No space follows the colon of a field.",
        ("sse.framing.space",),
        CHAT,
        on_events(render(lambda frame: frame.raw.replace(b"data: ", b"data:", 1))),
    ),
    Fault(
        "sse-framed-crlf",
        "messages",
        "Lines end with CRLF.",
        ("sse.framing.crlf",),
        MESSAGES,
        on_events(render(lambda frame: frame.raw.replace(b"\n", b"\r\n"))),
    ),
    Fault(
        "sse-framed-cr",
        "responses",
        "Lines end with CR alone.",
        ("sse.framing.cr",),
        RESPONSES,
        on_events(render(lambda frame: frame.raw.replace(b"\n", b"\r"))),
    ),
    Fault(
        "sse-two-line-ends",
        "chat_completions",
        "Some events have other line ends than the rest.",
        ("sse.framing.mixed-line-ends", "sse.framing.crlf"),
        CHAT,
        on_events(render(lambda frame: frame.raw.replace(b"\n", b"\r\n"), DONE)),
    ),
    Fault(
        "sse-framed-id",
        "responses",
        "Events have an `id:`.",
        ("sse.framing.id",),
        RESPONSES,
        on_events(render(lambda frame: b"id: 7\n" + frame.raw)),
    ),
    Fault(
        "sse-id-with-nul",
        "messages",
        "The `id:` of an event holds NUL.",
        ("sse.framing.id-nul",),
        MESSAGES,
        on_events(render(lambda frame: b"id: 7\0\n" + frame.raw)),
    ),
    Fault(
        "sse-framed-retry",
        "messages",
        "A stream tells browsers when to ask again.",
        ("sse.framing.retry",),
        MESSAGES,
        on_events(render(lambda frame: b"retry: 3000\n" + frame.raw)),
    ),
    Fault(
        "sse-retry-with-unit",
        "chat_completions",
        "A `retry:` has a unit.",
        ("sse.framing.retry-digits",),
        CHAT,
        on_events(render(lambda frame: b"retry: 3s\n" + frame.raw)),
    ),
)

EVENTS = (
    Fault(
        "sse-keepalive-without-data",
        "responses",
        "Keep-alives are events with a name and no data.",
        ("sse.event.without-data",),
        RESPONSES,
        on_events(follow(of("response.created"), Frame(b"event: keepalive\n\n"))),
        "https://github.com/diegosouzapw/OmniRoute/pull/1146",
    ),
    Fault(
        "sse-keepalive-with-empty-data",
        "chat_completions",
        "Keep-alives are events with empty data.",
        ("sse.event.without-data",),
        CHAT,
        on_events(begin(Frame(b"data:\n\n"))),
    ),
    Fault(
        "sse-ping-without-data",
        "messages",
        "Pings are events without data.",
        ("sse.event.without-data-messages",),
        MESSAGES,
        on_events(follow(of("message_start"), Frame(b"event: ping\n\n"))),
    ),
    Fault(
        "sse-keepalive-as-data",
        "chat_completions",
        "Keep-alive comments are sent as data while the model reasons.",
        ("sse.data.json",),
        "chat_completions/reasoning/effort[effort=low,stream=true]",
        on_events(begin(event(": keepalive"))),
        "https://github.com/anomalyco/opencode/issues/50871",
    ),
    Fault(
        "sse-data-named-twice",
        "chat_completions",
        "The data of every event begins with `data:` once more.",
        (
            "sse.data.json",
            "case.answer-text",
            "chat.stream.empty",
        ),
        CHAT,
        on_events(each(EVERY, lambda frame: [event(f"data: {frame.data}")])),
    ),
    Fault(
        "sse-data-of-python",
        "messages",
        "Data is what Python shows of a dictionary.",
        (
            "sse.data.json",
            "messages.stream.unfinished",
        ),
        MESSAGES,
        on_events(each(of("ping", "message_stop"), lambda frame: [event(repr(frame.json), frame.name)])),
    ),
    Fault(
        "sse-data-cut",
        "responses",
        "The data of an event is cut.",
        (
            "sse.data.json",
            "responses.delta.text",
            "responses.stream.sequence",
        ),
        RESPONSES,
        on_events(each(of("response.output_text.delta"), lambda frame: [event(frame.data[:-9], frame.name)], 1)),
    ),
    Fault(
        "sse-two-chunks-in-one-event",
        "chat_completions",
        "Two chunks come as the data of one event.",
        (
            "sse.data.one-document",
            "case.answer-text",
        ),
        CHAT,
        on_events(each(JSON_DATA, lambda frame: [event(frame.data + frame.data)], 2)),
    ),
    Fault(
        "sse-data-a-list",
        "chat_completions",
        "Chunks come inside of a list.",
        (
            "sse.data.object",
            "case.answer-text",
            "chat.stream.empty",
        ),
        CHAT,
        on_events(each(JSON_DATA, lambda frame: [event([frame.json])])),
    ),
    Fault(
        "sse-data-in-quotes",
        "responses",
        "The JSON of events is made JSON a second time: the data is one string.",
        (
            "sse.data.object",
            "case.answer-text",
            "case.value",
            "responses.stream.terminal",
        ),
        RESPONSES,
        on_events(each(EVERY, _quoted)),
    ),
    Fault(
        "sse-done-with-space",
        "chat_completions",
        "A space follows the end marker.",
        ("sse.data.done",),
        CHAT,
        on_events(each(DONE, lambda _frame: [event("[DONE] ")])),
    ),
    Fault(
        "sse-names-differ",
        "messages",
        "All events have the name `message`, whatever they are.",
        ("sse.event.name",),
        MESSAGES,
        on_events(each(EVERY, lambda frame: [frame.named("message")])),
    ),
    Fault(
        "sse-names-differ-responses",
        "responses",
        "The name of an event is that of the event before it.",
        ("sse.event.name",),
        RESPONSES,
        on_events(each(of("response.completed"), lambda frame: [frame.named("response.output_item.done")])),
    ),
    Fault(
        "sse-responses-unnamed",
        "responses",
        "Events of Responses have no `event:` line.",
        ("sse.event.unnamed-responses",),
        RESPONSES,
        on_events(each(EVERY, lambda frame: [frame.named("")])),
    ),
    Fault(
        "sse-chunks-named",
        "chat_completions",
        "Chunks have the name `message`.",
        ("sse.event.named-chat",),
        CHAT,
        on_events(each(JSON_DATA, lambda frame: [frame.named("message")])),
    ),
    Fault(
        "sse-done-on-messages",
        "messages",
        "A stream of Messages ends with the end marker of Chat Completions.",
        ("sse.event.done-messages",),
        MESSAGES,
        on_events(end(event("[DONE]"))),
    ),
    Fault(
        "sse-done-named-on-messages",
        "messages",
        "A stream of Messages ends with a named event whose data is `[DONE]`.",
        ("sse.event.done-named",),
        MESSAGES,
        on_events(end(event("[DONE]", "message_stop"))),
    ),
    Fault(
        "sse-cut-in-an-event",
        "messages",
        "The body ends, as if it were complete, in the middle of an event.",
        (
            "sse.framing.unfinished",
            "messages.stream.unfinished",
        ),
        MESSAGES,
        on_stream_body(lambda body: body[:-12]),
    ),
    Fault(
        "sse-failure-closes-connection",
        "chat_completions",
        "When the provider fails in the middle the connection is closed: no error, no finish reason.",
        (
            "http.connection.cut",
            "case.answered",
            "chat.stream.done-missing",
            "chat.stream.finish-missing",
            "sse.framing.unfinished",
        ),
        CHAT,
        on_writes(cut_after(1200), of=STREAM),
        "https://github.com/mozilla-ai/any-llm/pull/847",
    ),
)


FAULTS = (*FRAMING, *EVENTS)
