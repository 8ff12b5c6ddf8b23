"""Unusual but valid streams of Messages: other events, and the same content in other pieces.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from conformance.reference.changes import Frame, at, on_events, put
from conformance.reference.changes.flows import both, each, edit, having, lose, of, render, together
from conformance.reference.changes.frames import event, typed
from conformance.reference.variations.reasons import ANTHROPIC_OPEN
from conformance.reference.variations.variation import Variation

_STREAMING = "https://docs.anthropic.com/en/docs/build-with-claude/streaming"
_TYPES = "anthropic.types"

_STREAMED = (
    "messages/{text/system-and,text/recall,unicode/e,limits/m,tools/forced,tools/round-trip}*stream=true] "
    "messages/usage/* messages/reasoning/thinking[stream=true]"
)
_TOOLS = "messages/tools/{forced,parallel[,no-arg,nested,unicode,round-trip}* messages/usage/same-for-tools"
_PING = typed({"type": "ping"})
_JSON_DELTA = having("/delta/partial_json")


def _half_way(frame: Frame) -> list[Frame]:
    """Two message_deltas for one: the first tells the tokens so far and nothing else."""
    early = frame.edited(put("/delta", {"stop_reason": None, "stop_sequence": None}))
    return [early, frame]


VARIATIONS = (
    Variation(
        id="messages-pings-everywhere",
        family="messages",
        sentence="A ping follows every event but the last.",
        why=f"There may be any number of pings, and they may stand anywhere ({_STREAMING}).",
        apply=on_events(each(lambda frame: frame.type != "message_stop", lambda frame: [frame, _PING])),
        cases=_STREAMED,
    ),
    Variation(
        id="messages-unknown-deltas",
        family="messages",
        sentence="There are deltas of an unknown type.",
        why=ANTHROPIC_OPEN,
        apply=on_events(
            each(
                having("/delta/text"),
                lambda frame: [frame, frame.edited(put("/delta", {"type": "acme_delta"}))],
                number=1,
            )
        ),
        cases=_STREAMED,
    ),
    Variation(
        id="messages-empty-deltas",
        family="messages",
        sentence="There are empty deltas between the others.",
        why=f"A delta holds any part of the text, so none ({_STREAMING}).",
        apply=on_events(each(having("/delta/text"), lambda frame: [frame, frame.edited(put("/delta/text", ""))])),
        cases=_STREAMED,
    ),
    Variation(
        id="messages-input-without-empty-first",
        family="messages",
        sentence="The first piece of a call's input is not empty.",
        why=f"The pieces add up to the input ({_STREAMING}); an empty one adds nothing.",
        apply=on_events(lose(both(_JSON_DELTA, lambda frame: not frame.json["delta"]["partial_json"]))),
        cases=_TOOLS,
    ),
    Variation(
        id="messages-no-input-as-braces",
        family="messages",
        sentence="The input of a call without arguments is streamed as `{}`.",
        why=f"The pieces add up to the JSON text of the input ({_STREAMING}).",
        apply=on_events(
            together("/delta/partial_json", "/index"),
            edit(_JSON_DELTA, at("/delta/partial_json", lambda text: text or "{}")),
        ),
        cases="messages/tools/no-arguments*",
    ),
    Variation(
        id="messages-no-input-no-delta",
        family="messages",
        sentence="The input of a call without arguments is streamed without any delta.",
        why=f"A block may have no deltas: the input it starts with is its input ({_STREAMING}).",
        apply=on_events(
            together("/delta/partial_json", "/index"),
            lose(both(_JSON_DELTA, lambda frame: frame.json["delta"]["partial_json"] in ("", "{}"))),
        ),
        cases="messages/tools/no-*",
    ),
    Variation(
        id="messages-no-padding",
        family="messages",
        sentence="The JSON of events has no spaces.",
        why="White space between tokens says nothing (RFC 8259, section 2).",
        apply=on_events(each(having("/type"), lambda frame: [event(frame.json, frame.name)])),
        cases=_STREAMED,
    ),
    Variation(
        id="messages-more-padding",
        family="messages",
        sentence="The JSON of events has many spaces.",
        why="White space between tokens says nothing (RFC 8259, section 2); the API pads its events.",
        apply=on_events(render(lambda frame: frame.raw[:-3] + b" " * 64 + b"}\n\n", where=having("/type"))),
        cases=_STREAMED,
    ),
    Variation(
        id="messages-two-deltas-of-the-message",
        family="messages",
        sentence="Two message_deltas end a message; the first has no stop_reason yet.",
        why=f"There are one or more of them, and their usage is cumulative ({_STREAMING}).",
        apply=on_events(each(of("message_delta"), _half_way)),
        cases=_STREAMED,
    ),
    Variation(
        id="messages-last-usage-short",
        family="messages",
        sentence="The usage of a message_delta has only output tokens.",
        why=f"Only `output_tokens` is required there ({_TYPES}.MessageDeltaUsage).",
        apply=on_events(
            edit(of("message_delta"), at("/usage", lambda usage: {"output_tokens": usage["output_tokens"]}))
        ),
        cases=_STREAMED,
    ),
    Variation(
        id="messages-last-usage-corrects-input",
        family="messages",
        sentence="The input tokens of a message_delta are higher than those of the start.",
        why="The last count stands; the API corrects itself, for tools of its own or a cache.",
        apply=on_events(edit(of("message_start"), at("/message/usage/input_tokens", lambda count: max(count - 3, 1)))),
        cases="messages/text/* messages/tools/forced*",
    ),
)
