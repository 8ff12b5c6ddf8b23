"""Faults of the order of a Responses stream: each of its events lost, doubled or moved."""

from __future__ import annotations

from conformance.reference.changes import on_events, put
from conformance.reference.changes.flows import Flow, Frames, double, edit, hold, lose, of
from conformance.reference.changes.responses import counted
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
    SUMMARY_ADDED,
    SUMMARY_DELTA,
    SUMMARY_DONE,
    SUMMARY_TOLD,
    TEXT,
    THOUGHT,
    TOLD,
)


def _order(id_: str, sentence: str, rules: tuple[str, ...], flow: Flow, cases: str = TEXT) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, counted(flow))


def _without_item(passing: Frames) -> Frames:
    """Items are never done, and are not in the final output either."""
    return edit(END, put("/response/output", []))(lose(DONE)(passing))


_LOST = (
    _order("created-dropped", "`response.created` is lost.", ("responses.stream.created-first",), lose(CREATED)),
    _order(
        "in-progress-dropped",
        "`response.in_progress` is lost.",
        ("responses.stream.in-progress",),
        lose(of("response.in_progress")),
    ),
    _order(
        "item-added-dropped",
        "No item is added.",
        ("responses.item.added-first", "responses.output.announced"),
        lose(ADDED),
        BOTH,
    ),
    _order("part-added-dropped", "No part is added.", ("responses.part.added-first",), lose(PART_ADDED)),
    _order("deltas-dropped", "The deltas of a text are lost.", ("responses.delta.text",), lose(DELTA)),
    _order("delta-dropped", "The first delta of a text is lost.", ("responses.delta.text",), lose(DELTA, 1)),
    _order("told-dropped", "The done event of a text is lost.", ("responses.part.told",), lose(TOLD)),
    _order("part-done-dropped", "The done event of a part is lost.", ("responses.part.finished",), lose(PART_DONE)),
    _order(
        "item-done-dropped",
        "The done event of a call is lost.",
        ("responses.item.done",),
        lose(DONE),
        CALL,
    ),
    _order(
        "message-done-dropped",
        "The done event of a message is lost.",
        ("responses.item.done",),
        lose(DONE),
    ),
    _order(
        "item-forgotten",
        "A call is never done, and is not in the final object either.",
        (
            "responses.item.finished",
            "case.tool-called",
            "responses.output.not-empty",
            "responses.request.tool-choice-named",
        ),
        _without_item,
        CALL,
    ),
    _order(
        "completed-dropped",
        "`response.completed` is lost.",
        ("responses.stream.terminal", "case.answer-stop", "case.value"),
        lose(END),
    ),
    _order(
        "arguments-dropped", "The deltas of arguments are lost.", ("responses.delta.arguments",), lose(ARGUMENTS), CALL
    ),
    _order(
        "arguments-done-dropped",
        "The done event of arguments is lost.",
        ("responses.item.streamed",),
        lose(ARGUMENTS_DONE),
        CALL,
    ),
    _order(
        "summary-added-dropped",
        "The parts of a summary are not added.",
        ("responses.summary.added-first",),
        lose(SUMMARY_ADDED),
        THOUGHT,
    ),
    _order(
        "summary-delta-dropped",
        "A delta of a summary is lost.",
        ("responses.delta.reasoning",),
        lose(SUMMARY_DELTA, 1),
        THOUGHT,
    ),
    _order(
        "summary-told-dropped",
        "The done event of a summary's text is lost.",
        ("responses.summary.order",),
        lose(SUMMARY_TOLD),
        THOUGHT,
    ),
    _order(
        "summary-done-dropped",
        "The done event of a summary's part is lost.",
        ("responses.summary.order",),
        lose(SUMMARY_DONE),
        THOUGHT,
    ),
    Fault(
        "responses-event-lost-on-the-way",
        "responses",
        "An event is lost after the events were numbered.",
        ("responses.stream.sequence", "responses.stream.in-progress"),
        TEXT,
        on_events(lose(of("response.in_progress"))),
    ),
)

_DOUBLED = (
    _order("created-twice", "`response.created` comes twice.", ("responses.stream.created-once",), double(CREATED)),
    _order("item-added-twice", "Items are added twice.", ("responses.item.index-once",), double(ADDED), BOTH),
    _order("part-added-twice", "Parts are added twice.", ("responses.part.added-once",), double(PART_ADDED)),
    _order("delta-twice", "The first delta comes twice.", ("responses.delta.text",), double(DELTA, 1)),
    _order("told-twice", "The done event of a text comes twice.", ("responses.part.nothing-after-told",), double(TOLD)),
    _order(
        "part-done-twice",
        "The done event of a part comes twice.",
        ("responses.part.nothing-after-told",),
        double(PART_DONE),
    ),
    _order(
        "item-done-twice",
        "The done event of an item comes twice.",
        ("responses.item.nothing-after-done",),
        double(DONE),
        BOTH,
    ),
    _order(
        "completed-twice", "`response.completed` comes twice.", ("responses.stream.nothing-after-end",), double(END)
    ),
    _order(
        "arguments-twice",
        "A delta of arguments comes twice.",
        ("responses.delta.arguments",),
        double(ARGUMENTS, 1),
        CALL,
    ),
    _order(
        "arguments-done-twice",
        "The done event of arguments comes twice.",
        ("responses.function-call.nothing-after-told",),
        double(ARGUMENTS_DONE),
        CALL,
    ),
    _order(
        "summary-added-twice",
        "A part of a summary is added twice.",
        ("responses.summary.order",),
        double(SUMMARY_ADDED),
        THOUGHT,
    ),
    _order(
        "summary-told-twice",
        "A summary's text is done twice.",
        ("responses.summary.order",),
        double(SUMMARY_TOLD),
        THOUGHT,
    ),
)

_MOVED = (
    _order(
        "created-late",
        "`response.created` comes after `response.in_progress`.",
        ("responses.stream.created-first", "responses.stream.created-once", "responses.stream.in-progress"),
        hold(CREATED),
    ),
    _order(
        "item-added-late",
        "An item is added after its first part.",
        ("responses.item.added-first", "responses.item.index-once"),
        hold(ADDED),
    ),
    _order(
        "part-added-late",
        "A part is added after its first delta.",
        ("responses.part.added-first", "responses.part.added-once"),
        hold(PART_ADDED, DELTA),
    ),
    _order(
        "delta-late",
        "The last words of a text come after its done event.",
        ("responses.part.nothing-after-told", "responses.delta.text", "responses.part.told"),
        hold(DELTA, TOLD, 1),
    ),
    _order(
        "deltas-exchanged", "The first delta comes after the second.", ("responses.delta.text",), hold(DELTA, DELTA, 1)
    ),
    _order(
        "told-late",
        "The text of a part is done after the part.",
        ("responses.part.told", "responses.part.nothing-after-told"),
        hold(TOLD, PART_DONE),
    ),
    _order(
        "part-done-late",
        "A part is done after its item.",
        ("responses.item.nothing-after-done",),
        hold(PART_DONE, DONE),
    ),
    _order(
        "item-done-late",
        "Items are done after the response.",
        ("responses.stream.nothing-after-end",),
        hold(DONE, END),
        BOTH,
    ),
    _order(
        "arguments-late",
        "A piece of the arguments comes after they are done.",
        ("responses.function-call.nothing-after-told", "responses.delta.arguments"),
        hold(ARGUMENTS, ARGUMENTS_DONE, 1),
        CALL,
    ),
    Fault(
        "responses-numbers-swapped",
        "responses",
        "Two events change places after they were numbered.",
        ("responses.stream.sequence", "responses.delta.text"),
        TEXT,
        on_events(hold(DELTA, DELTA, 1)),
    ),
)

FAULTS = (*_LOST, *_DOUBLED, *_MOVED)
