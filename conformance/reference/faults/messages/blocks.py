"""Faults of the content blocks of Messages streams: starts, stops, indexes and types.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import Frame, at, on_events, on_json, put
from conformance.reference.changes.flows import Frames, edit, having, lose, of, precede
from conformance.reference.changes.frames import typed
from conformance.reference.changes.values import add
from conformance.reference.faults.fault import Fault

STREAM_TEXT = "messages/text/system-and-user[stream=true]"
STREAM_CALLS = "messages/tools/parallel[stream=true]"
REPLAYED = "messages/text/replayed-answer[stream=true]"


async def _stopped_early(passing: Frames) -> Frames:
    """The stop of a block, and then the delta that it should have followed."""
    last: Frame | None = None
    async for frame in passing:
        if frame.type == "content_block_stop":
            yield frame
        if last is not None:
            yield last
        last = frame if frame.type == "content_block_delta" else None
        if last is None and frame.type != "content_block_stop":
            yield frame


async def _spurious_block(passing: Frames) -> Frames:
    """An empty block before the first, whose place it takes."""
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    empty = (typed(start), typed({"type": "content_block_stop", "index": 0}))
    shifted = edit(having("/index"), add("/index", 1))(passing)
    async for frame in precede(of("content_block_start"), *empty, number=1)(shifted):
        yield frame


async def _text_at_start(passing: Frames) -> Frames:
    """The text of the first delta of each block in the start of the block."""
    start: Frame | None = None
    async for frame in lose(of("ping"))(passing):
        if start is not None:
            yield start.edited(put("/content_block/text", frame.json["delta"]["text"]))
        elif frame.type != "content_block_start":
            yield frame
        start = frame if frame.type == "content_block_start" else None


_KNOWN = ("text", "thinking", "tool_use")


FAULTS = (
    Fault(
        id="messages-blocks-of-other-types-lost",
        family="messages",
        sentence="Only text, thinking and calls are passed on; blocks of other types are removed.",
        rules=("case.value", "case.present"),
        cases="messages/blocks/{web-s,web-f,code-execution,tool-search,redacted}*[stream=false]",
        apply=on_json(at("/content", lambda blocks: [block for block in blocks if block["type"] in _KNOWN])),
    ),
    Fault(
        id="messages-block-stop-early",
        family="messages",
        sentence="A block stops before its last delta.",
        rules=("messages.stream.block-not-open",),
        cases=STREAM_TEXT,
        apply=on_events(_stopped_early),
    ),
    Fault(
        id="messages-index-gap",
        family="messages",
        sentence="Block indexes skip every second number.",
        rules=("messages.stream.block-index",),
        cases=STREAM_CALLS,
        apply=on_events(edit(having("/index"), at("/index", lambda index: 2 * index))),
    ),
    Fault(
        id="messages-spurious-block",
        family="messages",
        sentence="The answer begins with an empty text block.",
        rules=("messages.content.empty-text", "case.accepted"),
        cases=REPLAYED,
        apply=on_events(_spurious_block),
        url="https://github.com/BerriAI/litellm/pull/33315",
    ),
    Fault(
        id="messages-block-starts-with-text",
        family="messages",
        sentence="The first words are in content_block_start instead of a delta.",
        rules=("messages.stream.block-start-empty",),
        cases=STREAM_TEXT,
        apply=on_events(_text_at_start),
        url="https://github.com/earendil-works/pi/issues/7283",
    ),
)
