"""Faults of text that a Responses stream repeats: deltas, done events, items and the final object disagree.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.core.model import JSON
from conformance.reference.changes import at, on_events
from conformance.reference.changes.flows import Frames, edit, lose, of
from conformance.reference.changes.responses import counted
from conformance.reference.faults.fault import Fault

TEXT = "responses/text/input-text[stream=true]"
CALL = "responses/tools/forced[stream=true]"
CALLS = "responses/tools/parallel[stream=true]"
EMOJI = "responses/unicode/emoji[stream=true]"
END = of("response.completed", "response.incomplete")


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
        sentence="The done event of a text has another text.",
        rules=("responses.delta.text", "responses.done.part", "responses.done.item"),
        cases=TEXT,
        apply=on_events(edit(of("response.output_text.done"), at("/text", lambda text: text + " "))),
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
        sentence="Deltas lose the characters beyond the Basic Multilingual Plane.",
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
        sentence="A message is done without streaming its text.",
        rules=("responses.item.streamed",),
        cases=TEXT,
        apply=counted(lose(lambda frame: frame.type.startswith(("response.content_part", "response.output_text")))),
    ),
    Fault(
        id="responses-call-at-once",
        family="responses",
        sentence="A call is done without streaming its arguments.",
        rules=("responses.item.streamed",),
        cases=CALL,
        apply=counted(lose(lambda frame: frame.type.startswith("response.function_call_arguments"))),
    ),
)
