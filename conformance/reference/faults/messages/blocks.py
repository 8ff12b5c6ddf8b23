"""Faults of the blocks of Messages streams: their starts, stops, indexes and types."""

from __future__ import annotations

from conformance.reference.changes import Frame, at, drop, on_events, put, when
from conformance.reference.changes.flows import Frames, double, edit, everywhere, having, hold, lose, of, precede
from conformance.reference.changes.frames import typed
from conformance.reference.changes.values import add, text
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


FAULTS = (
    Fault(
        id="messages-block-start-lost",
        family="messages",
        sentence="Blocks have no content_block_start.",
        rules=("messages.stream.block-not-open", "messages.content.says-something", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(lose(of("content_block_start"))),
    ),
    Fault(
        id="messages-block-start-twice",
        family="messages",
        sentence="Blocks start twice.",
        rules=("messages.stream.blocks-overlap", "messages.stream.block-index"),
        cases=STREAM_TEXT,
        apply=on_events(double(of("content_block_start"))),
    ),
    Fault(
        id="messages-block-start-late",
        family="messages",
        sentence="A block starts after its first delta.",
        rules=("messages.stream.block-not-open", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(hold(of("content_block_start"), of("content_block_delta"))),
    ),
    Fault(
        id="messages-block-stop-twice",
        family="messages",
        sentence="Blocks stop twice.",
        rules=("messages.stream.block-not-open",),
        cases=STREAM_TEXT,
        apply=on_events(double(of("content_block_stop"))),
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
        id="messages-blocks-overlap",
        family="messages",
        sentence="A block stops after the next one has started.",
        rules=("messages.stream.blocks-overlap",),
        cases=STREAM_CALLS,
        apply=on_events(hold(of("content_block_stop"), of("content_block_start"), number=1)),
    ),
    Fault(
        id="messages-index-from-one",
        family="messages",
        sentence="Blocks are numbered from 1.",
        rules=("messages.stream.block-index",),
        cases=STREAM_TEXT,
        apply=on_events(edit(having("/index"), add("/index", 1))),
    ),
    Fault(
        id="messages-index-always-zero",
        family="messages",
        sentence="All blocks have the index 0.",
        rules=("messages.stream.block-index",),
        cases=STREAM_CALLS,
        apply=on_events(edit(having("/index"), put("/index", 0))),
    ),
    Fault(
        id="messages-index-gap",
        family="messages",
        sentence="Indexes leave every second number out.",
        rules=("messages.stream.block-index",),
        cases=STREAM_CALLS,
        apply=on_events(edit(having("/index"), at("/index", lambda index: 2 * index))),
    ),
    Fault(
        id="messages-index-lost",
        family="messages",
        sentence="Events of blocks have no index.",
        rules=("messages.stream.block-index", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(having("/index"), drop("/index"))),
    ),
    Fault(
        id="messages-index-null",
        family="messages",
        sentence="The index of deltas is null.",
        rules=("messages.stream.block-not-open", "messages.stream.block-index", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_delta"), put("/index", None))),
    ),
    Fault(
        id="messages-index-text",
        family="messages",
        sentence="The index of events is text.",
        rules=("messages.stream.block-index", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(having("/index"), at("/index", text))),
    ),
    Fault(
        id="messages-delta-index-wrong",
        family="messages",
        sentence="Deltas name another block than the one that is open.",
        rules=("messages.stream.block-not-open", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_delta"), put("/index", 1))),
    ),
    Fault(
        id="messages-stop-index-wrong",
        family="messages",
        sentence="The stop names another block than the one that is open.",
        rules=("messages.stream.block-not-open",),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_stop"), put("/index", 1))),
    ),
    Fault(
        id="messages-spurious-block",
        family="messages",
        sentence="An empty text block stands before the answer.",
        rules=("messages.content.empty-text", "case.accepted"),
        cases=REPLAYED,
        apply=on_events(_spurious_block),
        url="https://github.com/BerriAI/litellm/pull/33315",
    ),
    Fault(
        id="messages-block-start-lost-content",
        family="messages",
        sentence="content_block_start has no content_block.",
        rules=("messages.content.says-something", "messages.content.block", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_start"), drop("/content_block"))),
    ),
    Fault(
        id="messages-block-type-lost",
        family="messages",
        sentence="The content_block of a start has no type.",
        rules=("messages.content.block", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_start"), drop("/content_block/type"))),
    ),
    Fault(
        id="messages-block-text-lost",
        family="messages",
        sentence="The content_block of a text has no text.",
        rules=("messages.content.block",),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_start"), drop("/content_block/text"))),
    ),
    Fault(
        id="messages-block-starts-with-text",
        family="messages",
        sentence="The first words stand in content_block_start, and not in a delta.",
        rules=("messages.stream.block-start-empty",),
        cases=STREAM_TEXT,
        apply=on_events(_text_at_start),
        url="https://github.com/earendil-works/pi/issues/7283",
    ),
    Fault(
        id="messages-block-starts-with-all",
        family="messages",
        sentence="content_block_start repeats the whole text that the deltas bring.",
        rules=("messages.stream.block-start-empty",),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_start"), put("/content_block/text", "All of it."))),
    ),
    Fault(
        id="messages-block-type-foreign",
        family="messages",
        sentence="A block of text has the type output_text.",
        rules=("messages.content.foreign-type",),
        cases=TEXT,
        apply=everywhere(put("/content/*/type", "output_text"), put("/content_block/type", "output_text", new=False)),
    ),
    Fault(
        id="messages-block-type-unknown",
        family="messages",
        sentence="A block of text has an unknown type.",
        rules=("messages.content.known-type",),
        cases=TEXT,
        apply=everywhere(put("/content/*/type", "prose"), put("/content_block/type", "prose", new=False)),
    ),
    Fault(
        id="messages-text-as-output-text",
        family="messages",
        sentence="Text comes in a block output_text only when a tool was offered.",
        rules=("messages.content.foreign-type", "case.answer-text"),
        cases="messages/tools/auto-without-need*",
        apply=when(
            everywhere(put("/content/*/type", "output_text"), put("/content_block/type", "output_text", new=False)),
            tools=True,
        ),
    ),
)
