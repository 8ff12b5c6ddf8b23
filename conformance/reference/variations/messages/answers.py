"""What Messages may look like besides the usual."""

from __future__ import annotations

from collections.abc import AsyncIterator

from conformance.model import JSON
from conformance.reference.changes import (
    Frame,
    at,
    chain,
    drop,
    drop_header,
    on_events,
    on_json,
    on_request,
    put,
)
from conformance.reference.changes.documents import all_of
from conformance.reference.changes.flows import (
    edit,
    everywhere,
    having,
    lose,
    of,
)
from conformance.reference.changes.frames import typed
from conformance.reference.changes.messages import on_message, on_usage
from conformance.reference.changes.respelled import respelled
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


_OMITTED = chain(
    on_json(at("/content/*", lambda block: {**block, "thinking": ""} if block["type"] == "thinking" else block)),
    on_events(lose(having("/delta/thinking"))),
)

VARIATIONS = (
    Variation(
        id="messages-unknown-members",
        family="messages",
        sentence="Messages, blocks, usage, deltas and events have members that nobody knows.",
        why=ANTHROPIC_OPEN,
        apply=chain(
            on_request(drop("/messages/*/content/*/x_note")),
            on_message(lambda root: put(f"{root}/x_notes", [1, "two", None, {"three": 3}])),
            on_usage(lambda root: put(f"{root}/x_cost", 0.0042)),
            everywhere(
                put("/content/*/x_note", "kept"), put("/content_block/x_note", "kept"), put("/delta/x_note", "k")
            ),
            on_events(edit(having("/type"), put("/x_trace", {"span": "a1"}))),
        ),
    ),
    Variation(
        id="messages-other-ids",
        family="messages",
        sentence="Ids of messages and calls have other forms.",
        why="Ids are opaque; their form and length may change (https://docs.anthropic.com/en/api/overview).",
        apply=chain(respelled("msg_", "msg_bdrk_"), respelled("toolu_", "call-")),
    ),
    Variation(
        id="messages-resolved-model",
        family="messages",
        sentence="The answer names the dated model that the name stands for.",
        why=f"`model` is the model that wrote the answer, not the name that was asked for ({_OBJECT}).",
        apply=on_message(lambda root: at(f"{root}/model", lambda name: f"{name}-20260807")),
    ),
    Variation(
        id="messages-unknown-block",
        family="messages",
        sentence="A block of a type that nobody knows ends the content.",
        why=ANTHROPIC_OPEN,
        apply=chain(on_request(_foreign_blocks_back), on_json(_with_foreign_block), on_events(_foreign_block_last)),
    ),
    Variation(
        id="messages-few-counts",
        family="messages",
        sentence="The usage counts input and output tokens, and nothing else.",
        why=f"All other counts are optional ({_TYPES}.Usage).",
        apply=on_usage(
            lambda root: all_of(
                drop(f"{root}/cache_creation_input_tokens"),
                drop(f"{root}/cache_read_input_tokens"),
                drop(f"{root}/cache_creation"),
                drop(f"{root}/output_tokens_details"),
                drop(f"{root}/service_tier"),
                drop(f"{root}/inference_geo"),
            )
        ),
    ),
    Variation(
        id="messages-null-counts",
        family="messages",
        sentence="Optional members of the usage are null.",
        why=f"They may be null ({_TYPES}.Usage).",
        apply=on_usage(
            lambda root: all_of(
                put(f"{root}/cache_creation_input_tokens", None),
                put(f"{root}/cache_read_input_tokens", None),
                put(f"{root}/cache_creation", None),
                put(f"{root}/server_tool_use", None),
                put(f"{root}/service_tier", None),
            )
        ),
    ),
    Variation(
        id="messages-more-counts",
        family="messages",
        sentence="The usage counts the uses of the server's tools, and the sum of all tokens.",
        why=f"{ANTHROPIC_OPEN} `server_tool_use` is documented ({_TYPES}.ServerToolUsage).",
        apply=chain(
            on_usage(lambda root: put(f"{root}/server_tool_use", {"web_search_requests": 0})),
            on_usage(lambda root: put(f"{root}/total_tokens", 17)),
        ),
    ),
    Variation(
        id="messages-null-members",
        family="messages",
        sentence="Optional members of the message and its end are null.",
        why=f"They are optional and may be null ({_TYPES}.Message, {_TYPES}.raw_message_delta_event).",
        apply=chain(
            on_message(lambda root: put(f"{root}/container", None)),
            on_message(lambda root: put(f"{root}/diagnostics", None)),
            on_events(edit(of("message_delta"), put("/delta/container", None), put("/delta/stop_details", None))),
        ),
    ),
    Variation(
        id="messages-no-optional-members",
        family="messages",
        sentence="Optional members of the message and its blocks are left out.",
        why=f"They are optional ({_TYPES}.Message, {_TYPES}.ToolUseBlock).",
        apply=everywhere(
            drop("/stop_details"),
            drop("/message/stop_details"),
            drop("/delta/stop_details"),
            drop("/content/*/caller"),
            drop("/content_block/caller"),
        ),
    ),
    Variation(
        id="messages-context-management",
        family="messages",
        sentence="The answer tells what was done to its context.",
        why="Beta features add it to the message and to message_delta (anthropic.types.beta.BetaMessage).",
        apply=chain(
            on_json(put("/context_management", {"applied_edits": []})),
            on_events(edit(of("message_delta"), put("/context_management", {"applied_edits": []}))),
        ),
    ),
    Variation(
        id="messages-null-citations",
        family="messages",
        sentence="Text blocks have citations, which are null.",
        why=f"`citations` is a list or null ({_TYPES}.TextBlock).",
        apply=chain(
            on_request(drop("/messages/*/content/*/citations")),
            on_json(at("/content/*", lambda block: {**block, "citations": None} if block["type"] == "text" else block)),
            on_events(edit(having("/content_block/text"), put("/content_block/citations", None))),
        ),
    ),
    Variation(
        id="messages-empty-citations",
        family="messages",
        sentence="Text blocks have an empty list of citations where they start.",
        why=f"`citations` is a list or null ({_TYPES}.TextBlock); anthropic-sdk-python appends to it.",
        apply=on_events(edit(having("/content_block/text"), put("/content_block/citations", []))),
        cases="messages/text/*stream=true]",
    ),
    Variation(
        id="messages-thinking-omitted",
        family="messages",
        sentence="Thinking blocks hold no words, only their signature.",
        why="The display of thinking can be left out (https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking).",
        apply=_OMITTED,
        cases="messages/reasoning/thinking[* messages/reasoning/adaptive*",
        remarks=("case.reasoning",),
    ),
    Variation(
        id="messages-new-tier",
        family="messages",
        sentence="The service tier is one that is not documented yet.",
        why=ANTHROPIC_OPEN,
        apply=on_usage(lambda root: put(f"{root}/service_tier", "ultra")),
    ),
    Variation(
        id="messages-request-id-alone",
        family="messages",
        sentence="Answers have the `request-id` header and not OpenAI's `x-request-id`.",
        why="Anthropic sends `request-id` alone, and its SDK reads no other.",
        apply=drop_header("x-request-id"),
    ),
)
