"""Faults of the deltas of Messages streams: lost, doubled, of another kind, with other words."""

from __future__ import annotations

import html
import re

from conformance.model import JSON
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
from conformance.reference.changes.values import doubled, substitute
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
        id="messages-delta-twice",
        family="messages",
        sentence="Every delta comes twice.",
        rules=("case.answer-text",),
        cases=STREAM_CJK,
        apply=on_events(double(of("content_block_delta"))),
    ),
    Fault(
        id="messages-deltas-swapped",
        family="messages",
        sentence="The first two deltas change places.",
        rules=("case.answer-text",),
        cases=STREAM_TEXT,
        apply=on_events(hold(of("content_block_delta"), of("content_block_delta"), number=1)),
    ),
    Fault(
        id="messages-delta-type-lost",
        family="messages",
        sentence="Deltas have no type.",
        rules=("messages.stream.delta-payload", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_delta"), drop("/delta/type"))),
    ),
    Fault(
        id="messages-delta-text-null",
        family="messages",
        sentence="A text_delta has the text null.",
        rules=("messages.stream.delta-payload", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_delta"), put("/delta/text", None), number=1)),
    ),
    Fault(
        id="messages-delta-text-lost",
        family="messages",
        sentence="A text_delta has no text.",
        rules=("messages.stream.delta-payload", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_delta"), drop("/delta/text"), number=1)),
    ),
    Fault(
        id="messages-delta-as-string",
        family="messages",
        sentence="Deltas are strings.",
        rules=("messages.stream.delta-payload", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_delta"), at("/delta", lambda delta: delta["text"]))),
    ),
    Fault(
        id="messages-delta-lost",
        family="messages",
        sentence="Delta events have no delta.",
        rules=("messages.stream.delta-payload", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_delta"), drop("/delta"))),
    ),
    Fault(
        id="messages-delta-of-chat",
        family="messages",
        sentence="Deltas have their words in content, as in Chat Completions.",
        rules=("messages.stream.delta-payload", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_delta"), rename("/delta/text", "content"), drop("/delta/type"))),
    ),
    Fault(
        id="messages-delta-unfitting",
        family="messages",
        sentence="The words of a text block come in thinking_deltas.",
        rules=("messages.stream.delta-fits-block", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(
            edit(having("/delta/text"), rename("/delta/text", "thinking"), put("/delta/type", "thinking_delta"))
        ),
    ),
    Fault(
        id="messages-text-in-thinking-block",
        family="messages",
        sentence="The words of a thinking block come in text_deltas.",
        rules=("messages.stream.delta-fits-block", "case.reasoning"),
        cases=STREAM_THINKING,
        apply=on_events(
            edit(having("/delta/thinking"), rename("/delta/thinking", "text"), put("/delta/type", "text_delta"))
        ),
    ),
    Fault(
        id="messages-delta-unknown",
        family="messages",
        sentence="A delta of an unknown type comes.",
        rules=("messages.stream.unknown-delta",),
        cases=STREAM_TEXT,
        apply=on_events(precede(of("content_block_stop"), typed(_UNKNOWN_DELTA))),
    ),
    Fault(
        id="messages-delta-empty",
        family="messages",
        sentence="Every word is followed by a delta without text.",
        rules=("messages.stream.empty-delta",),
        cases=STREAM_TEXT,
        apply=on_events(follow(of("content_block_delta"), _EMPTY_DELTA)),
        url="https://github.com/BerriAI/litellm/pull/33315",
    ),
    Fault(
        id="messages-replacement-characters",
        family="messages",
        sentence="Letters beyond ASCII that an upstream cuts in two come as U+FFFD.",
        rules=("http.text.replacement-character", "case.answer-text"),
        cases="messages/unicode/cjk[stream=true] messages/unicode/emoji[stream=true]",
        apply=on_events(edit(having("/delta/text"), at("/delta/text", lambda text: re.sub("[^\x00-\x7f]", "�", text)))),
        url="https://github.com/cnighswonger/claude-code-cache-fix/issues/365",
    ),
    Fault(
        id="messages-replacement-in-arguments",
        family="messages",
        sentence="Letters beyond ASCII come as U+FFFD in the input of calls.",
        rules=("http.text.replacement-character", "case.tool-arguments"),
        cases="messages/tools/unicode-arguments[stream=true]",
        apply=on_events(
            edit(
                having("/delta/partial_json"), at("/delta/partial_json", lambda text: re.sub("[^\x00-\x7f]", "�", text))
            )
        ),
        url="https://github.com/cnighswonger/claude-code-cache-fix/issues/365",
    ),
    Fault(
        id="messages-blank-deltas-lost",
        family="messages",
        sentence="Deltas of nothing but blanks are lost.",
        rules=("case.answer-text",),
        cases="messages/unicode/{framing-in-text,quotes-and-backslashes,line-separators-echoed}[stream=true]",
        apply=on_events(apart("/delta/text"), lose(_blank)),
    ),
    Fault(
        id="messages-blanks-stripped",
        family="messages",
        sentence="Each delta is stripped of the blanks around it.",
        rules=("case.answer-text",),
        cases="messages/unicode/{framing-in-text,cjk,markup}[stream=true]",
        apply=on_events(edit(having("/delta/text"), at("/delta/text", str.strip))),
    ),
    Fault(
        id="messages-text-escaped-for-html",
        family="messages",
        sentence="Letters that HTML escapes come escaped.",
        rules=("case.answer-text",),
        cases="messages/unicode/markup[stream=true]",
        apply=on_events(edit(having("/delta/text"), at("/delta/text", lambda text: html.escape(text, quote=False)))),
    ),
    Fault(
        id="messages-backslashes-doubled",
        family="messages",
        sentence="Backslashes come twice.",
        rules=("case.answer-text",),
        cases="messages/unicode/quotes-and-backslashes*",
        apply=everywhere(*(substitute(place, "\\", "\\\\") for place in ("/content/*/text", "/delta/text"))),
    ),
    Fault(
        id="messages-text-beyond-bmp-lost",
        family="messages",
        sentence="Letters outside the first plane of Unicode are lost.",
        rules=("case.answer-text",),
        cases="messages/unicode/emoji*",
        apply=everywhere(
            *(
                at(place, lambda text: "".join(c for c in text if ord(c) < 65536))
                for place in ("/content/*/text", "/delta/text")
            )
        ),
    ),
    Fault(
        id="messages-text-as-latin-1",
        family="messages",
        sentence="UTF-8 is read as Latin-1, and encoded again.",
        rules=("http.text.misread", "case.answer-text"),
        cases="messages/unicode/cjk*",
        apply=everywhere(
            *(at(place, lambda text: text.encode().decode("latin-1")) for place in ("/content/*/text", "/delta/text"))
        ),
    ),
    Fault(
        id="messages-thinking-repeated-as-text",
        family="messages",
        sentence="The words of the thinking come again as text.",
        rules=("messages.stream.delta-fits-block",),
        cases=STREAM_THINKING,
        apply=on_events(
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
        id="messages-text-twice",
        family="messages",
        sentence="The end of a stream repeats the whole text in one more delta.",
        rules=("case.answer-text",),
        cases=STREAM_TEXT,
        apply=on_events(together("/delta/text"), double(having("/delta/text"))),
    ),
    Fault(
        id="messages-text-twice-whole",
        family="messages",
        sentence="The text of a message stands in it twice.",
        rules=("case.answer-text",),
        cases=JSON_TEXT,
        apply=on_json(at("/content/*/text", doubled)),
    ),
)
