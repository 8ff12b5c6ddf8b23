"""Faults of what a Responses stream tells several times: deltas, done events, items and the final object disagree."""

from __future__ import annotations

from conformance.model import JSON
from conformance.reference.changes import at, on_events, put
from conformance.reference.changes.flows import Frames, edit, having, lose, of
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


def reversed_output(output: JSON) -> JSON:
    """The items in the other order."""
    return output[::-1]


def _cumulative(passing: Frames) -> Frames:
    whole = ""

    def so_far(delta: JSON) -> JSON:
        nonlocal whole
        whole += str(delta)
        return whole

    return edit(of("response.output_text.delta"), at("/delta", so_far))(passing)


FAULTS = (
    Fault(
        id="responses-told-other",
        family="responses",
        sentence="The done event of a text holds another text.",
        rules=("responses.delta.text", "responses.done.part", "responses.done.item"),
        cases=TEXT,
        apply=on_events(edit(of("response.output_text.done"), at("/text", lambda text: text + " "))),
    ),
    Fault(
        id="responses-part-other",
        family="responses",
        sentence="A part that is done holds another text.",
        rules=("responses.done.part",),
        cases=TEXT,
        apply=on_events(edit(of("response.content_part.done"), put("/part/text", ""))),
    ),
    Fault(
        id="responses-item-other",
        family="responses",
        sentence="An item that is done holds another text.",
        rules=("responses.done.item", "responses.output.same"),
        cases=TEXT,
        apply=on_events(edit(DONE, put("/item/content/0/text", "…", new=False))),
    ),
    Fault(
        id="responses-item-empty",
        family="responses",
        sentence="The message that is done has no content.",
        rules=("responses.done.item", "responses.output.same"),
        cases=TEXT,
        apply=on_events(edit(DONE, put("/item/content", []))),
    ),
    Fault(
        id="responses-final-text-lost",
        family="responses",
        sentence="The text of the final object is empty.",
        rules=("responses.output.same", "case.answer-text"),
        cases=TEXT,
        apply=on_events(edit(END, put("/response/output/0/content/0/text", ""))),
    ),
    Fault(
        id="responses-final-output-empty",
        family="responses",
        sentence="The output of the final object is empty, though items were streamed.",
        rules=("responses.output.complete", "case.answer-text", "responses.output.not-empty"),
        cases=TEXT,
        apply=on_events(edit(END, put("/response/output", []))),
    ),
    Fault(
        id="responses-final-call-lost",
        family="responses",
        sentence="The final object lacks the second of two calls.",
        rules=("responses.output.complete", "case.tool-called"),
        cases=CALLS,
        apply=on_events(edit(END, at("/response/output", lambda output: output[:1]))),
    ),
    Fault(
        id="responses-final-order-reversed",
        family="responses",
        sentence="The final output holds the items in another order.",
        rules=("responses.output.position",),
        cases=CALLS,
        apply=on_events(edit(END, at("/response/output", reversed_output))),
    ),
    Fault(
        id="responses-final-arguments-other",
        family="responses",
        sentence="The arguments in the final object are others than those that were told.",
        rules=("responses.output.same", "case.tool-arguments"),
        cases=CALL,
        apply=on_events(edit(END, put("/response/output/0/arguments", '{"city":"Rome"}'))),
    ),
    Fault(
        id="responses-arguments-told-other",
        family="responses",
        sentence="The done event of arguments holds others than the deltas.",
        rules=("responses.delta.arguments", "responses.done.item"),
        cases=CALL,
        apply=on_events(edit(of("response.function_call_arguments.done"), put("/arguments", "{}"))),
    ),
    Fault(
        id="responses-summary-told-other",
        family="responses",
        sentence="The done event of a summary holds another text.",
        rules=("responses.delta.reasoning", "responses.done.item", "responses.done.part"),
        cases=THOUGHT,
        apply=on_events(edit(of("response.reasoning_summary_text.done"), put("/text", "First I read."))),
    ),
    Fault(
        id="responses-deltas-cumulative",
        family="responses",
        sentence="Each delta holds the whole text so far.",
        rules=("responses.delta.text",),
        cases=TEXT,
        apply=on_events(lambda passing: _cumulative(passing)),
    ),
    Fault(
        id="responses-delta-bytes-lost",
        family="responses",
        sentence="Deltas lose the characters beyond the basic plane.",
        rules=("responses.delta.text",),
        cases=EMOJI,
        apply=on_events(
            edit(
                of("response.output_text.delta"),
                at("/delta", lambda text: "".join(letter for letter in text if ord(letter) < 65536)),
            )
        ),
    ),
    Fault(
        id="responses-item-at-once",
        family="responses",
        sentence="A message is done without a word of it being streamed.",
        rules=("responses.item.streamed",),
        cases=TEXT,
        apply=counted(lose(lambda frame: frame.type.startswith(("response.content_part", "response.output_text")))),
    ),
    Fault(
        id="responses-call-at-once",
        family="responses",
        sentence="A call is done without its arguments being streamed.",
        rules=("responses.item.streamed",),
        cases=CALL,
        apply=counted(lose(lambda frame: frame.type.startswith("response.function_call_arguments"))),
    ),
    Fault(
        id="responses-item-out-of-nothing",
        family="responses",
        sentence="The final object holds a message that the stream never added.",
        rules=("responses.output.announced",),
        cases=TEXT,
        apply=counted(lose(having("/output_index"))),
    ),
    Fault(
        id="responses-item-id-changes",
        family="responses",
        sentence="An item is done under another id than it was added with.",
        rules=("responses.item.identity",),
        cases=TEXT,
        apply=on_events(edit(DONE, put("/item/id", "msg_0"))),
    ),
    Fault(
        id="responses-final-item-id-changes",
        family="responses",
        sentence="Items of the final object have new ids.",
        rules=("responses.item.identity",),
        cases=TEXT,
        apply=on_events(edit(END, put("/response/output/0/id", "msg_0"))),
    ),
    Fault(
        id="responses-call-id-changes",
        family="responses",
        sentence="A call is done under another call_id than it was added with.",
        rules=("responses.item.identity",),
        cases=CALL,
        apply=on_events(edit(DONE, put("/item/call_id", "call_0"))),
    ),
    Fault(
        id="responses-call-name-late",
        family="responses",
        sentence="A call is added as another function's.",
        rules=("responses.item.identity",),
        cases=CALL,
        apply=on_events(edit(of("response.output_item.added"), put("/item/name", "function"))),
    ),
    Fault(
        id="responses-item-done-in-progress",
        family="responses",
        sentence="An item that is done says that it is in progress.",
        rules=("responses.done.status",),
        cases=TEXT,
        apply=on_events(edit(DONE, put("/item/status", "in_progress"))),
    ),
    Fault(
        id="responses-item-type-changes",
        family="responses",
        sentence="A call is added as a message.",
        rules=("responses.item.identity", "responses.message.content", "responses.message.role"),
        cases=CALL,
        apply=on_events(edit(of("response.output_item.added"), put("/item/type", "message"))),
    ),
)
