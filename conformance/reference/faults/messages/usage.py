"""Faults of the usage of messages: counts that are missing, wrong, not cumulative or renamed.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import on_events, put
from conformance.reference.changes.flows import each, of
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="messages-usage-shrinks",
        family="messages",
        sentence="A second message_delta reports fewer tokens than the first.",
        rules=("messages.stream.usage-cumulative",),
        cases="messages/unicode/cjk[stream=true]",
        apply=on_events(each(of("message_delta"), lambda frame: [frame, frame.edited(put("/usage/output_tokens", 2))])),
    ),
)
