"""Faults of rarer parts of a Responses stream: hosted tools, citations, reasoning text, unknown events.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import Change, at, on_json, put, rename
from conformance.reference.changes.flows import Flow, each, edit, having, lose, of, precede
from conformance.reference.changes.frames import Frame, typed
from conformance.reference.changes.responses import counted
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.responses.places import END, PART_ADDED, TOLD

TEXT_JSON = "responses/text/input-text[stream=false]"
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "Oslo"}}

TOOL_SEARCH = {
    "id": "tsc_1",
    "type": "tool_search_call",
    "call_id": "call_1",
    "execution": "client",
    "arguments": {"query": "weather"},
    "status": "completed",
}

CODE = {
    "id": "ci_1",
    "type": "code_interpreter_call",
    "status": "completed",
    "container_id": "cntr_1",
    "code": "1 + 1",
    "outputs": [],
}

CITATION = {"type": "url_citation", "url": "https://example.org/", "title": "Oslo", "start_index": 0, "end_index": 1}


def told(kind: str, **members: JSON) -> Frame:
    """An event of a hosted tool's item, which is the second one of its stream."""
    return typed({"type": f"response.{kind}", "output_index": 1, **members, "sequence_number": 0})


def more(item: JSON, *between: Frame, done: bool = True) -> Change:
    """One more item after the message, with these events of its own; `done=False` leaves it open and forgets it."""
    ending = (told("output_item.done", item=item),) if done else ()
    final = at("/response/output", lambda output: [*output, item] if done else output)
    begun = {**item, "status": "in_progress"}
    return counted(precede(END, told("output_item.added", item=begun), *between, *ending), edit(END, final))


def of_part(frame: Frame, kind: str, **members: JSON) -> Frame:
    """An event of the same part."""
    place = {name: frame.json[name] for name in ("item_id", "output_index", "content_index")}
    return typed({"type": f"response.{kind}", **place, **members, "sequence_number": 0})


def _reasoning_text() -> Flow:
    """A summary is told as the text of the reasoning itself, without a part to belong to."""

    def function(frame: Frame) -> list[Frame]:
        kind = frame.type.replace("reasoning_summary_text", "reasoning_text")
        return [frame.edited(put("/type", kind), rename("/summary_index", "content_index"))]

    return each(of("response.reasoning_summary_text.delta", "response.reasoning_summary_text.done"), function)


def _in_parts(*, done: bool) -> Flow:
    """The parts of a summary become parts of the content; `done=False` leaves them open."""

    def function(frame: Frame) -> list[Frame]:
        if frame.type.endswith(".done") and not done:
            return []
        kind = frame.type.replace("reasoning_summary_part", "content_part")
        edits = put("/type", kind), rename("/summary_index", "content_index"), put("/part/type", "reasoning_text")
        return [frame.edited(*edits)]

    return each(of("response.reasoning_summary_part.added", "response.reasoning_summary_part.done"), function)


def _as_content(item: JSON) -> JSON:
    if not isinstance(item, dict) or item.get("type") != "reasoning":
        return item
    texts = [{"type": "reasoning_text", "text": part["text"]} for part in item["summary"]]
    return {**item, "summary": [], "content": texts}


FAULTS = (
    Fault(
        id="responses-hosted-call-bare",
        family="responses",
        sentence="A hosted tool call has no status.",
        rules=("responses.hosted-call.shape",),
        cases=TEXT_JSON,
        apply=on_json(at("/output", lambda output: [{"id": "ws_1", "type": "web_search_call"}, *output])),
    ),
    Fault(
        id="responses-hosted-event-without-item",
        family="responses",
        sentence="Events of a hosted tool have no item_id.",
        rules=("responses.event.hosted",),
        cases="responses/text/input-text[stream=true]",
        apply=more(SEARCH, told("web_search_call.in_progress"), told("web_search_call.completed")),
    ),
    Fault(
        id="responses-hosted-event-of-other-item",
        family="responses",
        sentence="Events of a hosted tool have the id of an item that does not exist.",
        rules=("responses.event.item-id-agrees-hosted",),
        cases="responses/text/input-text[stream=true]",
        apply=more(SEARCH, told("web_search_call.in_progress", item_id="ws_0")),
    ),
    Fault(
        id="responses-hosted-call-forgotten",
        family="responses",
        sentence="A hosted tool call is added and never done.",
        rules=("responses.item.finished-hosted",),
        cases="responses/text/input-text[stream=true]",
        apply=more(SEARCH, done=False),
    ),
    Fault(
        id="responses-hosted-code-cut",
        family="responses",
        sentence="The deltas of a hosted tool's code do not add up to the code.",
        rules=("responses.delta.hosted",),
        cases="responses/text/input-text[stream=true]",
        apply=more(
            CODE,
            told("code_interpreter_call_code.delta", item_id="ci_1", delta="1 +"),
            told("code_interpreter_call_code.done", item_id="ci_1", code="1 + 1"),
        ),
    ),
    Fault(
        id="responses-hosted-call-id-changes",
        family="responses",
        sentence="A tool search is done with another call_id than it was added with.",
        rules=("responses.item.identity-hosted",),
        cases="responses/text/input-text[stream=true]",
        apply=counted(
            precede(
                END,
                told("output_item.added", item={**TOOL_SEARCH, "call_id": "call_0", "status": "in_progress"}),
                told("output_item.done", item=TOOL_SEARCH),
            ),
            edit(END, at("/response/output", lambda output: [*output, TOOL_SEARCH])),
        ),
    ),
    Fault(
        id="responses-reasoning-part-open",
        family="responses",
        sentence="A part with reasoning text is added and never done.",
        rules=("responses.part.finished",),
        cases="responses/reasoning/summary[stream=true]",
        apply=counted(
            _in_parts(done=False),
            _reasoning_text(),
            edit(having("/item"), at("/item", _as_content)),
            edit(having("/response"), at("/response/output/*", _as_content)),
        ),
    ),
    Fault(
        id="responses-citation-too-early",
        family="responses",
        sentence="A citation comes before its part is added.",
        rules=("responses.annotation.part-first",),
        cases="responses/text/input-text[stream=true]",
        apply=counted(
            each(
                PART_ADDED,
                lambda frame: [
                    of_part(frame, "output_text.annotation.added", annotation_index=0, annotation=CITATION),
                    frame,
                ],
            )
        ),
    ),
    Fault(
        id="responses-citation-lost",
        family="responses",
        sentence="The event of a citation has no citation.",
        rules=("responses.event.annotation",),
        cases="responses/text/input-text[stream=true]",
        apply=counted(
            each(TOLD, lambda frame: [of_part(frame, "output_text.annotation.added", annotation_index=0), frame])
        ),
    ),
    Fault(
        id="responses-reasoning-text-without-part",
        family="responses",
        sentence="Reasoning text is sent without a part.",
        rules=("responses.reasoning.part-first",),
        cases="responses/reasoning/summary[stream=true]",
        apply=counted(
            lose(of("response.reasoning_summary_part.added", "response.reasoning_summary_part.done")),
            _reasoning_text(),
            edit(having("/item"), at("/item", _as_content)),
            edit(having("/response"), at("/response/output/*", _as_content)),
        ),
    ),
)
