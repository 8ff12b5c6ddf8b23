"""Faults of the order of Messages streams: events lost, doubled, moved, and what follows the end."""

from __future__ import annotations

from conformance.reference.changes import Frame, event, on_events, when
from conformance.reference.changes.flows import Frames, double, end, follow, hold, lose, of, stop_after, together
from conformance.reference.changes.frames import typed
from conformance.reference.faults.fault import Fault

STREAM_TEXT = "messages/text/system-and-user[stream=true]"
STREAM_TOOL = "messages/tools/forced[stream=true]"

_WORD = typed({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "More."}})


def _late_block() -> list[Frame]:
    """A block of text, the second of its message."""
    start = {"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}
    return [typed(start), typed({**_WORD.json, "index": 1}), typed({"type": "content_block_stop", "index": 1})]


async def _closed_twice(passing: Frames) -> Frames:
    """The arguments of each call in one piece, and from there on everything twice."""
    closing: list[Frame] = []
    async for frame in together("/delta/partial_json", "/index")(passing):
        yield frame
        if frame.has("/delta/partial_json") or closing:
            closing.append(frame)
    for frame in closing:
        yield frame


FAULTS = (
    Fault(
        "messages-start-lost",
        "messages",
        "Streams have no message_start.",
        (
            "messages.stream.start-first",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(lose(of("message_start"))),
    ),
    Fault(
        "messages-start-twice",
        "messages",
        "message_start comes twice.",
        ("messages.stream.start-once",),
        STREAM_TEXT,
        on_events(double(of("message_start"))),
    ),
    Fault(
        "messages-start-late",
        "messages",
        "message_start comes after the first block has started.",
        (
            "messages.stream.start-first",
            "messages.stream.start-once",
        ),
        STREAM_TEXT,
        on_events(hold(of("message_start"), of("content_block_start"))),
    ),
    Fault(
        "messages-starts-lost",
        "messages",
        "Streams begin with the first delta, without message_start and content_block_start.",
        (
            "messages.stream.start-first",
            "messages.stream.block-not-open",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(lose(of("message_start", "content_block_start"))),
        "https://github.com/Calcium-Ion/new-api-horizon/issues/6",
    ),
    Fault(
        "messages-first-words-lost",
        "messages",
        "The first words of a streamed text are lost.",
        ("case.answer-text",),
        STREAM_TEXT,
        on_events(lose(of("content_block_delta"), number=1)),
        "https://github.com/Calcium-Ion/new-api-horizon/issues/6",
    ),
    Fault(
        "messages-message-delta-lost",
        "messages",
        "Streams have no message_delta.",
        (
            "messages.stream.message-delta",
            "messages.stop-reason.present",
            "case.answer-stop",
        ),
        STREAM_TEXT,
        on_events(lose(of("message_delta"))),
    ),
    Fault(
        "messages-message-delta-early",
        "messages",
        "message_delta comes before the block has stopped.",
        (
            "messages.stream.block-left-open",
            "messages.stream.block-after-delta",
            "messages.stream.message-delta",
        ),
        STREAM_TEXT,
        on_events(hold(of("content_block_stop"), of("message_delta"))),
    ),
    Fault(
        "messages-message-delta-late",
        "messages",
        "message_delta comes after message_stop.",
        (
            "messages.stream.message-delta",
            "messages.stream.after-stop",
        ),
        STREAM_TEXT,
        on_events(hold(of("message_delta"), of("message_stop"))),
    ),
    Fault(
        "messages-message-stop-lost",
        "messages",
        "Streams end after message_delta, without message_stop.",
        ("messages.stream.unfinished",),
        STREAM_TEXT,
        on_events(lose(of("message_stop"))),
    ),
    Fault(
        "messages-message-stop-twice",
        "messages",
        "message_stop comes twice.",
        ("messages.stream.after-stop",),
        STREAM_TEXT,
        on_events(double(of("message_stop"))),
    ),
    Fault(
        "messages-end-lost",
        "messages",
        "Streams of a backend whose last chunk has no choices end without message_delta and message_stop.",
        (
            "messages.stream.unfinished",
            "case.answer-stop",
        ),
        STREAM_TEXT,
        on_events(lose(of("message_delta", "message_stop"))),
        "https://github.com/BerriAI/litellm/issues/36553",
    ),
    Fault(
        "messages-end-lost-with-tools",
        "messages",
        "Streams with a call end after its input, without closing the block or the message.",
        (
            "messages.stream.unfinished",
            "case.answer-stop",
        ),
        STREAM_TOOL,
        when(on_events(lose(of("content_block_stop", "message_delta", "message_stop"))), tools=True),
        "https://github.com/QuantumNous/new-api/pull/5345",
    ),
    Fault(
        "messages-stops-after-start",
        "messages",
        "Streams stop after message_start.",
        (
            "messages.stream.unfinished",
            "case.answer-text",
            "case.answer-stop",
        ),
        STREAM_TEXT,
        on_events(stop_after(of("message_start"))),
        "https://github.com/musistudio/claude-code-router/issues/198",
    ),
    Fault(
        "messages-cut-in-text",
        "messages",
        "The connection breaks off after the first words.",
        (
            "messages.stream.unfinished",
            "http.connection.cut",
            "case.answered",
        ),
        STREAM_TEXT,
        on_events(stop_after(of("content_block_delta"), cut=True)),
    ),
    Fault(
        "messages-delta-after-stop",
        "messages",
        "A delta comes after message_stop.",
        (
            "messages.stream.after-stop",
            "messages.stream.block-not-open",
        ),
        STREAM_TEXT,
        on_events(end(_WORD)),
        "https://github.com/anthropics/claude-code/issues/67809",
    ),
    Fault(
        "messages-done-after-stop",
        "messages",
        "The end marker of Chat Completions comes after message_stop.",
        ("sse.event.done-messages",),
        STREAM_TEXT,
        on_events(end(event("[DONE]"))),
    ),
    Fault(
        "messages-ping-after-stop",
        "messages",
        "A ping comes after message_stop.",
        ("messages.stream.after-stop",),
        STREAM_TEXT,
        on_events(end(typed({"type": "ping"}))),
    ),
    Fault(
        "messages-text-after-delta",
        "messages",
        "A block of text comes between message_delta and message_stop.",
        (
            "messages.stream.block-after-delta",
            "messages.stream.message-delta",
        ),
        STREAM_TEXT,
        on_events(follow(of("message_delta"), *_late_block())),
    ),
    Fault(
        "messages-closed-twice",
        "messages",
        "The closing events of a call come twice, and so does its input.",
        (
            "messages.stream.after-stop",
            "messages.stream.block-not-open",
            "messages.stream.tool-input",
            "case.tool-arguments",
        ),
        STREAM_TOOL,
        on_events(_closed_twice),
        "https://github.com/decolua/9router/pull/3520",
    ),
)
