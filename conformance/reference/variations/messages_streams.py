"""How else the stream of a message may come: other events, and other pieces of the same content."""

from __future__ import annotations

from conformance.reference.changes import Frame, at, chain, drop_header, on_events, on_json, put
from conformance.reference.changes.answers import STREAM
from conformance.reference.changes.flows import (
    apart,
    both,
    double,
    each,
    edit,
    end,
    follow,
    having,
    lose,
    of,
    precede,
    render,
    together,
)
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
        "messages-no-pings",
        "messages",
        "A stream has no pings.",
        f"There may be any number of pings, so none ({_STREAMING}).",
        on_events(lose(of("ping"))),
        cases=_STREAMED,
    ),
    Variation(
        "messages-pings-everywhere",
        "messages",
        "A ping follows every event but the last.",
        f"There may be any number of pings, and they may stand anywhere ({_STREAMING}).",
        on_events(each(lambda frame: frame.type != "message_stop", lambda frame: [frame, _PING])),
        cases=_STREAMED,
    ),
    Variation(
        "messages-double-pings",
        "messages",
        "Pings come twice in a row, also just before the message ends.",
        f"There may be any number of pings ({_STREAMING}); the API sends them so.",
        on_events(double(of("ping")), precede(of("message_delta", "message_stop"), _PING, _PING)),
        cases=_STREAMED,
    ),
    Variation(
        "messages-pings-with-members",
        "messages",
        "Pings have members of their own.",
        ANTHROPIC_OPEN,
        on_events(edit(of("ping"), put("/time", 1764000000))),
        cases=_STREAMED,
    ),
    Variation(
        "messages-unknown-events",
        "messages",
        "Events of a type that nobody knows come in between.",
        ANTHROPIC_OPEN,
        on_events(follow(of("message_start", "content_block_start"), typed({"type": "acme_progress", "share": 0.5}))),
        cases=_STREAMED,
    ),
    Variation(
        "messages-unknown-deltas",
        "messages",
        "Deltas of a type that nobody knows come in between.",
        ANTHROPIC_OPEN,
        on_events(
            each(
                having("/delta/text"),
                lambda frame: [frame, frame.edited(put("/delta", {"type": "acme_delta"}))],
                number=1,
            )
        ),
        cases=_STREAMED,
    ),
    Variation(
        "messages-letter-by-letter",
        "messages",
        "Text and thinking come letter by letter.",
        f"A delta holds any part ({_STREAMING}).",
        on_events(apart("/delta/text"), apart("/delta/thinking")),
        cases=_STREAMED,
    ),
    Variation(
        "messages-input-letter-by-letter",
        "messages",
        "The input of calls comes letter by letter.",
        f"Pieces of the input are parts of its JSON text, cut anywhere ({_STREAMING}).",
        on_events(apart("/delta/partial_json")),
        cases=_TOOLS,
    ),
    Variation(
        "messages-text-in-one",
        "messages",
        "Text, thinking and input come in one delta each.",
        f"A delta holds any part, so all of it ({_STREAMING}).",
        on_events(*(together(f"/delta/{name}", "/index") for name in ("text", "thinking", "partial_json"))),
        cases=_STREAMED,
    ),
    Variation(
        "messages-empty-deltas",
        "messages",
        "Deltas without any text come between the others.",
        f"A delta holds any part of the text, so none ({_STREAMING}).",
        on_events(each(having("/delta/text"), lambda frame: [frame, frame.edited(put("/delta/text", ""))])),
        cases=_STREAMED,
    ),
    Variation(
        "messages-input-without-empty-first",
        "messages",
        "The first piece of a call's input is not empty.",
        f"The pieces add up to the input ({_STREAMING}); an empty one adds nothing.",
        on_events(lose(both(_JSON_DELTA, lambda frame: not frame.json["delta"]["partial_json"]))),
        cases=_TOOLS,
    ),
    Variation(
        "messages-no-input-as-braces",
        "messages",
        "The input of a call without arguments is streamed as the text of an empty object.",
        f"The pieces add up to the JSON text of the input ({_STREAMING}).",
        on_events(
            together("/delta/partial_json", "/index"),
            edit(_JSON_DELTA, at("/delta/partial_json", lambda text: text or "{}")),
        ),
        cases="messages/tools/no-arguments*",
    ),
    Variation(
        "messages-no-input-no-delta",
        "messages",
        "The input of a call without arguments is streamed by no event at all.",
        f"A block may have no deltas: the input it starts with is its input ({_STREAMING}).",
        on_events(
            together("/delta/partial_json", "/index"),
            lose(both(_JSON_DELTA, lambda frame: frame.json["delta"]["partial_json"] in ("", "{}"))),
        ),
        cases="messages/tools/no-*",
    ),
    Variation(
        "messages-no-padding",
        "messages",
        "No spaces stand inside the JSON of events.",
        "White space between tokens says nothing (RFC 8259, section 2).",
        on_events(each(having("/type"), lambda frame: [event(frame.json, frame.name)])),
        cases=_STREAMED,
    ),
    Variation(
        "messages-more-padding",
        "messages",
        "Many spaces stand inside the JSON of events.",
        "White space between tokens says nothing (RFC 8259, section 2); the API pads its events.",
        on_events(render(lambda frame: frame.raw[:-3] + b" " * 64 + b"}\n\n", where=having("/type"))),
        cases=_STREAMED,
    ),
    Variation(
        "messages-two-deltas-of-the-message",
        "messages",
        "Two message_deltas end a message; the first does not tell the reason yet.",
        f"There are one or more of them, and their usage is cumulative ({_STREAMING}).",
        on_events(each(of("message_delta"), _half_way)),
        cases=_STREAMED,
    ),
    Variation(
        "messages-last-usage-short",
        "messages",
        "The usage of a message_delta has the output tokens alone.",
        f"Only `output_tokens` is required there ({_TYPES}.MessageDeltaUsage).",
        on_events(edit(of("message_delta"), at("/usage", lambda usage: {"output_tokens": usage["output_tokens"]}))),
        cases=_STREAMED,
    ),
    Variation(
        "messages-last-usage-corrects-input",
        "messages",
        "The input tokens of a message_delta are more than those of the start.",
        "The last count stands; the API corrects itself, for tools of its own or a cache.",
        on_events(edit(of("message_start"), at("/message/usage/input_tokens", lambda count: max(count - 3, 1)))),
        cases="messages/text/* messages/tools/forced*",
    ),
    Variation(
        "messages-start-usage-larger",
        "messages",
        "The start of a message already counts some output tokens.",
        f"The counts are cumulative, and the first pieces may be there when it begins ({_STREAMING}).",
        on_events(edit(of("message_start"), put("/message/usage/output_tokens", 2))),
        cases="messages/text/*stream=true] messages/unicode/*stream=true]",
    ),
    Variation(
        "messages-no-cache-control",
        "messages",
        "Streams do not say that nobody may cache them.",
        "Answers to POST are not cached unless they say so (RFC 9111, section 3).",
        drop_header("cache-control", of=STREAM),
        cases=_STREAMED,
    ),
    Variation(
        "messages-done-marker",
        "messages",
        "The end marker of Chat Completions comes after message_stop, in an event without a name.",
        "The SDKs pass over events without a name (anthropic-sdk-python anthropic/_streaming.py).",
        on_events(end(event("[DONE]"))),
        cases=_STREAMED,
        remarks=("sse.event.done-messages",),
    ),
    Variation(
        "messages-unsigned-thinking",
        "messages",
        "The signature of thinking is an empty text, for the model does not sign what it thinks.",
        f"A thinking block has a signature, and the type does not say what is in it ({_TYPES}.ThinkingBlock).",
        chain(on_json(put("/content/0/signature", "")), on_events(lose(having("/delta/signature")))),
        cases="messages/reasoning/thinking[*",
        remarks=("messages.thinking.signed",),
    ),
)
