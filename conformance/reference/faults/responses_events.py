"""Faults of single events of a Responses stream: what each of them must carry."""

from __future__ import annotations

from conformance.reference.changes import drop, on_events, put
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.flows import JSON_DATA, Where, edit, having
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.responses_places import (
    ADDED,
    ARGUMENTS,
    ARGUMENTS_DONE,
    BOTH,
    CALL,
    CREATED,
    DELTA,
    DONE,
    END,
    PART_ADDED,
    PART_DONE,
    SUMMARY_DELTA,
    TEXT,
    THOUGHT,
    TOLD,
)


def _member(id_: str, sentence: str, rules: tuple[str, ...], where: Where, edits: Edit, cases: str = TEXT) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, on_events(edit(where, edits)))


FAULTS = (
    _member(
        "event-type-lost",
        "The data of an event has no type.",
        ("responses.event.type", "responses.delta.text"),
        DELTA,
        drop("/type"),
    ),
    _member(
        "sequence-null",
        "`sequence_number` is null.",
        ("responses.event.sequence-number",),
        JSON_DATA,
        put("/sequence_number", None),
    ),
    _member(
        "sequence-text",
        "`sequence_number` is a text.",
        ("responses.event.sequence-number",),
        JSON_DATA,
        put("/sequence_number", "7"),
    ),
    _member(
        "output-index-lost",
        "Deltas have no output_index.",
        (
            "responses.event.output-index",
            "responses.delta.text",
            "responses.item.added-first",
            "responses.part.added-first",
            "responses.part.finished",
        ),
        DELTA,
        drop("/output_index"),
    ),
    _member(
        "output-index-null",
        "`output_index` of a delta is null.",
        (
            "responses.event.output-index",
            "responses.delta.text",
            "responses.item.added-first",
            "responses.part.added-first",
            "responses.part.finished",
        ),
        DELTA,
        put("/output_index", None),
    ),
    _member(
        "item-output-index-lost",
        "Items are added without an output_index.",
        ("responses.event.output-index", "responses.item.added-first", "responses.output.announced"),
        ADDED,
        drop("/output_index"),
        BOTH,
    ),
    _member("item-id-lost", "Deltas have no item_id.", ("responses.event.item-id",), DELTA, drop("/item_id")),
    _member(
        "arguments-item-id-lost",
        "Deltas of arguments have no item_id.",
        ("responses.event.item-id",),
        ARGUMENTS,
        drop("/item_id"),
        CALL,
    ),
    _member(
        "content-index-lost",
        "Deltas have no content_index.",
        ("responses.event.part-index", "responses.part.added-first", "responses.part.finished"),
        DELTA,
        drop("/content_index"),
    ),
    _member(
        "summary-index-lost",
        "Deltas of a summary have no summary_index.",
        ("responses.event.part-index", "responses.summary.added-first", "responses.summary.order"),
        SUMMARY_DELTA,
        drop("/summary_index"),
        THOUGHT,
    ),
    _member(
        "delta-lost",
        "Delta events have no delta.",
        ("responses.event.delta", "responses.delta.text"),
        DELTA,
        drop("/delta"),
    ),
    _member(
        "delta-object",
        "The delta of a text is an object.",
        ("responses.event.delta", "responses.delta.text"),
        DELTA,
        put("/delta", {"text": "Hi"}),
    ),
    _member(
        "arguments-delta-object",
        "The delta of arguments is an object.",
        ("responses.event.delta", "responses.delta.arguments"),
        ARGUMENTS,
        put("/delta", {}),
        CALL,
    ),
    _member("told-text-lost", "The done event of a text has no text.", ("responses.event.value",), TOLD, drop("/text")),
    _member(
        "told-arguments-lost",
        "The done event of arguments has none.",
        ("responses.event.value", "responses.item.streamed"),
        ARGUMENTS_DONE,
        drop("/arguments"),
        CALL,
    ),
    _member(
        "item-lost",
        "Items are added without the item.",
        ("responses.event.item", "responses.output.announced", "responses.output.complete"),
        ADDED,
        drop("/item"),
        BOTH,
    ),
    _member(
        "done-item-lost",
        "Items are done without the item.",
        ("responses.event.item", "responses.item.done"),
        DONE,
        drop("/item"),
        BOTH,
    ),
    _member(
        "added-part-lost", "Parts are added without the part.", ("responses.event.part",), PART_ADDED, drop("/part")
    ),
    _member(
        "done-part-null",
        "Parts are done with null for the part.",
        ("responses.part.shape",),
        PART_DONE,
        put("/part", None),
    ),
    _member(
        "created-bare",
        "`response.created` comes without the response.",
        ("responses.event.response",),
        CREATED,
        drop("/response"),
    ),
    _member(
        "completed-bare",
        "`response.completed` comes without the response.",
        ("responses.event.response", "case.answer-stop", "case.value"),
        END,
        drop("/response"),
    ),
    _member(
        "event-logprobs-lost", "Text events have no logprobs.", ("responses.event.logprobs",), DELTA, drop("/logprobs")
    ),
    _member(
        "wrong-item-id",
        "Deltas name an item that does not exist.",
        ("responses.event.item-id-agrees",),
        DELTA,
        put("/item_id", "msg_0"),
    ),
    _member(
        "arguments-of-other-item",
        "Arguments name an item that does not exist.",
        ("responses.event.item-id-agrees",),
        ARGUMENTS,
        put("/item_id", "fc_0"),
        CALL,
    ),
    _member(
        "items-from-one",
        "Items are counted from 1.",
        ("responses.event.output-index-row", "responses.output.position"),
        having("/output_index"),
        put("/output_index", 1),
        BOTH,
    ),
    _member(
        "parts-from-one",
        "Parts are counted from 1.",
        ("responses.event.part-index-row", "responses.done.item", "responses.item.streamed"),
        having("/content_index"),
        put("/content_index", 1),
    ),
    _member(
        "created-completed",
        "A response is completed when it is created.",
        ("responses.stream.initial-status", "responses.usage.present"),
        CREATED,
        put("/response/status", "completed"),
    ),
    _member(
        "created-with-usage",
        "A response that was just created has usage.",
        ("responses.stream.created-empty",),
        CREATED,
        put(
            "/response/usage",
            {
                "input_tokens": 1,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": 0,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 1,
            },
        ),
    ),
    _member(
        "end-in-progress",
        "The last response is in progress.",
        ("responses.stream.terminal-status", "case.answer-stop", "case.value", "responses.status.completed-at"),
        END,
        put("/response/status", "in_progress"),
    ),
    _member(
        "new-id-at-end",
        "The last response has another id.",
        ("responses.stream.same-id",),
        END,
        put("/response/id", "resp_0"),
    ),
    _member(
        "new-model-at-end",
        "The last response names another model.",
        ("responses.stream.same-model",),
        END,
        put("/response/model", "upstream-model"),
    ),
    _member(
        "new-time-at-end",
        "The last response has another time.",
        ("responses.stream.same-time",),
        END,
        put("/response/created_at", 1700000000),
    ),
)
