"""Faults of Messages streams that fail, or that speak another family's language."""

from __future__ import annotations

import json
from dataclasses import replace

from conformance.model import JSON
from conformance.reference.changes import ERROR, drop, event, on_answer, on_events, when
from conformance.reference.changes.flows import (
    EVERY,
    JSON_DATA,
    each,
    edit,
    end,
    follow,
    having,
    lose,
    named,
    of,
    stop_after,
)
from conformance.reference.changes.frames import typed
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import whole, without

STREAM_TEXT = "messages/text/system-and-user[stream=true]"
_FAILURE = typed({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})

_FOREIGN_FAILURE: JSON = {
    "error": {"message": "The server had an error.", "type": "server_error", "param": None, "code": None}
}

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
        id="messages-foreign-chunk",
        family="messages",
        sentence="A chunk of Chat Completions comes between the events.",
        rules=("messages.stream.foreign-event", "messages.stream.event-type", "sse.event.unnamed-messages"),
        cases=STREAM_TEXT,
        apply=on_events(follow(of("message_start"), event(_CHUNK))),
    ),
    Fault(
        id="messages-foreign-event",
        family="messages",
        sentence="An event of Responses comes between the events.",
        rules=("messages.stream.foreign-event",),
        cases=STREAM_TEXT,
        apply=on_events(follow(of("message_start"), typed({"type": "response.in_progress"}))),
    ),
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
        id="messages-event-type-lost",
        family="messages",
        sentence="The data of events has no type.",
        rules=("messages.stream.unfinished", "messages.stream.event-type", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(JSON_DATA, drop("/type"))),
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
        id="messages-event-name-wrong",
        family="messages",
        sentence="Events are named message.",
        rules=("sse.event.name",),
        cases=STREAM_TEXT,
        apply=on_events(named(EVERY, "message")),
    ),
    Fault(
        id="messages-unknown-event",
        family="messages",
        sentence="An event of an unknown type comes.",
        rules=("messages.stream.unknown-event",),
        cases=STREAM_TEXT,
        apply=on_events(follow(of("message_start"), typed({"type": "progress", "percent": 5}))),
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
        id="messages-fails-after-end",
        family="messages",
        sentence="A stream that fails gives a stop_reason before its error.",
        rules=("messages.stream.error-after-end",),
        cases=STREAM_TEXT,
        apply=on_events(follow(of("message_delta"), _FAILURE), lose(of("message_stop"))),
        url="https://github.com/mozilla-ai/any-llm/pull/1151",
    ),
    Fault(
        id="messages-goes-on-after-error",
        family="messages",
        sentence="The message goes on after an error.",
        rules=("messages.stream.after-error",),
        cases=STREAM_TEXT,
        apply=on_events(follow(of("content_block_delta"), _FAILURE, number=1)),
    ),
    Fault(
        id="messages-error-foreign",
        family="messages",
        sentence="A stream fails with an error in the form of Chat Completions.",
        rules=(
            "messages.stream.unfinished",
            "messages.stream.foreign-event",
            "messages.stream.event-type",
            "sse.event.unnamed-messages",
            "case.answer-text",
            "case.answer-stop",
        ),
        cases=STREAM_TEXT,
        apply=on_events(
            follow(of("content_block_delta"), event(_FOREIGN_FAILURE), number=1), stop_after(having("/error"))
        ),
    ),
    Fault(
        id="messages-failure-hidden",
        family="messages",
        sentence="An upstream's failure is shown as an empty answer that ended its turn.",
        rules=("messages.content.says-something", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(lose(of("content_block_start", "content_block_delta", "content_block_stop"))),
        url="https://github.com/saberjack/SHTUCodeProxy/pull/4",
    ),
    Fault(
        id="messages-refusal-streamed",
        family="messages",
        sentence="A request that fails before its answer starts is answered with 200 and an error event.",
        rules=("messages.stream.error-first", "case.refused"),
        cases="messages/errors/no-messages[stream=true]",
        apply=when(on_answer(_streamed_refusal), stream=True),
        url="https://github.com/headroomlabs-ai/headroom/pull/3083",
    ),
)
