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
        id="messages-start-lost",
        family="messages",
        sentence="Streams have no message_start.",
        rules=("messages.stream.start-first", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(lose(of("message_start"))),
    ),
    Fault(
        id="messages-start-twice",
        family="messages",
        sentence="message_start comes twice.",
        rules=("messages.stream.start-once",),
        cases=STREAM_TEXT,
        apply=on_events(double(of("message_start"))),
    ),
    Fault(
        id="messages-start-late",
        family="messages",
        sentence="message_start comes after the first block has started.",
        rules=("messages.stream.start-first", "messages.stream.start-once"),
        cases=STREAM_TEXT,
        apply=on_events(hold(of("message_start"), of("content_block_start"))),
    ),
    Fault(
        id="messages-starts-lost",
        family="messages",
        sentence="Streams begin with the first delta, without message_start and content_block_start.",
        rules=("messages.stream.start-first", "messages.stream.block-not-open", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(lose(of("message_start", "content_block_start"))),
        url="https://github.com/Calcium-Ion/new-api-horizon/issues/6",
    ),
    Fault(
        id="messages-first-words-lost",
        family="messages",
        sentence="The first words of a streamed text are lost.",
        rules=("case.answer-text",),
        cases=STREAM_TEXT,
        apply=on_events(lose(of("content_block_delta"), number=1)),
        url="https://github.com/Calcium-Ion/new-api-horizon/issues/6",
    ),
    Fault(
        id="messages-message-delta-lost",
        family="messages",
        sentence="Streams have no message_delta.",
        rules=("messages.stream.message-delta", "messages.stop-reason.present", "case.answer-stop"),
        cases=STREAM_TEXT,
        apply=on_events(lose(of("message_delta"))),
    ),
    Fault(
        id="messages-message-delta-early",
        family="messages",
        sentence="message_delta comes before the block has stopped.",
        rules=("messages.stream.block-left-open", "messages.stream.block-after-delta", "messages.stream.message-delta"),
        cases=STREAM_TEXT,
        apply=on_events(hold(of("content_block_stop"), of("message_delta"))),
    ),
    Fault(
        id="messages-message-delta-late",
        family="messages",
        sentence="message_delta comes after message_stop.",
        rules=("messages.stream.message-delta", "messages.stream.after-stop"),
        cases=STREAM_TEXT,
        apply=on_events(hold(of("message_delta"), of("message_stop"))),
    ),
    Fault(
        id="messages-message-stop-lost",
        family="messages",
        sentence="Streams end after message_delta, without message_stop.",
        rules=("messages.stream.unfinished",),
        cases=STREAM_TEXT,
        apply=on_events(lose(of("message_stop"))),
    ),
    Fault(
        id="messages-message-stop-twice",
        family="messages",
        sentence="message_stop comes twice.",
        rules=("messages.stream.after-stop",),
        cases=STREAM_TEXT,
        apply=on_events(double(of("message_stop"))),
    ),
    Fault(
        id="messages-end-lost",
        family="messages",
        sentence="Streams of a backend whose last chunk has no choices end without message_delta and message_stop.",
        rules=("messages.stream.unfinished", "case.answer-stop"),
        cases=STREAM_TEXT,
        apply=on_events(lose(of("message_delta", "message_stop"))),
        url="https://github.com/BerriAI/litellm/issues/36553",
    ),
    Fault(
        id="messages-end-lost-with-tools",
        family="messages",
        sentence="Streams with a call end after its input, without closing the block or the message.",
        rules=("messages.stream.unfinished", "case.answer-stop"),
        cases=STREAM_TOOL,
        apply=when(on_events(lose(of("content_block_stop", "message_delta", "message_stop"))), tools=True),
        url="https://github.com/QuantumNous/new-api/pull/5345",
    ),
    Fault(
        id="messages-stops-after-start",
        family="messages",
        sentence="Streams stop after message_start.",
        rules=("messages.stream.unfinished", "case.answer-text", "case.answer-stop"),
        cases=STREAM_TEXT,
        apply=on_events(stop_after(of("message_start"))),
        url="https://github.com/musistudio/claude-code-router/issues/198",
    ),
    Fault(
        id="messages-cut-in-text",
        family="messages",
        sentence="The connection breaks off after the first words.",
        rules=("messages.stream.unfinished", "http.connection.cut", "case.answered"),
        cases=STREAM_TEXT,
        apply=on_events(stop_after(of("content_block_delta"), cut=True)),
    ),
    Fault(
        id="messages-delta-after-stop",
        family="messages",
        sentence="A delta comes after message_stop.",
        rules=("messages.stream.after-stop", "messages.stream.block-not-open"),
        cases=STREAM_TEXT,
        apply=on_events(end(_WORD)),
        url="https://github.com/anthropics/claude-code/issues/67809",
    ),
    Fault(
        id="messages-done-after-stop",
        family="messages",
        sentence="The end marker of Chat Completions comes after message_stop.",
        rules=("sse.event.done-messages",),
        cases=STREAM_TEXT,
        apply=on_events(end(event("[DONE]"))),
    ),
    Fault(
        id="messages-ping-after-stop",
        family="messages",
        sentence="A ping comes after message_stop.",
        rules=("messages.stream.after-stop",),
        cases=STREAM_TEXT,
        apply=on_events(end(typed({"type": "ping"}))),
    ),
    Fault(
        id="messages-text-after-delta",
        family="messages",
        sentence="A block of text comes between message_delta and message_stop.",
        rules=("messages.stream.block-after-delta", "messages.stream.message-delta"),
        cases=STREAM_TEXT,
        apply=on_events(follow(of("message_delta"), *_late_block())),
    ),
    Fault(
        id="messages-closed-twice",
        family="messages",
        sentence="The closing events of a call come twice, and so does its input.",
        rules=(
            "messages.stream.after-stop",
            "messages.stream.block-not-open",
            "messages.stream.tool-input",
            "case.tool-arguments",
        ),
        cases=STREAM_TOOL,
        apply=on_events(_closed_twice),
        url="https://github.com/decolua/9router/pull/3520",
    ),
)
