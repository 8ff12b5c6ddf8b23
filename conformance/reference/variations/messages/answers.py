"""Unusual but valid messages.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from conformance.core.model import JSON
from conformance.reference.changes import Frame, at, chain, drop, on_events, on_json, on_request, put
from conformance.reference.changes.flows import edit, having, lose
from conformance.reference.changes.frames import typed
from conformance.reference.changes.messages import on_message
from conformance.reference.variations.reasons import ANTHROPIC_OPEN
from conformance.reference.variations.variation import Variation

_OBJECT = "https://docs.anthropic.com/en/api/messages"
_TYPES = "anthropic.types"


_BLOCK = {"type": "acme_trace", "span": "a1"}


def _with_foreign_block(message: JSON) -> JSON:
    return {**message, "content": [*message["content"], _BLOCK]} if message.get("content") else message


async def _foreign_block_last(passing: AsyncIterator[Frame]) -> AsyncIterator[Frame]:
    """One more block after all others, whole from its start."""
    count = 0
    async for frame in passing:
        if frame.type == "message_delta" and count:
            yield typed({"type": "content_block_start", "index": count, "content_block": _BLOCK})
            yield typed({"type": "content_block_stop", "index": count})
        count += frame.type == "content_block_start"
        yield frame


def _foreign_blocks_back(body: JSON) -> JSON:
    for message in body.get("messages", ()):
        if isinstance(message, dict) and isinstance(message.get("content"), list):
            message["content"] = [block for block in message["content"] if block != _BLOCK]
    return body


def _with_id(block: JSON) -> JSON:
    return {"id": "blk_1", **block} if block["type"] in ("text", "thinking") else block


def _without_id(block: JSON) -> JSON:
    return {name: value for name, value in block.items() if (name, value) != ("id", "blk_1")}


_OMITTED = chain(
    on_json(at("/content/*", lambda block: {**block, "thinking": ""} if block["type"] == "thinking" else block)),
    on_events(lose(having("/delta/thinking"))),
)

VARIATIONS = (
    Variation(
        id="messages-resolved-model",
        family="messages",
        sentence="The answer has the dated model behind the requested name.",
        why=f"`model` is the model that wrote the answer, not the name that was asked for ({_OBJECT}).",
        apply=on_message(lambda root: at(f"{root}/model", lambda name: f"{name}-20260807")),
    ),
    Variation(
        id="messages-unknown-block",
        family="messages",
        sentence="The content ends with a block of an unknown type.",
        why=ANTHROPIC_OPEN,
        apply=chain(on_request(_foreign_blocks_back), on_json(_with_foreign_block), on_events(_foreign_block_last)),
    ),
    Variation(
        id="messages-ids-of-all-blocks",
        family="messages",
        sentence="Blocks of text and thinking have ids, as calls do.",
        why=ANTHROPIC_OPEN,
        cases="messages/tools/round-trip* messages/reasoning/thinking*",
        apply=chain(
            on_request(at("/messages/*/content/*", _without_id)),
            on_json(at("/content/*", _with_id)),
            on_events(edit(having("/content_block"), at("/content_block", _with_id))),
        ),
    ),
    Variation(
        id="messages-null-citations",
        family="messages",
        sentence="The citations of text blocks are null.",
        why=f"`citations` is a list or null ({_TYPES}.TextBlock).",
        apply=chain(
            on_request(drop("/messages/*/content/*/citations")),
            on_json(at("/content/*", lambda block: {**block, "citations": None} if block["type"] == "text" else block)),
            on_events(edit(having("/content_block/text"), put("/content_block/citations", None))),
        ),
    ),
    Variation(
        id="messages-thinking-omitted",
        family="messages",
        sentence="Thinking blocks have no text, only their signature.",
        why="The display of thinking can be left out (https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking).",
        apply=_OMITTED,
        cases="messages/reasoning/thinking[* messages/reasoning/adaptive*",
        remarks=("case.reasoning",),
    ),
)
