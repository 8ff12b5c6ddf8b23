"""Faults of time: events that are late or buffered. Tests can speed up those whose ids begin with `slow-`.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import on_events
from conformance.reference.changes.flows import JSON_DATA, end, pause, render
from conformance.reference.changes.frames import Frame
from conformance.reference.faults.fault import Fault

FAULTS = (
    Fault(
        id="timing-blank-lines-late",
        family="chat_completions",
        sentence="The blank line of an event is written with the next event, more than a second later.",
        rules=("timing.event.held-back",),
        cases="chat_completions/unicode/emoji[stream=true]",
        apply=on_events(
            *(pause(JSON_DATA, 1.1, number) for number in (2, 3, 4)),
            render(lambda frame: b"\n" + frame.raw[:-1]),
            end(Frame(b"\n")),
        ),
    ),
)
