"""Defects of streams of Responses that were reported of real gateways, each as its report tells it."""

from __future__ import annotations

from conformance.reference.changes import Change, Frame, at, chain, drop, event, on_events, put, when
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.flows import (
    JSON_DATA,
    Flow,
    Frames,
    begin,
    each,
    edit,
    having,
    lose,
    of,
    precede,
    stop_after,
)
from conformance.reference.changes.frames import typed
from conformance.reference.changes.responses import counted, of_type, on_items
from conformance.reference.changes.values import backwards
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.responses.places import CREATED, DONE, END


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


_LISTED = [
    typed(
        {"type": f"response.mcp_list_tools.{step}", "item_id": "mcpl_1", "output_index": 0, "sequence_number": number}
    )
    for number, step in enumerate(("in_progress", "completed"))
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
        id="responses-progress-bare",
        family="responses",
        sentence="`response.in_progress` lacks output and error, and items lack their status.",
        rules=(
            "responses.object.output",
            "responses.function-call.status",
            "responses.message.status",
            "responses.object.nullable",
        ),
        cases="responses/text/input-text[stream=true] responses/tools/forced[stream=true]",
        apply=on_events(
            edit(
                of("response.in_progress"), *(drop(f"/response/{name}") for name in ("output", "background", "error"))
            ),
            edit(having("/item"), drop("/item/status")),
        ),
        url="https://github.com/diegosouzapw/OmniRoute/issues/13964",
    ),
    Fault(
        id="responses-sequence-lost",
        family="responses",
        sentence="Events have no sequence_number.",
        rules=("responses.event.sequence-number",),
        cases="responses/text/input-text[stream=true] responses/tools/forced[stream=true]",
        apply=on_events(edit(JSON_DATA, drop("/sequence_number"))),
        url="https://github.com/onyx-dot-app/onyx/pull/13624",
    ),
    Fault(
        id="responses-sequence-constant",
        family="responses",
        sentence="All events have the sequence_number 0, and usage lacks its details.",
        rules=("responses.stream.sequence", "responses.usage.details"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(
            edit(JSON_DATA, put("/sequence_number", 0)),
            edit(
                END,
                *(drop(f"/response/{name}") for name in ("usage/input_tokens_details", "usage/output_tokens_details")),
            ),
            edit(having("/response"), drop("/response/text/format")),
        ),
        url="https://github.com/BerriAI/litellm/pull/28899",
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
        id="responses-failure-outside-of-response",
        family="responses",
        sentence="`response.failed` has null for the error, which stands beside the response.",
        rules=("responses.status.error", "case.answer-stop", "case.value"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(
            edit(
                END,
                put("/type", "response.failed"),
                put("/response/status", "failed"),
                put("/error", {"code": "server_error", "message": "The upstream failed."}),
            )
        ),
        url="https://github.com/openai/codex/issues/24973",
    ),
    Fault(
        id="responses-item-id-empty",
        family="responses",
        sentence="`item_id` is an empty text, and all content is at index 0, where the model reasons.",
        rules=("responses.event.item-id",),
        cases="responses/reasoning/summary[stream=true]",
        apply=when(on_events(edit(having("/item_id"), put("/item_id", ""))), reasoning=True),
        url="https://github.com/vllm-project/vllm/pull/24788",
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
        id="responses-output-index-missing",
        family="responses",
        sentence="No event has an output_index, calls have no id, and the first response lacks its model and its time.",
        rules=(
            "responses.event.output-index",
            "responses.function-call.id",
            "responses.object.model",
            "responses.object.time",
            "responses.output.announced",
        ),
        cases="responses/tools/forced[stream=true]",
        apply=chain(
            on_events(
                edit(having("/output_index"), drop("/output_index")),
                edit(CREATED, drop("/response/created_at"), drop("/response/model")),
            ),
            _of_call(drop("/id")),
        ),
        url="https://github.com/ggml-org/llama.cpp/issues/20607",
    ),
    Fault(
        id="responses-created-without-model",
        family="responses",
        sentence="The first response names no model, and the last one has no usage.",
        rules=("responses.object.model", "responses.usage.present"),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(edit(CREATED, drop("/response/model")), edit(END, drop("/response/usage"))),
        url="https://github.com/router-for-me/CLIProxyAPI/issues/1681",
    ),
    Fault(
        id="responses-events-before-created",
        family="responses",
        sentence="Events of MCP come before the first one, and the done events of items have no sequence_number.",
        rules=(
            "responses.stream.created-first",
            "responses.event.sequence-number",
            "responses.stream.created-once",
            "responses.stream.sequence",
        ),
        cases="responses/text/input-text[stream=true]",
        apply=on_events(begin(*_LISTED), edit(DONE, drop("/sequence_number"))),
        url="https://github.com/BerriAI/litellm/issues/19130",
    ),
    Fault(
        id="responses-output-index-fixed",
        family="responses",
        sentence="All items have the output_index 0, and their done events carry no item.",
        rules=(
            "responses.item.index-once",
            "responses.event.item",
            "responses.delta.arguments",
            "responses.event.item-id-agrees",
            "responses.function-call.nothing-after-told",
            "responses.item.done",
            "responses.item.nothing-after-done",
            "responses.output.announced",
        ),
        cases="responses/tools/parallel[stream=true]",
        apply=on_events(edit(having("/output_index"), put("/output_index", 0)), edit(DONE, drop("/item"))),
        url="https://github.com/maximhq/bifrost/pull/604",
    ),
    Fault(
        id="responses-final-order-fixed",
        family="responses",
        sentence="The final output has the reasoning at its end, whatever came first.",
        rules=("responses.output.position",),
        cases="responses/reasoning/summary[stream=true]",
        apply=on_events(edit(END, at("/response/output", backwards))),
        url="https://github.com/invergent-ai/surogate/issues/175",
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
