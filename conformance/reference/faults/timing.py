"""Faults of time: what comes too late, or all at once. Those whose ids begin with `slow-` can be hurried for tests."""

from __future__ import annotations

from conformance.reference.changes import STREAM, chain, on_events, on_writes
from conformance.reference.changes.flows import JSON_DATA, end, of, pause, render
from conformance.reference.changes.frames import Frame
from conformance.reference.changes.writes import in_one, late, lingering
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        "timing-stream-collected",
        "messages",
        "A stream is collected, and sent all at once a second and a half later.",
        ("timing.stream.burst",),
        "messages/tools/nested*stream=true]",
        on_writes(late(1.5), in_one, of=STREAM),
    ),
    Fault(
        "timing-stream-collected-long",
        "chat_completions",
        "A proxy collects the whole stream, and delivers all events at its end.",
        ("timing.stream.buffered",),
        "chat_completions/streaming/*",
        on_writes(late(2.1), in_one, of=STREAM),
        "https://github.com/timoklimmer/powerproxy-aoai/issues/37",
    ),
    Fault(
        "timing-collected-as-written",
        "chat_completions",
        "A stream is collected while the model writes, and sent when it has ended.",
        ("case.incremental",),
        "chat_completions/streaming/*",
        chain(on_events(pause(JSON_DATA, 0.008)), on_writes(in_one, of=STREAM)),
        "https://github.com/Kong/kong/issues/14425",
    ),
    Fault(
        "timing-blank-lines-late",
        "chat_completions",
        "The blank line of an event is written with the event that follows, a good second later.",
        ("timing.event.held-back",),
        "chat_completions/unicode/emoji[stream=true]",
        on_events(
            *(pause(JSON_DATA, 1.1, number) for number in (2, 3, 4)),
            render(lambda frame: b"\n" + frame.raw[:-1]),
            end(Frame(b"\n")),
        ),
    ),
    Fault(
        "slow-silence",
        "messages",
        "A stream is silent for more than a minute before its message ends.",
        ("timing.stream.silence",),
        "messages/text/system*stream=true]",
        on_events(pause(of("message_delta"), 90)),
    ),
    Fault(
        "slow-pings-dropped",
        "chat_completions",
        "Keep-alives are dropped: for more than a minute nothing is sent while the model thinks.",
        ("timing.stream.silence",),
        "chat_completions/text/system*stream=true]",
        on_events(pause(JSON_DATA, 90, 2)),
        "https://github.com/envoyproxy/ai-gateway/pull/2549",
    ),
    Fault(
        "slow-silence-of-minutes",
        "messages",
        "A stream is silent for so long that clients give up.",
        ("timing.stream.abort", "timing.stream.silence"),
        "messages/text/system*stream=true]",
        on_events(pause(of("message_delta"), 360)),
    ),
    Fault(
        "slow-end",
        "responses",
        "The connection stays busy long after the last event.",
        ("timing.stream.lingers",),
        "responses/text/input-text[stream=true]",
        on_writes(lingering(60), of=STREAM),
    ),
    Fault(
        "slow-start",
        "messages",
        "The first byte of a stream comes after more than a minute.",
        ("timing.stream.first-byte",),
        "messages/text/system*stream=true]",
        on_writes(late(120), of=STREAM),
    ),
)
