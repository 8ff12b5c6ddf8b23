"""Faults of time: what comes too late, or all at once. Those whose ids begin with `slow-` can be hurried for tests."""

from __future__ import annotations

from conformance.reference.changes import STREAM, on_events, on_writes
from conformance.reference.changes.flows import of, pause
from conformance.reference.changes.writes import in_one, late
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
        "slow-silence",
        "messages",
        "A stream is silent for more than a minute before its message ends.",
        ("timing.stream.silence",),
        "messages/text/system*stream=true]",
        on_events(pause(of("message_delta"), 90)),
    ),
)
