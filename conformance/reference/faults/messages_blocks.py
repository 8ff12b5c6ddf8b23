"""Faults of the blocks of Messages streams: their starts, stops, indexes and types."""

from __future__ import annotations

from conformance.reference.changes import Frame, at, drop, on_events, put, when
from conformance.reference.changes.flows import Frames, double, edit, everywhere, having, hold, lose, of, precede
from conformance.reference.changes.frames import typed
from conformance.reference.faults.fault import Fault

TEXT = "messages/text/system-and-user*"
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
    shifted = edit(having("/index"), at("/index", lambda index: index + 1))(passing)
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


FAULTS = (
    Fault(
        "messages-block-start-lost",
        "messages",
        "Blocks have no content_block_start.",
        (
            "messages.stream.block-not-open",
            "messages.content.says-something",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(lose(of("content_block_start"))),
    ),
    Fault(
        "messages-block-start-twice",
        "messages",
        "Blocks start twice.",
        (
            "messages.stream.blocks-overlap",
            "messages.stream.block-index",
        ),
        STREAM_TEXT,
        on_events(double(of("content_block_start"))),
    ),
    Fault(
        "messages-block-start-late",
        "messages",
        "A block starts after its first delta.",
        (
            "messages.stream.block-not-open",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(hold(of("content_block_start"), of("content_block_delta"))),
    ),
    Fault(
        "messages-block-stop-twice",
        "messages",
        "Blocks stop twice.",
        ("messages.stream.block-not-open",),
        STREAM_TEXT,
        on_events(double(of("content_block_stop"))),
    ),
    Fault(
        "messages-block-stop-early",
        "messages",
        "A block stops before its last delta.",
        ("messages.stream.block-not-open",),
        STREAM_TEXT,
        on_events(_stopped_early),
    ),
    Fault(
        "messages-blocks-overlap",
        "messages",
        "A block stops after the next one has started.",
        ("messages.stream.blocks-overlap",),
        STREAM_CALLS,
        on_events(hold(of("content_block_stop"), of("content_block_start"), number=1)),
    ),
    Fault(
        "messages-index-from-one",
        "messages",
        "Blocks are numbered from 1.",
        ("messages.stream.block-index",),
        STREAM_TEXT,
        on_events(edit(having("/index"), at("/index", lambda index: index + 1))),
    ),
    Fault(
        "messages-index-always-zero",
        "messages",
        "All blocks have the index 0.",
        ("messages.stream.block-index",),
        STREAM_CALLS,
        on_events(edit(having("/index"), put("/index", 0))),
    ),
    Fault(
        "messages-index-gap",
        "messages",
        "Indexes leave every second number out.",
        ("messages.stream.block-index",),
        STREAM_CALLS,
        on_events(edit(having("/index"), at("/index", lambda index: 2 * index))),
    ),
    Fault(
        "messages-index-lost",
        "messages",
        "Events of blocks have no index.",
        (
            "messages.stream.block-index",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(having("/index"), drop("/index"))),
    ),
    Fault(
        "messages-index-null",
        "messages",
        "The index of deltas is null.",
        (
            "messages.stream.block-not-open",
            "messages.stream.block-index",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("content_block_delta"), put("/index", None))),
    ),
    Fault(
        "messages-index-text",
        "messages",
        "The index of events is text.",
        (
            "messages.stream.block-index",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(having("/index"), at("/index", str))),
    ),
    Fault(
        "messages-delta-index-wrong",
        "messages",
        "Deltas name another block than the one that is open.",
        (
            "messages.stream.block-not-open",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("content_block_delta"), put("/index", 1))),
    ),
    Fault(
        "messages-stop-index-wrong",
        "messages",
        "The stop names another block than the one that is open.",
        ("messages.stream.block-not-open",),
        STREAM_TEXT,
        on_events(edit(of("content_block_stop"), put("/index", 1))),
    ),
    Fault(
        "messages-spurious-block",
        "messages",
        "An empty text block stands before the answer.",
        (
            "messages.content.empty-text",
            "case.accepted",
        ),
        REPLAYED,
        on_events(_spurious_block),
        "https://github.com/BerriAI/litellm/pull/33315",
    ),
    Fault(
        "messages-block-start-lost-content",
        "messages",
        "content_block_start has no content_block.",
        (
            "messages.content.says-something",
            "messages.content.block",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("content_block_start"), drop("/content_block"))),
    ),
    Fault(
        "messages-block-type-lost",
        "messages",
        "The content_block of a start has no type.",
        (
            "messages.content.block",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("content_block_start"), drop("/content_block/type"))),
    ),
    Fault(
        "messages-block-text-lost",
        "messages",
        "The content_block of a text has no text.",
        ("messages.content.block",),
        STREAM_TEXT,
        on_events(edit(of("content_block_start"), drop("/content_block/text"))),
    ),
    Fault(
        "messages-block-starts-with-text",
        "messages",
        "The first words stand in content_block_start, and not in a delta.",
        ("messages.stream.block-start-empty",),
        STREAM_TEXT,
        on_events(_text_at_start),
        "https://github.com/earendil-works/pi/issues/7283",
    ),
    Fault(
        "messages-block-starts-with-all",
        "messages",
        "content_block_start repeats the whole text that the deltas bring.",
        ("messages.stream.block-start-empty",),
        STREAM_TEXT,
        on_events(edit(of("content_block_start"), put("/content_block/text", "All of it."))),
    ),
    Fault(
        "messages-block-type-foreign",
        "messages",
        "A block of text has the type output_text.",
        ("messages.content.foreign-type",),
        TEXT,
        everywhere(put("/content/*/type", "output_text"), put("/content_block/type", "output_text", new=False)),
    ),
    Fault(
        "messages-block-type-unknown",
        "messages",
        "A block of text has an unknown type.",
        ("messages.content.known-type",),
        TEXT,
        everywhere(put("/content/*/type", "prose"), put("/content_block/type", "prose", new=False)),
    ),
    Fault(
        "messages-text-as-output-text",
        "messages",
        "Text comes in a block output_text only when a tool was offered.",
        (
            "messages.content.foreign-type",
            "case.answer-text",
        ),
        "messages/tools/auto-without-need*",
        when(
            everywhere(put("/content/*/type", "output_text"), put("/content_block/type", "output_text", new=False)),
            tools=True,
        ),
    ),
)
