"""Faults of tool calls: ids, names and stop reasons, streamed or not.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json

from conformance.reference.changes import Frame, at, chain, drop, on_events, on_json, put
from conformance.reference.changes.flows import Frames, both, edit, having, lose, of, precede
from conformance.reference.changes.frames import typed
from conformance.reference.changes.messages import on_calls
from conformance.reference.changes.values import add
from conformance.reference.faults.fault import Fault

TOOL = "messages/tools/forced*"
JSON_TOOL = "messages/tools/forced[stream=false]"
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
    shifted = edit(having("/index"), add("/index", 1))(passing)
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
        id="messages-tool-name-cut",
        family="messages",
        sentence="The name of a called tool is truncated.",
        rules=("messages.tool-use.declared", "messages.tool-choice.tool", "case.tool-called"),
        cases=TOOL,
        apply=on_calls(at("/name", lambda name: name[:-3])),
    ),
    Fault(
        id="messages-search-invented",
        family="messages",
        sentence="A message begins with a web search although the request has no such tool.",
        rules=("messages.server-tool-use.declared",),
        cases="messages/text/system-*[stream=false]",
        apply=on_json(at("/content", lambda content: [*_SEARCHED, *content])),
    ),
    Fault(
        id="messages-tool-stop-end-turn-after-text",
        family="messages",
        sentence="A stream with text and then a call ends with end_turn.",
        rules=("messages.tool-use.ends-turn", "case.answer-stop"),
        cases="messages/tools/auto[stream=true]",
        apply=on_events(_words_first, edit(of("message_delta"), put("/delta/stop_reason", "end_turn"))),
        url="https://github.com/maximhq/bifrost/issues/3638",
    ),
    Fault(
        id="messages-tool-as-text",
        family="messages",
        sentence="A call comes as text.",
        rules=("messages.tool-use.stop-reason", "messages.tool-choice.tool", "case.tool-called"),
        cases=JSON_TOOL,
        apply=on_json(at("/content/*", lambda block: {"type": "text", "text": json.dumps(block)})),
    ),
    Fault(
        id="messages-second-call-lost",
        family="messages",
        sentence="The second of two calls is lost.",
        rules=("case.tool-called",),
        cases=CALLS,
        apply=chain(on_json(drop("/content/1")), on_events(lose(_second))),
    ),
    Fault(
        id="messages-calls-merged",
        family="messages",
        sentence="Two calls become one block.",
        rules=("messages.stream.tool-input", "case.tool-called"),
        cases=STREAM_CALLS,
        apply=on_events(_merged),
    ),
)
