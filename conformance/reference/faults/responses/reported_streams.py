"""Defects of streams of Responses that were reported of real gateways, each as its report tells it."""

from __future__ import annotations

from conformance.reference.changes import Change, Frame, event, on_events, put, when
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.flows import (
    Flow,
    Frames,
    each,
    edit,
    lose,
    of,
    precede,
    stop_after,
)
from conformance.reference.changes.responses import counted, of_type, on_items
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.responses.places import END


def _cut_by(*others: Frame, where: str = "response.output_text.done") -> Flow:
    """Other events in the place of this one, which end the stream."""
    last = others[-1]

    def flow(passing: Frames) -> Frames:
        return stop_after(lambda frame: frame is last)(each(of(where), lambda _frame: others, 1)(passing))

    return flow


def _of_call(edit_: Edit) -> Change:
    return on_items(lambda place: of_type("function_call", place, edit_))


def _chunk(frame: Frame) -> list[Frame]:
    delta = {"index": 0, "delta": {"content": frame.json["delta"]}, "finish_reason": None}
    return [
        event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [delta]})
    ]


FAULTS = (
    Fault(
        id="responses-stream-ends-in-index-error",
        family="responses",
        sentence="A stream converted from chat chunks ends in an error after its deltas: a chunk has no choices.",
        rules=(
            "responses.stream.terminal",
            "case.answer-stop",
            "case.value",
            "error.code.status",
            "error.message.program-text",
            "responses.event.type",
            "responses.part.finished",
        ),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(
            _cut_by(
                event({"error": {"message": "list index out of range", "type": None, "param": None, "code": "500"}})
            )
        ),
        url="https://github.com/BerriAI/litellm/issues/42484",
    ),
    Fault(
        id="responses-keepalive-without-data",
        family="responses",
        sentence="While the model thinks, empty events with the name `keepalive` come.",
        rules=("sse.event.without-data",),
        cases="responses/reasoning/summary[stream=true]",
        apply=on_events(precede(of("response.in_progress"), Frame(b"event: keepalive\ndata:\n\n", "keepalive", ""))),
        url="https://github.com/diegosouzapw/OmniRoute/pull/1146",
    ),
    Fault(
        id="responses-lifecycle-missing",
        family="responses",
        sentence="Of a stream, only the first event, the whole text and the last event come.",
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
        id="responses-unnamed-upstream-fails",
        family="responses",
        sentence="A stream that upstream sent without names is taken for an empty one, and fails.",
        rules=("case.answer-text", "case.answer-stop", "case.value"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(
            lambda passing: stop_after(of("response.failed"))(
                edit(
                    of("response.in_progress"),
                    put("/type", "response.failed"),
                    put("/response/status", "failed"),
                    put("/response/error", {"code": "server_error", "message": "upstream returned no response"}),
                )(passing)
            )
        ),
        url="https://github.com/ranxianglei/billion-context/issues/549",
    ),
    Fault(
        id="responses-stream-of-chat",
        family="responses",
        sentence="A stream holds the chunks of Chat Completions and their end marker.",
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
