"""Faults of the deltas of Messages streams: lost, doubled, of another kind, with other words."""

from __future__ import annotations

import html
import re

from conformance.core.model import JSON
from conformance.reference.changes import Frame, at, drop, on_events, on_json, put, rename
from conformance.reference.changes.documents import found
from conformance.reference.changes.flows import (
    apart,
    double,
    each,
    edit,
    everywhere,
    follow,
    having,
    hold,
    lose,
    of,
    precede,
    together,
)
from conformance.reference.changes.frames import typed
from conformance.reference.faults.fault import Fault

JSON_TEXT = "messages/text/system-and-user[stream=false]"
STREAM_TEXT = "messages/text/system-and-user[stream=true]"
STREAM_THINKING = "messages/reasoning/thinking[stream=true]"
STREAM_CJK = "messages/unicode/cjk[stream=true]"

_UNKNOWN_DELTA: dict[str, JSON] = {
    "type": "content_block_delta",
    "index": 0,
    "delta": {"type": "mood_delta", "mood": "calm"},
}
_EMPTY_DELTA = typed({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": ""}})


def _blank(frame: Frame) -> bool:
    return any(text.isspace() for text in found(frame.json, "/delta/text"))


FAULTS = (
    Fault(
        "messages-delta-twice",
        "messages",
        "Every delta comes twice.",
        ("case.answer-text",),
        STREAM_CJK,
        on_events(double(of("content_block_delta"))),
    ),
    Fault(
        "messages-deltas-swapped",
        "messages",
        "The first two deltas change places.",
        ("case.answer-text",),
        STREAM_TEXT,
        on_events(hold(of("content_block_delta"), of("content_block_delta"), number=1)),
    ),
    Fault(
        "messages-delta-type-lost",
        "messages",
        "Deltas have no type.",
        (
            "messages.stream.delta-payload",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("content_block_delta"), drop("/delta/type"))),
    ),
    Fault(
        "messages-delta-text-null",
        "messages",
        "A text_delta has the text null.",
        (
            "messages.stream.delta-payload",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("content_block_delta"), put("/delta/text", None), number=1)),
    ),
    Fault(
        "messages-delta-text-lost",
        "messages",
        "A text_delta has no text.",
        (
            "messages.stream.delta-payload",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("content_block_delta"), drop("/delta/text"), number=1)),
    ),
    Fault(
        "messages-delta-as-string",
        "messages",
        "Deltas are strings.",
        (
            "messages.stream.delta-payload",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("content_block_delta"), at("/delta", lambda delta: delta["text"]))),
    ),
    Fault(
        "messages-delta-lost",
        "messages",
        "Delta events have no delta.",
        (
            "messages.stream.delta-payload",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("content_block_delta"), drop("/delta"))),
    ),
    Fault(
        "messages-delta-of-chat",
        "messages",
        "Deltas have their words in content, as in Chat Completions.",
        (
            "messages.stream.delta-payload",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(of("content_block_delta"), rename("/delta/text", "content"), drop("/delta/type"))),
    ),
    Fault(
        "messages-delta-unfitting",
        "messages",
        "The words of a text block come in thinking_deltas.",
        (
            "messages.stream.delta-fits-block",
            "case.answer-text",
        ),
        STREAM_TEXT,
        on_events(edit(having("/delta/text"), rename("/delta/text", "thinking"), put("/delta/type", "thinking_delta"))),
    ),
    Fault(
        "messages-text-in-thinking-block",
        "messages",
        "The words of a thinking block come in text_deltas.",
        (
            "messages.stream.delta-fits-block",
            "case.reasoning",
        ),
        STREAM_THINKING,
        on_events(edit(having("/delta/thinking"), rename("/delta/thinking", "text"), put("/delta/type", "text_delta"))),
    ),
    Fault(
        "messages-delta-unknown",
        "messages",
        "A delta of an unknown type comes.",
        ("messages.stream.unknown-delta",),
        STREAM_TEXT,
        on_events(precede(of("content_block_stop"), typed(_UNKNOWN_DELTA))),
    ),
    Fault(
        "messages-delta-empty",
        "messages",
        "Every word is followed by a delta without text.",
        ("messages.stream.empty-delta",),
        STREAM_TEXT,
        on_events(follow(of("content_block_delta"), _EMPTY_DELTA)),
        "https://github.com/BerriAI/litellm/pull/33315",
    ),
    Fault(
        "messages-replacement-characters",
        "messages",
        "Letters beyond ASCII that an upstream cuts in two come as U+FFFD.",
        (
            "http.text.replacement-character",
            "case.answer-text",
        ),
        "messages/unicode/cjk[stream=true] messages/unicode/emoji[stream=true]",
        on_events(edit(having("/delta/text"), at("/delta/text", lambda text: re.sub("[^\x00-\x7f]", "\ufffd", text)))),
        "https://github.com/cnighswonger/claude-code-cache-fix/issues/365",
    ),
    Fault(
        "messages-replacement-in-arguments",
        "messages",
        "Letters beyond ASCII come as U+FFFD in the input of calls.",
        (
            "http.text.replacement-character",
            "case.tool-arguments",
        ),
        "messages/tools/unicode-arguments[stream=true]",
        on_events(
            edit(
                having("/delta/partial_json"),
                at("/delta/partial_json", lambda text: re.sub("[^\x00-\x7f]", "\ufffd", text)),
            )
        ),
        "https://github.com/cnighswonger/claude-code-cache-fix/issues/365",
    ),
    Fault(
        "messages-blank-deltas-lost",
        "messages",
        "Deltas of nothing but blanks are lost.",
        ("case.answer-text",),
        "messages/unicode/{framing-in-text,quotes-and-backslashes,line-separators-echoed}[stream=true]",
        on_events(apart("/delta/text"), lose(_blank)),
    ),
    Fault(
        "messages-blanks-stripped",
        "messages",
        "Each delta is stripped of the blanks around it.",
        ("case.answer-text",),
        "messages/unicode/{framing-in-text,cjk,markup}[stream=true]",
        on_events(edit(having("/delta/text"), at("/delta/text", str.strip))),
    ),
    Fault(
        "messages-text-escaped-for-html",
        "messages",
        "Letters that HTML escapes come escaped.",
        ("case.answer-text",),
        "messages/unicode/markup[stream=true]",
        on_events(edit(having("/delta/text"), at("/delta/text", lambda text: html.escape(text, quote=False)))),
    ),
    Fault(
        "messages-backslashes-doubled",
        "messages",
        "Backslashes come twice.",
        ("case.answer-text",),
        "messages/unicode/quotes-and-backslashes*",
        everywhere(
            *(at(place, lambda text: text.replace("\\", "\\\\")) for place in ("/content/*/text", "/delta/text"))
        ),
    ),
    Fault(
        "messages-text-beyond-bmp-lost",
        "messages",
        "Letters outside the first plane of Unicode are lost.",
        ("case.answer-text",),
        "messages/unicode/emoji*",
        everywhere(
            *(
                at(place, lambda text: "".join(c for c in text if ord(c) < 65536))
                for place in ("/content/*/text", "/delta/text")
            )
        ),
    ),
    Fault(
        "messages-text-as-latin-1",
        "messages",
        "UTF-8 is read as Latin-1, and encoded again.",
        (
            "http.text.misread",
            "case.answer-text",
        ),
        "messages/unicode/cjk*",
        everywhere(
            *(at(place, lambda text: text.encode().decode("latin-1")) for place in ("/content/*/text", "/delta/text"))
        ),
    ),
    Fault(
        "messages-thinking-repeated-as-text",
        "messages",
        "The words of the thinking come again as text.",
        ("messages.stream.delta-fits-block",),
        STREAM_THINKING,
        on_events(
            each(
                having("/delta/thinking"),
                lambda frame: [
                    frame,
                    frame.edited(rename("/delta/thinking", "text"), put("/delta/type", "text_delta")),
                ],
            )
        ),
    ),
    Fault(
        "messages-text-twice",
        "messages",
        "The end of a stream repeats the whole text in one more delta.",
        ("case.answer-text",),
        STREAM_TEXT,
        on_events(together("/delta/text"), double(having("/delta/text"))),
    ),
    Fault(
        "messages-text-twice-whole",
        "messages",
        "The text of a message stands in it twice.",
        ("case.answer-text",),
        JSON_TEXT,
        on_json(at("/content/*/text", lambda text: text + text)),
    ),
)
