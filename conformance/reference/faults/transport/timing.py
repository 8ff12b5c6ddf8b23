"""Faults of time: what comes too late, or all at once. Those whose ids begin with `slow-` can be hurried for tests."""

from __future__ import annotations

from conformance.reference.changes import STREAM, chain, on_events, on_writes
from conformance.reference.changes.flows import JSON_DATA, end, of, pause, render
from conformance.reference.changes.frames import Frame
from conformance.reference.changes.writes import in_one, late, lingering
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="timing-stream-collected",
        family="messages",
        sentence="A stream is collected, and sent all at once a second and a half later.",
        rules=("timing.stream.burst",),
        cases="messages/tools/nested*stream=true]",
        apply=on_writes(late(1.5), in_one, of=STREAM),
    ),
    Fault(
        id="timing-stream-collected-long",
        family="chat_completions",
        sentence="A proxy collects the whole stream, and delivers all events at its end.",
        rules=("timing.stream.buffered",),
        cases="chat_completions/streaming/*",
        apply=on_writes(late(2.1), in_one, of=STREAM),
        url="https://github.com/timoklimmer/powerproxy-aoai/issues/37",
    ),
    Fault(
        id="timing-collected-as-written",
        family="chat_completions",
        sentence="A stream is collected while the model writes, and sent when it has ended.",
        rules=("case.incremental",),
        cases="chat_completions/streaming/*",
        apply=chain(on_events(pause(JSON_DATA, 0.008)), on_writes(in_one, of=STREAM)),
        url="https://github.com/Kong/kong/issues/14425",
    ),
    Fault(
        id="timing-blank-lines-late",
        family="chat_completions",
        sentence="The blank line of an event is written with the event that follows, a good second later.",
        rules=("timing.event.held-back",),
        cases="chat_completions/unicode/emoji[stream=true]",
        apply=on_events(
            *(pause(JSON_DATA, 1.1, number) for number in (2, 3, 4)),
            render(lambda frame: b"\n" + frame.raw[:-1]),
            end(Frame(b"\n")),
        ),
    ),
    Fault(
        id="slow-silence",
        family="messages",
        sentence="A stream is silent for more than a minute before its message ends.",
        rules=("timing.stream.silence",),
        cases="messages/text/system*stream=true]",
        apply=on_events(pause(of("message_delta"), 90)),
    ),
    Fault(
        id="slow-pings-dropped",
        family="chat_completions",
        sentence="Keep-alives are dropped: for more than a minute nothing is sent while the model thinks.",
        rules=("timing.stream.silence",),
        cases="chat_completions/text/system*stream=true]",
        apply=on_events(pause(JSON_DATA, 90, 2)),
        url="https://github.com/envoyproxy/ai-gateway/pull/2549",
    ),
    Fault(
        id="slow-silence-of-minutes",
        family="messages",
        sentence="A stream is silent for so long that clients give up.",
        rules=("timing.stream.abort", "timing.stream.silence"),
        cases="messages/text/system*stream=true]",
        apply=on_events(pause(of("message_delta"), 360)),
    ),
    Fault(
        id="slow-end",
        family="responses",
        sentence="The connection stays busy long after the last event.",
        rules=("timing.stream.lingers",),
        cases="responses/text/input-text[stream=true]",
        apply=on_writes(lingering(60), of=STREAM),
    ),
    Fault(
        id="slow-start",
        family="messages",
        sentence="The first byte of a stream comes after more than a minute.",
        rules=("timing.stream.first-byte",),
        cases="messages/text/system*stream=true]",
        apply=on_writes(late(120), of=STREAM),
    ),
)
