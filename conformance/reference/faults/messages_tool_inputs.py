"""Faults of the input of tool calls, streamed or not."""

from __future__ import annotations

import json

from conformance.reference.changes import Frame, at, drop, on_events, on_json, put, rename
from conformance.reference.changes.flows import Frames, double, edit, having, lose, of, together
from conformance.reference.faults.fault import Fault

JSON_TOOL = "messages/tools/forced[stream=false]"
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
        "messages-tool-input-text",
        "messages",
        "The input of calls is text.",
        ("messages.tool-use.input",),
        JSON_TOOL,
        on_json(at("/content/*/input", json.dumps)),
    ),
    Fault(
        "messages-tool-input-null",
        "messages",
        "The input of calls is null.",
        (
            "messages.tool-use.input",
            "case.tool-arguments",
        ),
        "messages/tools/no-arguments[stream=false]",
        on_json(put("/content/*/input", None)),
    ),
    Fault(
        "messages-tool-input-lost",
        "messages",
        "Calls have no input.",
        (
            "messages.tool-use.input",
            "case.tool-arguments",
        ),
        JSON_TOOL,
        on_json(drop("/content/*/input")),
    ),
    Fault(
        "messages-tool-input-empty",
        "messages",
        "The arguments of a call are lost: its input is {}.",
        (
            "messages.tool-use.fits-schema",
            "case.tool-arguments",
        ),
        JSON_TOOL,
        on_json(put("/content/*/input", {}, new=False)),
    ),
    Fault(
        "messages-tool-input-dropped",
        "messages",
        "Arguments that an upstream sends in one piece are lost.",
        (
            "messages.tool-use.fits-schema",
            "case.tool-arguments",
        ),
        STREAM_TOOL,
        on_events(lose(having("/delta/partial_json"))),
        "https://github.com/BerriAI/litellm/issues/25605",
    ),
    Fault(
        "messages-tool-input-cut",
        "messages",
        "The last piece of the arguments is lost.",
        (
            "messages.stream.tool-input",
            "case.tool-arguments",
        ),
        STREAM_TOOL,
        on_events(
            together("/delta/partial_json", "/index"),
            edit(having("/delta/partial_json"), at("/delta/partial_json", lambda text: text[:-1])),
        ),
    ),
    Fault(
        "messages-tool-input-doubled",
        "messages",
        "The arguments come twice.",
        (
            "messages.stream.tool-input",
            "case.tool-arguments",
        ),
        STREAM_TOOL,
        on_events(together("/delta/partial_json", "/index"), double(having("/delta/partial_json"))),
    ),
    Fault(
        "messages-tool-input-whole-pieces",
        "messages",
        "Every piece of the arguments repeats those before it.",
        (
            "messages.stream.tool-input",
            "case.tool-arguments",
        ),
        STREAM_TOOL,
        on_events(_cumulative),
    ),
    Fault(
        "messages-tool-input-at-start",
        "messages",
        "A call starts with its whole input, and the deltas bring it again.",
        ("messages.stream.tool-start-empty",),
        STREAM_TOOL,
        on_events(edit(having("/content_block/input"), put("/content_block/input", {"city": "Oslo"}))),
    ),
    Fault(
        "messages-tool-input-not-started",
        "messages",
        "A call starts without an input.",
        ("messages.tool-use.input",),
        STREAM_TOOL,
        on_events(edit(of("content_block_start"), drop("/content_block/input"))),
    ),
    Fault(
        "messages-tool-input-text-at-start",
        "messages",
        "A call starts with an empty text for its input.",
        ("messages.tool-use.input",),
        STREAM_TOOL,
        on_events(edit(having("/content_block/input"), put("/content_block/input", ""))),
    ),
    Fault(
        "messages-tool-input-array",
        "messages",
        "The input of calls is an array.",
        (
            "messages.tool-use.input",
            "case.tool-arguments",
        ),
        JSON_TOOL,
        on_json(at("/content/*/input", lambda value: [value])),
    ),
    Fault(
        "messages-tool-partial-object",
        "messages",
        "The pieces of the arguments are objects.",
        (
            "messages.tool-use.fits-schema",
            "messages.stream.delta-payload",
            "case.tool-arguments",
        ),
        STREAM_TOOL,
        on_events(edit(having("/delta/partial_json"), put("/delta/partial_json", {}))),
    ),
    Fault(
        "messages-tool-input-as-text-delta",
        "messages",
        "The arguments come in text_deltas.",
        (
            "messages.tool-use.fits-schema",
            "messages.stream.delta-fits-block",
            "case.tool-arguments",
        ),
        STREAM_TOOL,
        on_events(
            edit(having("/delta/partial_json"), rename("/delta/partial_json", "text"), put("/delta/type", "text_delta"))
        ),
    ),
    Fault(
        "messages-tool-block-per-piece",
        "messages",
        "Each piece of the arguments starts a block with the same id and an empty name.",
        (
            "messages.stream.blocks-overlap",
            "messages.tool-use.unique-ids",
            "messages.tool-use.fits-schema",
            "messages.tool-choice.one-call",
            "messages.stream.block-index",
            "messages.stream.tool-input",
            "messages.tool-use.identity",
            "case.tool-called",
        ),
        STREAM_TOOL,
        on_events(_block_per_piece),
        "https://github.com/diegosouzapw/OmniRoute/issues/686",
    ),
)
