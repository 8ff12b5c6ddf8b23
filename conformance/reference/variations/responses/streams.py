"""Unusual but valid streams of Responses: other events, and the same output in other pieces.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

from conformance.core.model import JSON
from conformance.reference.changes import Change, Frame, at, chain, on_call, on_events, put, when
from conformance.reference.changes.flows import each, edit, having, of, precede, renumbered
from conformance.reference.changes.frames import typed
from conformance.reference.changes.responses import counted, on_response
from conformance.reference.changes.values import add
from conformance.reference.gateway import Call
from conformance.reference.variations.reasons import OPENAI_OPEN
from conformance.reference.variations.variation import Variation

_EVENTS = "https://platform.openai.com/docs/api-reference/responses-streaming"

_STREAMED = (
    "responses/{text/input-text,text/recall,unicode/e,limits/m,tools/forced,tools/round-trip}*stream=true] "
    "responses/usage/* responses/reasoning/summary[stream=true]"
)
_TEXT = ("response.output_text.delta",)
_ADDED = of("response.output_item.added")


def _without_items(mark: str) -> Change:
    """Invented items that a client sends back do not reach the provider."""

    def back(call: Call) -> Call:
        try:
            body = json.loads(call.body)
        except ValueError:
            return call
        if not isinstance(body, dict) or not isinstance(body.get("input"), list):
            return call
        kept = [item for item in body["input"] if not (isinstance(item, dict) and item.get("id") == mark)]
        return replace(call, body=json.dumps({**body, "input": kept}).encode())

    return on_call(back)


_REASONING = {"id": "rs_hidden", "type": "reasoning", "summary": []}
_FOREIGN = {"id": "tr_acme", "type": "acme:trace", "status": "completed", "span": "a1"}


def _item_first(item: JSON) -> Change:
    """One more item before all others, told by its two events alone."""
    two = [
        typed({"type": f"response.output_item.{done}", "output_index": 0, "item": item, "sequence_number": 0})
        for done in ("added", "done")
    ]
    return chain(
        _without_items(item["id"]),
        on_response(lambda root: at(f"{root}/output", lambda output: [item, *output] if output else output)),
        counted(
            edit(having("/output_index"), add("/output_index", 1)),
            precede(_ADDED, *two, number=1),
        ),
    )


async def _foreign_item_last(passing: AsyncIterator[Frame]) -> AsyncIterator[Frame]:
    """One more item after all others, of an unknown type."""
    count = 0
    async for frame in passing:
        count += _ADDED(frame)
        if having("/response/usage")(frame):
            for done in ("added", "done"):
                name = f"response.output_item.{done}"
                yield typed({"type": name, "output_index": count, "item": _FOREIGN, "sequence_number": 0})
        yield frame


def _also_queued(frame: Frame) -> list[Frame]:
    queued = frame.edited(put("/type", "response.queued"), put("/response/status", "queued"))
    return [frame, queued]


VARIATIONS = (
    Variation(
        id="responses-counted-from-one",
        family="responses",
        sentence="The first `sequence_number` is 1.",
        why=f"The number orders the events ({_EVENTS}); examples of the documentation start with 1.",
        apply=on_events(renumbered(1)),
        cases=_STREAMED,
    ),
    Variation(
        id="responses-queued",
        family="responses",
        sentence="A response is queued before it is in progress.",
        why=f"`response.queued` is one of its states ({_EVENTS}).",
        apply=counted(each(of("response.created"), _also_queued)),
        cases=_STREAMED,
    ),
    Variation(
        id="responses-empty-deltas",
        family="responses",
        sentence="There are empty deltas between the others.",
        why=f"A delta is a text of any length ({_EVENTS}).",
        apply=when(
            counted(
                each(
                    of(*_TEXT, "response.function_call_arguments.delta"),
                    lambda frame: [frame, frame.edited(put("/delta", ""))],
                )
            ),
            logprobs=False,
        ),
        cases=_STREAMED,
    ),
    Variation(
        id="responses-hidden-reasoning",
        family="responses",
        sentence="The output begins with a reasoning item without text.",
        why="Models reason unasked; the item is added and done with nothing in between, its summary empty.",
        apply=_item_first(_REASONING),
        cases="responses/{text/input,text/replayed,tools/forced,tools/round-trip,limits/}*",
    ),
    Variation(
        id="responses-unknown-item",
        family="responses",
        sentence="The output ends with an item of an unknown type.",
        why=OPENAI_OPEN,
        apply=chain(
            _without_items("tr_acme"),
            on_response(lambda root: at(f"{root}/output", lambda output: [*output, _FOREIGN] if output else output)),
            counted(_foreign_item_last),
        ),
        cases="responses/{text/input,tools/forced,tools/auto,unicode/e}*",
    ),
)
