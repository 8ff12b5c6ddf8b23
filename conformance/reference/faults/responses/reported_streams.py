"""Reported defects of real gateways: streams of Responses.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import Change, Frame, event, on_events, when
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.flows import each, lose, of
from conformance.reference.changes.responses import counted, of_type, on_items
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.responses.places import END


def _of_call(edit_: Edit) -> Change:
    return on_items(lambda place: of_type("function_call", place, edit_))


def _chunk(frame: Frame) -> list[Frame]:
    delta = {"index": 0, "delta": {"content": frame.json["delta"]}, "finish_reason": None}
    return [
        event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [delta]})
    ]


FAULTS = (
    Fault(
        id="responses-lifecycle-missing",
        family="responses",
        sentence="A stream has only the first event, the whole text and the last event.",
        rules=(
            "responses.item.added-first",
            "responses.output.announced",
            "responses.part.added-first",
            "responses.part.finished",
        ),
        cases="responses/text/input-text[stream=true]",
        apply=counted(
            lose(
                lambda frame: frame.type not in ("response.created", "response.output_text.done", "response.completed")
            )
        ),
        url="https://github.com/Sophomoresty/gemini-web2api/pull/57",
    ),
    Fault(
        id="responses-stream-of-chat",
        family="responses",
        sentence="A stream consists of chunks of Chat Completions and their end marker.",
        rules=(
            "responses.stream.foreign-event",
            "case.answer-text",
            "case.value",
            "responses.event.type",
            "responses.stream.terminal",
        ),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(
            lose(lambda frame: frame.type not in ("response.output_text.delta", "response.completed")),
            each(of("response.output_text.delta"), _chunk),
            each(END, lambda _frame: [event("[DONE]")]),
        ),
        url="https://github.com/vllm-project/semantic-router/issues/2446",
    ),
    Fault(
        id="responses-id-is-call-id-when-streaming",
        family="responses",
        sentence="The id of a call is its call_id, but only while streaming.",
        rules=("responses.function-call.two-ids", "responses.event.item-id-agrees"),
        cases="responses/tools/forced*",
        apply=when(_of_call(lambda call: {**call, "id": call["call_id"]}), stream=True),
        url="https://github.com/Oaklight/llm-rosetta/issues/401",
    ),
)
