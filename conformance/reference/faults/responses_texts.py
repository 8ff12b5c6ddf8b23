"""Faults of what a Responses stream tells several times: deltas, done events, items and the final object disagree."""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import Change, at, on_events, put
from conformance.reference.changes.documents import Edit
from conformance.reference.changes.flows import Frames, Where, edit, having, lose, of
from conformance.reference.changes.responses import counted
from conformance.reference.faults.fault import Fault

TEXT = "responses/text/input-text[stream=true]"
CALL = "responses/tools/forced[stream=true]"
CALLS = "responses/tools/parallel[stream=true]"
THOUGHT = "responses/reasoning/summary[stream=true]"
EMOJI = "responses/unicode/emoji[stream=true]"
TEXT_JSON = "responses/text/input-text[stream=false]"

END = of("response.completed", "response.incomplete")
DONE = of("response.output_item.done")


def _other(id_: str, sentence: str, rules: tuple[str, ...], where: Where, change: Edit, cases: str = TEXT) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, on_events(edit(where, change)))


def _told(id_: str, sentence: str, rules: tuple[str, ...], change: Change, cases: str = TEXT) -> Fault:
    return Fault(f"responses-{id_}", "responses", sentence, rules, cases, change)


def reversed_output(output: JSON) -> JSON:
    """The items in the other order."""
    return output[::-1]


_TEXTS = (
    _other(
        "told-other",
        "The done event of a text holds another text.",
        ("responses.delta.text", "responses.done.part", "responses.done.item"),
        of("response.output_text.done"),
        at("/text", lambda text: text + " "),
    ),
    _other(
        "part-other",
        "A part that is done holds another text.",
        ("responses.done.part",),
        of("response.content_part.done"),
        put("/part/text", ""),
    ),
    _other(
        "item-other",
        "An item that is done holds another text.",
        ("responses.done.item", "responses.output.same"),
        DONE,
        put("/item/content/0/text", "…", new=False),
    ),
    _other(
        "item-empty",
        "The message that is done has no content.",
        ("responses.done.item", "responses.output.same"),
        DONE,
        put("/item/content", []),
    ),
    _other(
        "final-text-lost",
        "The text of the final object is empty.",
        ("responses.output.same", "case.answer-text"),
        END,
        put("/response/output/0/content/0/text", ""),
    ),
    _other(
        "final-output-empty",
        "The output of the final object is empty, though items were streamed.",
        ("responses.output.complete", "case.answer-text", "responses.output.not-empty"),
        END,
        put("/response/output", []),
    ),
    _other(
        "final-call-lost",
        "The final object lacks the second of two calls.",
        ("responses.output.complete", "case.tool-called"),
        END,
        at("/response/output", lambda output: output[:1]),
        CALLS,
    ),
    _other(
        "final-order-reversed",
        "The final output holds the items in another order.",
        ("responses.output.position",),
        END,
        at("/response/output", reversed_output),
        CALLS,
    ),
    _other(
        "final-arguments-other",
        "The arguments in the final object are others than those that were told.",
        ("responses.output.same", "case.tool-arguments"),
        END,
        put("/response/output/0/arguments", '{"city":"Rome"}'),
        CALL,
    ),
    _other(
        "arguments-told-other",
        "The done event of arguments holds others than the deltas.",
        ("responses.delta.arguments", "responses.done.item"),
        of("response.function_call_arguments.done"),
        put("/arguments", "{}"),
        CALL,
    ),
    _other(
        "summary-told-other",
        "The done event of a summary holds another text.",
        ("responses.delta.reasoning", "responses.done.item", "responses.done.part"),
        of("response.reasoning_summary_text.done"),
        put("/text", "First I read."),
        THOUGHT,
    ),
    _told(
        "deltas-cumulative",
        "Each delta holds the whole text so far.",
        ("responses.delta.text",),
        on_events(lambda passing: _cumulative(passing)),
    ),
    _told(
        "delta-bytes-lost",
        "Deltas lose the characters beyond the basic plane.",
        ("responses.delta.text",),
        on_events(
            edit(
                of("response.output_text.delta"),
                at("/delta", lambda text: "".join(letter for letter in text if ord(letter) < 0x10000)),
            )
        ),
        EMOJI,
    ),
    _told(
        "item-at-once",
        "A message is done without a word of it being streamed.",
        ("responses.item.streamed",),
        counted(lose(lambda frame: frame.type.startswith(("response.content_part", "response.output_text")))),
    ),
    _told(
        "call-at-once",
        "A call is done without its arguments being streamed.",
        ("responses.item.streamed",),
        counted(lose(lambda frame: frame.type.startswith("response.function_call_arguments"))),
        CALL,
    ),
    _told(
        "item-out-of-nothing",
        "The final object holds a message that the stream never added.",
        ("responses.output.announced",),
        counted(lose(having("/output_index"))),
    ),
)

_IDENTITY = (
    _other(
        "item-id-changes",
        "An item is done under another id than it was added with.",
        ("responses.item.identity",),
        DONE,
        put("/item/id", "msg_0"),
    ),
    _other(
        "final-item-id-changes",
        "Items of the final object have new ids.",
        ("responses.item.identity",),
        END,
        put("/response/output/0/id", "msg_0"),
    ),
    _other(
        "call-id-changes",
        "A call is done under another call_id than it was added with.",
        ("responses.item.identity",),
        DONE,
        put("/item/call_id", "call_0"),
        CALL,
    ),
    _other(
        "call-name-late",
        "A call is added as another function's.",
        ("responses.item.identity",),
        of("response.output_item.added"),
        put("/item/name", "function"),
        CALL,
    ),
    _other(
        "item-done-in-progress",
        "An item that is done says that it is in progress.",
        ("responses.done.status",),
        DONE,
        put("/item/status", "in_progress"),
    ),
    _other(
        "item-type-changes",
        "A call is added as a message.",
        ("responses.item.identity", "responses.message.content", "responses.message.role"),
        of("response.output_item.added"),
        put("/item/type", "message"),
        CALL,
    ),
)


def _cumulative(passing: Frames) -> Frames:
    whole = ""

    def so_far(delta: JSON) -> JSON:
        nonlocal whole
        whole += str(delta)
        return whole

    return edit(of("response.output_text.delta"), at("/delta", so_far))(passing)


FAULTS = (*_TEXTS, *_IDENTITY)
