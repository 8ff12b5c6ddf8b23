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
from conformance.reference.changes.responses import counted, on_items
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.responses_items import of_type
from conformance.reference.faults.responses_places import CALL, CALLS, CREATED, DONE, END, TEXT, THOUGHT

_GITHUB = "https://github.com"


def _report(id_: str, sentence: str, rules: tuple[str, ...], cases: str, change: Change, url: str) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, change, f"{_GITHUB}/{url}")


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
    _report(
        "stream-ends-in-index-error",
        "A stream that is made of chat chunks ends in an error after its deltas, because a chunk has no choices.",
        (
            "responses.stream.terminal",
            "case.answer-stop",
            "case.value",
            "error.code.status",
            "error.message.program-text",
            "responses.event.type",
            "responses.part.finished",
        ),
        TEXT,
        on_events(
            _cut_by(
                event({"error": {"message": "list index out of range", "type": None, "param": None, "code": "500"}})
            )
        ),
        "BerriAI/litellm/issues/42484",
    ),
    _report(
        "keepalive-without-data",
        "While the model thinks, empty events with the name `keepalive` come.",
        ("sse.event.without-data",),
        THOUGHT,
        on_events(precede(of("response.in_progress"), Frame(b"event: keepalive\ndata:\n\n", "keepalive", ""))),
        "diegosouzapw/OmniRoute/pull/1146",
    ),
    _report(
        "progress-bare",
        "`response.in_progress` lacks output and error, and items lack their status.",
        (
            "responses.object.output",
            "responses.function-call.status",
            "responses.message.status",
            "responses.object.nullable",
        ),
        f"{TEXT} {CALL}",
        on_events(
            edit(
                of("response.in_progress"), *(drop(f"/response/{name}") for name in ("output", "background", "error"))
            ),
            edit(having("/item"), drop("/item/status")),
        ),
        "diegosouzapw/OmniRoute/issues/13964",
    ),
    _report(
        "sequence-lost",
        "Events have no sequence_number.",
        ("responses.event.sequence-number",),
        f"{TEXT} {CALL}",
        on_events(edit(JSON_DATA, drop("/sequence_number"))),
        "onyx-dot-app/onyx/pull/13624",
    ),
    _report(
        "sequence-constant",
        "All events have the sequence_number 0, and usage lacks its details.",
        ("responses.stream.sequence", "responses.usage.details"),
        TEXT,
        on_events(
            edit(JSON_DATA, put("/sequence_number", 0)),
            edit(
                END,
                *(drop(f"/response/{name}") for name in ("usage/input_tokens_details", "usage/output_tokens_details")),
            ),
            edit(having("/response"), drop("/response/text/format")),
        ),
        "BerriAI/litellm/pull/28899",
    ),
    _report(
        "lifecycle-missing",
        "Of a stream, only the first event, the whole text and the last event come.",
        (
            "responses.item.added-first",
            "responses.output.announced",
            "responses.part.added-first",
            "responses.part.finished",
        ),
        TEXT,
        counted(
            lose(
                lambda frame: frame.type not in ("response.created", "response.output_text.done", "response.completed")
            )
        ),
        "Sophomoresty/gemini-web2api/pull/57",
    ),
    _report(
        "failure-outside-of-response",
        "`response.failed` has null for the error, which stands beside the response.",
        ("responses.status.error", "case.answer-stop", "case.value"),
        TEXT,
        on_events(
            edit(
                END,
                put("/type", "response.failed"),
                put("/response/status", "failed"),
                put("/error", {"code": "server_error", "message": "The upstream failed."}),
            )
        ),
        "openai/codex/issues/24973",
    ),
    _report(
        "item-id-empty",
        "`item_id` is an empty text, and all content is at index 0, where the model reasons.",
        ("responses.event.item-id",),
        THOUGHT,
        when(on_events(edit(having("/item_id"), put("/item_id", ""))), reasoning=True),
        "vllm-project/vllm/pull/24788",
    ),
    _report(
        "unnamed-upstream-fails",
        "A stream that upstream sent without names is taken for an empty one, and fails.",
        ("case.answer-text", "case.answer-stop", "case.value"),
        TEXT,
        on_events(
            lambda passing: stop_after(of("response.failed"))(
                edit(
                    of("response.in_progress"),
                    put("/type", "response.failed"),
                    put("/response/status", "failed"),
                    put("/response/error", {"code": "server_error", "message": "upstream returned no response"}),
                )(passing)
            )
        ),
        "ranxianglei/billion-context/issues/549",
    ),
    _report(
        "stream-of-chat",
        "A stream holds the chunks of Chat Completions and their end marker.",
        (
            "responses.stream.foreign-event",
            "case.answer-text",
            "case.value",
            "responses.event.type",
            "responses.stream.terminal",
        ),
        TEXT,
        on_events(
            lose(lambda frame: frame.type not in ("response.output_text.delta", "response.completed")),
            each(of("response.output_text.delta"), _chunk),
            each(END, lambda _frame: [event("[DONE]")]),
        ),
        "vllm-project/semantic-router/issues/2446",
    ),
    _report(
        "output-index-missing",
        "No event has an output_index, calls have no id, and the first response lacks its model and its time.",
        (
            "responses.event.output-index",
            "responses.function-call.id",
            "responses.object.model",
            "responses.object.time",
            "responses.output.announced",
        ),
        CALL,
        chain(
            on_events(
                edit(having("/output_index"), drop("/output_index")),
                edit(CREATED, drop("/response/created_at"), drop("/response/model")),
            ),
            _of_call(drop("/id")),
        ),
        "ggml-org/llama.cpp/issues/20607",
    ),
    _report(
        "created-without-model",
        "The first response names no model, and the last one has no usage.",
        ("responses.object.model", "responses.usage.present"),
        TEXT,
        on_events(edit(CREATED, drop("/response/model")), edit(END, drop("/response/usage"))),
        "router-for-me/CLIProxyAPI/issues/1681",
    ),
    _report(
        "events-before-created",
        "Events of MCP come before the first one, and the done events of items have no sequence_number.",
        (
            "responses.stream.created-first",
            "responses.event.sequence-number",
            "responses.stream.created-once",
            "responses.stream.sequence",
        ),
        TEXT,
        on_events(begin(*_LISTED), edit(DONE, drop("/sequence_number"))),
        "BerriAI/litellm/issues/19130",
    ),
    _report(
        "output-index-fixed",
        "All items have the output_index 0, and their done events carry no item.",
        (
            "responses.item.index-once",
            "responses.event.item",
            "responses.delta.arguments",
            "responses.event.item-id-agrees",
            "responses.function-call.nothing-after-told",
            "responses.item.done",
            "responses.item.nothing-after-done",
            "responses.output.announced",
        ),
        CALLS,
        on_events(edit(having("/output_index"), put("/output_index", 0)), edit(DONE, drop("/item"))),
        "maximhq/bifrost/pull/604",
    ),
    _report(
        "final-order-fixed",
        "The final output has the reasoning at its end, whatever came first.",
        ("responses.output.position",),
        THOUGHT,
        on_events(edit(END, at("/response/output", lambda output: output[::-1]))),
        "invergent-ai/surogate/issues/175",
    ),
    _report(
        "id-is-call-id-when-streaming",
        "The id of a call is its call_id, but only while streaming.",
        ("responses.function-call.two-ids", "responses.event.item-id-agrees"),
        "responses/tools/forced*",
        when(_of_call(lambda call: {**call, "id": call["call_id"]}), stream=True),
        "Oaklight/llm-rosetta/issues/401",
    ),
)
