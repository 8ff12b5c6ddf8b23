"""Faults of Messages."""

from __future__ import annotations

from conformance.reference.changes import on_events
from conformance.reference.changes.flows import EVERY, each, lose, of
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        "messages-block-stop-lost",
        "messages",
        "Blocks are not stopped.",
        ("messages.stream.block-left-open",),
        "messages/text/system-and-user[stream=true]",
        on_events(lose(of("content_block_stop"))),
    ),
    Fault(
        "messages-events-unnamed",
        "messages",
        "Events have no `event:` line.",
        ("sse.event.unnamed-messages",),
        "messages/text/system-and-user[stream=true]",
        on_events(each(EVERY, lambda frame: [frame.named("")])),
    ),
)
