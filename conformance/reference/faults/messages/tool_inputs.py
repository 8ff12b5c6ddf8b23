"""Faults of the input of tool calls, streamed or not.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import Frame, on_events, put
from conformance.reference.changes.flows import Frames
from conformance.reference.faults.fault import Fault

STREAM_TOOL = "messages/tools/forced[stream=true]"


async def _cumulative(passing: Frames) -> Frames:
    text = ""
    async for frame in passing:
        if frame.has("/delta/partial_json"):
            text += frame.json["delta"]["partial_json"]
            yield frame.edited(put("/delta/partial_json", text))
        else:
            yield frame


async def _block_per_piece(passing: Frames) -> Frames:
    """A start before every piece but the first, with the id of the call and an empty name."""
    start: Frame | None = None
    pieces = 0
    async for frame in passing:
        start = frame if frame.type == "content_block_start" else start
        pieces += frame.has("/delta/partial_json")
        if start is not None and pieces > 1 and frame.has("/delta/partial_json"):
            yield start.edited(put("/content_block/name", ""))
        yield frame


FAULTS = (
    Fault(
        id="messages-tool-input-whole-pieces",
        family="messages",
        sentence="Every piece of the arguments repeats those before it.",
        rules=("messages.stream.tool-input", "case.tool-arguments"),
        cases=STREAM_TOOL,
        apply=on_events(_cumulative),
    ),
    Fault(
        id="messages-tool-block-per-piece",
        family="messages",
        sentence="Each piece of the arguments starts a block with the same id and an empty name.",
        rules=(
            "messages.stream.blocks-overlap",
            "messages.tool-use.unique-ids",
            "messages.tool-use.fits-schema",
            "messages.tool-choice.one-call",
            "messages.stream.block-index",
            "messages.stream.tool-input",
            "messages.tool-use.identity",
            "case.tool-called",
        ),
        cases=STREAM_TOOL,
        apply=on_events(_block_per_piece),
        url="https://github.com/diegosouzapw/OmniRoute/issues/686",
    ),
)
