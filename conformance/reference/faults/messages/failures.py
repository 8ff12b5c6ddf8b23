"""Faults of Messages streams that fail, or that contain events of another API.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json
from dataclasses import replace

from conformance.core.model import JSON
from conformance.reference.changes import ERROR, event, on_answer, on_events, when
from conformance.reference.changes.flows import JSON_DATA, each, end, of
from conformance.reference.changes.frames import typed
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import whole, without

STREAM_TEXT = "messages/text/system-and-user[stream=true]"


_CHUNK: JSON = {
    "id": "chatcmpl-1",
    "object": "chat.completion.chunk",
    "created": 1735689600,
    "model": "reference-large",
    "choices": [{"index": 0, "delta": {"content": "Yes"}, "finish_reason": None}],
}


async def _streamed_refusal(_call: Call, answer: Answer) -> Answer:
    """The error as the only event of a stream, where it was to be the body of an error status."""
    if not ERROR(answer):
        return answer
    error = json.loads(b"".join([piece async for piece in answer.body]))
    headers = (*without(answer.headers, frozenset({"content-type", "content-length"})), _STREAM_TYPE)
    return replace(answer, status=200, headers=headers, body=whole(typed(error).raw))


_STREAM_TYPE = ("content-type", "text/event-stream; charset=utf-8")


FAULTS = (
    Fault(
        id="messages-only-chunks",
        family="messages",
        sentence="Streams are chunks of Chat Completions.",
        rules=(
            "messages.stream.unfinished",
            "messages.stream.foreign-event",
            "messages.stream.event-type",
            "sse.event.unnamed-messages",
            "sse.event.done-messages",
            "case.answer-text",
        ),
        cases=STREAM_TEXT,
        apply=on_events(each(JSON_DATA, lambda _frame: [event(_CHUNK)]), end(event("[DONE]"))),
    ),
    Fault(
        id="messages-event-type-null",
        family="messages",
        sentence="The type of a delta event is null.",
        rules=("messages.stream.event-type", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(
            each(of("content_block_delta"), lambda frame: [event({**frame.json, "type": None}, frame.name)])
        ),
    ),
    Fault(
        id="messages-event-not-json",
        family="messages",
        sentence="The data of one event is cut off.",
        rules=("sse.data.json", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(each(of("content_block_delta"), lambda frame: [event(frame.data[:-9], frame.name)], number=1)),
    ),
    Fault(
        id="messages-refusal-streamed",
        family="messages",
        sentence="A request that fails before its answer starts is answered with status 200 and an error event.",
        rules=("messages.stream.error-first", "case.refused"),
        cases="messages/errors/no-messages[stream=true]",
        apply=when(on_answer(_streamed_refusal), stream=True),
        url="https://github.com/headroomlabs-ai/headroom/pull/3083",
    ),
)
