"""Faults of the order of Messages streams: events that are lost, repeated or moved, and events after the end.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import Frame, on_events
from conformance.reference.changes.flows import Frames, together
from conformance.reference.faults.fault import Fault

STREAM_TOOL = "messages/tools/forced[stream=true]"


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
        id="messages-closed-twice",
        family="messages",
        sentence="The closing events of a call are sent twice, and so is its input.",
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
