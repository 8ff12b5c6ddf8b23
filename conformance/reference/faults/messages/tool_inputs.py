"""Faults of the input of tool calls, streamed or not."""

from __future__ import annotations

from conformance.reference.changes import Frame, at, drop, on_events, on_json, put, rename
from conformance.reference.changes.flows import Frames, double, edit, having, lose, of, together
from conformance.reference.changes.values import in_list, json_text, shortened
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
        id="messages-tool-input-text",
        family="messages",
        sentence="The input of calls is text.",
        rules=("messages.tool-use.input",),
        cases=JSON_TOOL,
        apply=on_json(at("/content/*/input", json_text)),
    ),
    Fault(
        id="messages-tool-input-null",
        family="messages",
        sentence="The input of calls is null.",
        rules=("messages.tool-use.input", "case.tool-arguments"),
        cases="messages/tools/no-arguments[stream=false]",
        apply=on_json(put("/content/*/input", None)),
    ),
    Fault(
        id="messages-tool-input-lost",
        family="messages",
        sentence="Calls have no input.",
        rules=("messages.tool-use.input", "case.tool-arguments"),
        cases=JSON_TOOL,
        apply=on_json(drop("/content/*/input")),
    ),
    Fault(
        id="messages-tool-input-empty",
        family="messages",
        sentence="The arguments of a call are lost: its input is {}.",
        rules=("messages.tool-use.fits-schema", "case.tool-arguments"),
        cases=JSON_TOOL,
        apply=on_json(put("/content/*/input", {}, new=False)),
    ),
    Fault(
        id="messages-tool-input-dropped",
        family="messages",
        sentence="Arguments that an upstream sends in one piece are lost.",
        rules=("messages.tool-use.fits-schema", "case.tool-arguments"),
        cases=STREAM_TOOL,
        apply=on_events(lose(having("/delta/partial_json"))),
        url="https://github.com/BerriAI/litellm/issues/25605",
    ),
    Fault(
        id="messages-tool-input-cut",
        family="messages",
        sentence="The last piece of the arguments is lost.",
        rules=("messages.stream.tool-input", "case.tool-arguments"),
        cases=STREAM_TOOL,
        apply=on_events(
            together("/delta/partial_json", "/index"),
            edit(having("/delta/partial_json"), at("/delta/partial_json", shortened)),
        ),
    ),
    Fault(
        id="messages-tool-input-doubled",
        family="messages",
        sentence="The arguments come twice.",
        rules=("messages.stream.tool-input", "case.tool-arguments"),
        cases=STREAM_TOOL,
        apply=on_events(together("/delta/partial_json", "/index"), double(having("/delta/partial_json"))),
    ),
    Fault(
        id="messages-tool-input-whole-pieces",
        family="messages",
        sentence="Every piece of the arguments repeats those before it.",
        rules=("messages.stream.tool-input", "case.tool-arguments"),
        cases=STREAM_TOOL,
        apply=on_events(_cumulative),
    ),
    Fault(
        id="messages-tool-input-at-start",
        family="messages",
        sentence="A call starts with its whole input, and the deltas bring it again.",
        rules=("messages.stream.tool-start-empty",),
        cases=STREAM_TOOL,
        apply=on_events(edit(having("/content_block/input"), put("/content_block/input", {"city": "Oslo"}))),
    ),
    Fault(
        id="messages-tool-input-not-started",
        family="messages",
        sentence="A call starts without an input.",
        rules=("messages.tool-use.input",),
        cases=STREAM_TOOL,
        apply=on_events(edit(of("content_block_start"), drop("/content_block/input"))),
    ),
    Fault(
        id="messages-tool-input-text-at-start",
        family="messages",
        sentence="A call starts with an empty text for its input.",
        rules=("messages.tool-use.input",),
        cases=STREAM_TOOL,
        apply=on_events(edit(having("/content_block/input"), put("/content_block/input", ""))),
    ),
    Fault(
        id="messages-tool-input-array",
        family="messages",
        sentence="The input of calls is an array.",
        rules=("messages.tool-use.input", "case.tool-arguments"),
        cases=JSON_TOOL,
        apply=on_json(at("/content/*/input", in_list)),
    ),
    Fault(
        id="messages-tool-partial-object",
        family="messages",
        sentence="The pieces of the arguments are objects.",
        rules=("messages.tool-use.fits-schema", "messages.stream.delta-payload", "case.tool-arguments"),
        cases=STREAM_TOOL,
        apply=on_events(edit(having("/delta/partial_json"), put("/delta/partial_json", {}))),
    ),
    Fault(
        id="messages-tool-input-as-text-delta",
        family="messages",
        sentence="The arguments come in text_deltas.",
        rules=("messages.tool-use.fits-schema", "messages.stream.delta-fits-block", "case.tool-arguments"),
        cases=STREAM_TOOL,
        apply=on_events(
            edit(having("/delta/partial_json"), rename("/delta/partial_json", "text"), put("/delta/type", "text_delta"))
        ),
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
