"""Faults of Messages."""

from __future__ import annotations

from conformance.reference.changes import on_events
from conformance.reference.changes.flows import EVERY, lose, named, of
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="messages-block-stop-lost",
        family="messages",
        sentence="Blocks are not stopped.",
        rules=("messages.stream.block-left-open",),
        cases="messages/text/system-and-user[stream=true]",
        apply=on_events(lose(of("content_block_stop"))),
    ),
    Fault(
        id="messages-events-unnamed",
        family="messages",
        sentence="Events have no `event:` line.",
        rules=("sse.event.unnamed-messages",),
        cases="messages/text/system-and-user[stream=true]",
        apply=on_events(named(EVERY, "")),
    ),
)
