"""How else the stream of a response may come: other events, and other pieces of the same output."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace

from conformance.model import JSON
from conformance.reference.changes import (
    Change,
    Frame,
    at,
    chain,
    drop,
    event,
    on_call,
    on_events,
    put,
    when,
)
from conformance.reference.changes.flows import (
    JSON_DATA,
    apart,
    each,
    edit,
    end,
    follow,
    having,
    lose,
    of,
    precede,
    renumbered,
    together,
)
from conformance.reference.changes.frames import typed
from conformance.reference.changes.responses import counted, on_response
from conformance.reference.changes.values import add
from conformance.reference.gateway import Call
from conformance.reference.variations.reasons import OPENAI_OPEN
from conformance.reference.variations.variation import Variation

_EVENTS = "https://platform.openai.com/docs/api-reference/responses-streaming"
_TYPES = "openai.types.responses"

_STREAMED = (
    "responses/{text/input-text,text/recall,unicode/e,limits/m,tools/forced,tools/round-trip}*stream=true] "
    "responses/usage/* responses/reasoning/summary[stream=true]"
)
_TOOLS = "responses/tools/{forced,parallel[,no-arg,nested,unicode,round-trip}* responses/usage/same-for-tools"
_TEXT = ("response.output_text.delta",)
_ADDED = of("response.output_item.added")


def _without_items(mark: str) -> Change:
    """What a client sends back of the items that the variation made up does not reach the provider."""

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
    """One more item after all others, of a type that nobody knows."""
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


_KEEPALIVE = typed({"type": "keepalive", "sequence_number": 0})
_LIMITS = typed({"type": "response.rate_limits.updated", "sequence_number": 0, "rate_limits": [{"name": "tokens"}]})
_STRANGE = typed({"type": "acme:progress", "sequence_number": 0, "share": 0.5})


VARIATIONS = (
    Variation(
        id="responses-done-marker",
        family="responses",
        sentence="A stream ends with `[DONE]` after its last event.",
        why="Open Responses asks for it (https://www.openresponses.org/specification), and openai-python stops there.",
        apply=on_events(end(event("[DONE]"))),
        cases=_STREAMED,
    ),
    Variation(
        id="responses-counted-from-one",
        family="responses",
        sentence="The first `sequence_number` is 1.",
        why=f"The number orders the events ({_EVENTS}); examples of the documentation start with 1.",
        apply=on_events(renumbered(1)),
        cases=_STREAMED,
    ),
    Variation(
        id="responses-keepalive-events",
        family="responses",
        sentence="Events of type `keepalive` come between the others, and are counted.",
        why=f"{OPENAI_OPEN} The API sends such events in long streams.",
        apply=counted(precede(of(*_TEXT, "response.function_call_arguments.delta"), _KEEPALIVE)),
        cases=_STREAMED,
    ),
    Variation(
        id="responses-rate-limits-after-the-end",
        family="responses",
        sentence="An event about rate limits follows the end of the response.",
        why=f"{OPENAI_OPEN} The API has sent `response.rate_limits.updated` after response.completed.",
        apply=counted(end(_LIMITS)),
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
        id="responses-unknown-events",
        family="responses",
        sentence="Events of a type that nobody knows come in between.",
        why=OPENAI_OPEN,
        apply=counted(follow(of("response.in_progress", "response.output_item.added", *_TEXT), _STRANGE)),
        cases=_STREAMED,
    ),
    Variation(
        id="responses-letter-by-letter",
        family="responses",
        sentence="Text, arguments and summaries come letter by letter.",
        why=f"A delta holds any part ({_EVENTS}).",
        apply=when(counted(apart("/delta")), logprobs=False),
        cases=_STREAMED,
    ),
    Variation(
        id="responses-text-in-one",
        family="responses",
        sentence="Text, arguments and summaries come in one delta each.",
        why=f"A delta holds any part, so all of it ({_EVENTS}).",
        apply=when(counted(together("/delta", "/item_id", "/content_index", "/summary_index")), logprobs=False),
        cases=_STREAMED,
    ),
    Variation(
        id="responses-empty-deltas",
        family="responses",
        sentence="Deltas without any text come between the others.",
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
        id="responses-done-arguments-without-name",
        family="responses",
        sentence="The event that ends a call's arguments does not repeat the tool's name.",
        why=f"The member is not in the SDK ({_TYPES}.ResponseFunctionCallArgumentsDoneEvent).",
        apply=on_events(edit(of("response.function_call_arguments.done"), drop("/name"))),
        cases=_TOOLS,
    ),
    Variation(
        id="responses-no-obfuscation",
        family="responses",
        sentence="Deltas are not padded.",
        why=f"`obfuscation` is optional ({_EVENTS}).",
        apply=on_events(edit(having("/obfuscation"), drop("/obfuscation"))),
        cases=_STREAMED,
    ),
    Variation(
        id="responses-hidden-reasoning",
        family="responses",
        sentence="A reasoning item without any text stands before all other output.",
        why="Models reason unasked; the item is added and done with nothing in between, its summary empty.",
        apply=_item_first(_REASONING),
        cases="responses/{text/input,text/replayed,tools/forced,tools/round-trip,limits/}*",
    ),
    Variation(
        id="responses-unknown-item",
        family="responses",
        sentence="An item of a type that nobody knows stands after all other output.",
        why=OPENAI_OPEN,
        apply=chain(
            _without_items("tr_acme"),
            on_response(lambda root: at(f"{root}/output", lambda output: [*output, _FOREIGN] if output else output)),
            counted(_foreign_item_last),
        ),
        cases="responses/{text/input,tools/forced,tools/auto,unicode/e}*",
    ),
    Variation(
        id="responses-not-announced",
        family="responses",
        sentence="The event response.in_progress is left out.",
        why=f"openai-python goes by response.created and the end ({_EVENTS}).",
        apply=counted(lose(of("response.in_progress"))),
        cases=_STREAMED,
        remarks=("responses.stream.in-progress",),
    ),
    Variation(
        id="responses-deltas-with-response-id",
        family="responses",
        sentence="Deltas tell the id of their response, as some gateways add it.",
        why=OPENAI_OPEN,
        apply=on_events(edit(JSON_DATA, put("/response_id", "resp_1"))),
        cases=_STREAMED,
    ),
)
