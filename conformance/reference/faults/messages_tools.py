"""Faults of tool calls: their ids, names and ends, streamed or not."""

from __future__ import annotations

import json

from conformance.reference.changes import Frame, at, chain, drop, on_events, on_json, put
from conformance.reference.changes.flows import Frames, both, edit, everywhere, having, lose, of, precede
from conformance.reference.changes.frames import typed
from conformance.reference.changes.messages import on_calls
from conformance.reference.faults.fault import Fault

TOOL = "messages/tools/forced*"
JSON_TOOL = "messages/tools/forced[stream=false]"
STREAM_TOOL = "messages/tools/forced[stream=true]"
CALLS = "messages/tools/parallel[*"
STREAM_CALLS = "messages/tools/parallel[stream=true]"

_SEARCHED = (
    {"type": "server_tool_use", "id": "srvtoolu_01", "name": "web_search", "input": {"query": ""}},
    {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_01", "content": []},
)


async def _words_first(passing: Frames) -> Frames:
    """A block of text before the first, whose place it takes."""
    start = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    words = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "I will look."}}
    block = (typed(start), typed(words), typed({"type": "content_block_stop", "index": 0}))
    shifted = edit(having("/index"), at("/index", lambda index: index + 1))(passing)
    async for frame in precede(of("content_block_start"), *block, number=1)(shifted):
        yield frame


def _second(frame: Frame) -> bool:
    return bool(frame.json.get("index") == 1)


async def _merged(passing: Frames) -> Frames:
    """The events of the second call between the first call's start and stop, with its index."""
    async for frame in lose(both(of("content_block_stop"), lambda frame: not _second(frame)))(passing):
        if not (frame.type == "content_block_start" and _second(frame)):
            yield frame.edited(put("/index", 0, new=False))


FAULTS = (
    Fault(
        "messages-tool-id-lost",
        "messages",
        "Tool calls have no id.",
        ("messages.tool-use.identity",),
        TOOL,
        on_calls("id", lambda place: drop(place)),
    ),
    Fault(
        "messages-tool-id-empty",
        "messages",
        "The id of tool calls is empty.",
        ("messages.tool-use.identity",),
        TOOL,
        on_calls("id", lambda place: put(place, "", new=False)),
    ),
    Fault(
        "messages-tool-id-null",
        "messages",
        "The id of tool calls is null.",
        ("messages.tool-use.identity",),
        TOOL,
        on_calls("id", lambda place: put(place, None, new=False)),
    ),
    Fault(
        "messages-tool-ids-alike",
        "messages",
        "All tool calls have the same id.",
        ("messages.tool-use.unique-ids",),
        CALLS,
        on_calls("id", lambda place: put(place, "toolu_1", new=False)),
    ),
    Fault(
        "messages-tool-name-lost",
        "messages",
        "Tool calls have no name.",
        (
            "messages.tool-choice.tool",
            "messages.tool-use.identity",
            "case.tool-called",
        ),
        TOOL,
        on_calls("name", lambda place: drop(place)),
    ),
    Fault(
        "messages-tool-name-empty",
        "messages",
        "The name of tool calls is empty.",
        (
            "messages.tool-choice.tool",
            "messages.tool-use.identity",
            "case.tool-called",
        ),
        TOOL,
        on_calls("name", lambda place: put(place, "", new=False)),
    ),
    Fault(
        "messages-tool-name-prefixed",
        "messages",
        "The name of a called tool has a prefix.",
        (
            "messages.tool-use.declared",
            "messages.tool-choice.tool",
            "case.tool-called",
        ),
        TOOL,
        on_calls("name", lambda place: at(place, lambda name: f"proxy_{name}")),
    ),
    Fault(
        "messages-tool-name-cut",
        "messages",
        "The name of a called tool is cut off.",
        (
            "messages.tool-use.declared",
            "messages.tool-choice.tool",
            "case.tool-called",
        ),
        TOOL,
        on_calls("name", lambda place: at(place, lambda name: name[:-3])),
    ),
    Fault(
        "messages-search-invented",
        "messages",
        "A message begins with a search of the web that the request has no tool for.",
        ("messages.tool-use.declared",),
        "messages/text/system-*[stream=false]",
        on_json(at("/content", lambda content: [*_SEARCHED, *content])),
    ),
    Fault(
        "messages-tool-stop-end-turn",
        "messages",
        "A message with a call ends with end_turn.",
        (
            "messages.tool-use.ends-turn",
            "case.answer-stop",
        ),
        TOOL,
        everywhere(put("/stop_reason", "end_turn", new=False), put("/delta/stop_reason", "end_turn", new=False)),
    ),
    Fault(
        "messages-tool-stop-end-turn-after-text",
        "messages",
        "A stream with text and then a call ends with end_turn.",
        (
            "messages.tool-use.ends-turn",
            "case.answer-stop",
        ),
        "messages/tools/auto[stream=true]",
        on_events(_words_first, edit(of("message_delta"), put("/delta/stop_reason", "end_turn"))),
        "https://github.com/maximhq/bifrost/issues/3638",
    ),
    Fault(
        "messages-tool-stop-pause",
        "messages",
        "A message with a call ends with pause_turn.",
        (
            "messages.tool-use.ends-turn",
            "case.answer-stop",
        ),
        TOOL,
        everywhere(put("/stop_reason", "pause_turn", new=False), put("/delta/stop_reason", "pause_turn", new=False)),
    ),
    Fault(
        "messages-tool-stop-without-call",
        "messages",
        "An answer in words ends with tool_use.",
        (
            "messages.tool-use.stop-reason",
            "case.answer-stop",
        ),
        "messages/tools/auto-without-need*",
        everywhere(put("/stop_reason", "tool_use", new=False), put("/delta/stop_reason", "tool_use", new=False)),
    ),
    Fault(
        "messages-tool-call-of-chat",
        "messages",
        "A call is a block of the type function_call.",
        (
            "messages.tool-use.stop-reason",
            "messages.tool-choice.tool",
            "messages.content.foreign-type",
            "case.tool-called",
        ),
        JSON_TOOL,
        on_json(put("/content/*/type", "function_call")),
    ),
    Fault(
        "messages-tool-as-text",
        "messages",
        "A call comes as text.",
        (
            "messages.tool-use.stop-reason",
            "messages.tool-choice.tool",
            "case.tool-called",
        ),
        JSON_TOOL,
        on_json(at("/content/*", lambda block: {"type": "text", "text": json.dumps(block)})),
    ),
    Fault(
        "messages-second-call-lost",
        "messages",
        "The second of two calls is lost.",
        ("case.tool-called",),
        CALLS,
        chain(on_json(drop("/content/1")), on_events(lose(_second))),
    ),
    Fault(
        "messages-calls-merged",
        "messages",
        "Two calls become one block.",
        (
            "messages.stream.tool-input",
            "case.tool-called",
        ),
        STREAM_CALLS,
        on_events(_merged),
    ),
)
