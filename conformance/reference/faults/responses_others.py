"""Faults of what a Responses stream seldom holds: hosted tools, citations, reasoning text, events that nobody knows."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import Change, at, on_events, on_json, put, rename
from conformance.reference.changes.flows import Flow, each, edit, end, having, lose, of, precede
from conformance.reference.changes.frames import Frame, event, typed
from conformance.reference.changes.responses import counted
from conformance.reference.faults.fault import Fault
from conformance.reference.faults.responses_places import DELTA, END, PART_ADDED, TEXT, THOUGHT, TOLD

TEXT_JSON = "responses/text/input-text[stream=false]"
SEARCH = {"id": "ws_1", "type": "web_search_call", "status": "completed", "action": {"type": "search", "query": "Oslo"}}
CODE = {
    "id": "ci_1",
    "type": "code_interpreter_call",
    "status": "completed",
    "container_id": "cntr_1",
    "code": "1 + 1",
    "outputs": [],
}
CITATION = {"type": "url_citation", "url": "https://example.org/", "title": "Oslo", "start_index": 0, "end_index": 1}


def _other(id_: str, sentence: str, rules: tuple[str, ...], change: Change, cases: str = TEXT) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, change)


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


def _as_content(item: JSON) -> JSON:
    if not isinstance(item, dict) or item.get("type") != "reasoning":
        return item
    texts = [{"type": "reasoning_text", "text": part["text"]} for part in item["summary"]]
    return {**item, "summary": [], "content": texts}


_HOSTED = (
    _other(
        "hosted-call-bare",
        "The call of a hosted tool has no status.",
        ("responses.hosted-call.shape",),
        on_json(at("/output", lambda output: [{"id": "ws_1", "type": "web_search_call"}, *output])),
        TEXT_JSON,
    ),
    _other(
        "hosted-event-without-item",
        "Events of a hosted tool do not say which item they belong to.",
        ("responses.event.hosted",),
        more(SEARCH, told("web_search_call.in_progress"), told("web_search_call.completed")),
    ),
    _other(
        "hosted-event-of-other-item",
        "Events of a hosted tool name an item that does not exist.",
        ("responses.event.item-id-agrees-hosted",),
        more(SEARCH, told("web_search_call.in_progress", item_id="ws_0")),
    ),
    _other(
        "hosted-call-forgotten",
        "The call of a hosted tool is announced and never heard of again.",
        ("responses.item.finished-hosted",),
        more(SEARCH, done=False),
    ),
    _other(
        "hosted-code-cut",
        "The deltas of a hosted tool's code do not add up to it.",
        ("responses.delta.hosted",),
        more(
            CODE,
            told("code_interpreter_call_code.delta", item_id="ci_1", delta="1 +"),
            told("code_interpreter_call_code.done", item_id="ci_1", code="1 + 1"),
        ),
    ),
)

_CITATIONS = (
    _other(
        "citation-too-early",
        "A citation comes before the part that it stands in.",
        ("responses.annotation.part-first",),
        counted(
            each(
                PART_ADDED,
                lambda frame: [
                    of_part(frame, "output_text.annotation.added", annotation_index=0, annotation=CITATION),
                    frame,
                ],
            )
        ),
    ),
    _other(
        "citation-lost",
        "The event of a citation holds none.",
        ("responses.event.annotation",),
        counted(each(TOLD, lambda frame: [of_part(frame, "output_text.annotation.added", annotation_index=0), frame])),
    ),
)

_REASONING = (
    _other(
        "reasoning-text-without-part",
        "The text of reasoning comes without a part to belong to.",
        ("responses.reasoning.part-first", "responses.part.finished"),
        counted(
            lose(of("response.reasoning_summary_part.added", "response.reasoning_summary_part.done")),
            _reasoning_text(),
            edit(having("/item"), at("/item", _as_content)),
            edit(having("/response"), at("/response/output/*", _as_content)),
        ),
        THOUGHT,
    ),
)

_REFUSAL = (
    _other(
        "refusal-null",
        "A part that refuses holds null.",
        ("responses.part.shape", "case.answer-text"),
        on_json(put("/output/*/content", [{"type": "refusal", "refusal": None}])),
        TEXT_JSON,
    ),
)

_EVENTS = (
    _other(
        "event-invented",
        "A stream holds events of a type that nobody knows.",
        ("responses.event.type-known",),
        counted(precede(END, typed({"type": "response.trace", "sequence_number": 0}))),
    ),
    _other(
        "event-of-messages",
        "A ping of Messages comes among the events.",
        ("responses.stream.foreign-event",),
        counted(precede(DELTA, typed({"type": "ping"}), number=1)),
    ),
    _other(
        "event-of-chat",
        "Chunks of Chat Completions come among the events.",
        ("responses.stream.foreign-event", "responses.event.type"),
        counted(
            precede(
                DELTA,
                event({"id": "chatcmpl-1", "object": "chat.completion.chunk", "choices": []}),
                number=1,
            )
        ),
    ),
    _other(
        "marker-twice",
        "The end marker of Chat Completions comes twice.",
        ("responses.stream.nothing-after-marker",),
        on_events(end(event("[DONE]"), event("[DONE]"))),
    ),
    _other(
        "marker-too-early",
        "The end marker of Chat Completions comes before the end.",
        ("responses.stream.nothing-after-marker",),
        on_events(precede(END, event("[DONE]"))),
    ),
    _other(
        "names-differ",
        "The name of an event is not the type in its data.",
        ("sse.event.name",),
        on_events(each(DELTA, lambda frame: [frame.named("message")])),
    ),
)

FAULTS = (*_HOSTED, *_CITATIONS, *_REASONING, *_REFUSAL, *_EVENTS)
