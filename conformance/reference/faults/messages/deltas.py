"""Faults of the deltas of Messages streams: lost, repeated, of the wrong type, or with damaged text.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import html
import re

from conformance.reference.changes import Frame, at, on_events, put, rename
from conformance.reference.changes.documents import found
from conformance.reference.changes.flows import apart, each, edit, everywhere, having, lose, of
from conformance.reference.faults.fault import Fault

STREAM_TEXT = "messages/text/system-and-user[stream=true]"
STREAM_THINKING = "messages/reasoning/thinking[stream=true]"


def _blank(frame: Frame) -> bool:
    return any(text.isspace() for text in found(frame.json, "/delta/text"))


FAULTS = (
    Fault(
        id="messages-delta-as-string",
        family="messages",
        sentence="Deltas are strings.",
        rules=("messages.stream.delta-payload", "case.answer-text"),
        cases=STREAM_TEXT,
        apply=on_events(edit(of("content_block_delta"), at("/delta", lambda delta: delta["text"]))),
    ),
    Fault(
        id="messages-replacement-characters",
        family="messages",
        sentence="Non-ASCII characters that an upstream splits are replaced by U+FFFD.",
        rules=("http.text.replacement-character", "case.answer-text"),
        cases="messages/unicode/cjk[stream=true] messages/unicode/emoji[stream=true]",
        apply=on_events(edit(having("/delta/text"), at("/delta/text", lambda text: re.sub("[^\x00-\x7f]", "�", text)))),
        url="https://github.com/cnighswonger/claude-code-cache-fix/issues/365",
    ),
    Fault(
        id="messages-replacement-in-arguments",
        family="messages",
        sentence="Non-ASCII characters in the input of calls are replaced by U+FFFD.",
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
        sentence="Deltas that contain only white space are lost.",
        rules=("case.answer-text",),
        cases="messages/unicode/{framing-in-text,quotes-and-backslashes,line-separators-echoed}[stream=true]",
        apply=on_events(apart("/delta/text"), lose(_blank)),
    ),
    Fault(
        id="messages-blanks-stripped",
        family="messages",
        sentence="White space around each delta is removed.",
        rules=("case.answer-text",),
        cases="messages/unicode/{framing-in-text,cjk,markup}[stream=true]",
        apply=on_events(edit(having("/delta/text"), at("/delta/text", str.strip))),
    ),
    Fault(
        id="messages-text-escaped-for-html",
        family="messages",
        sentence="Characters that are special in HTML are escaped.",
        rules=("case.answer-text",),
        cases="messages/unicode/markup[stream=true]",
        apply=on_events(edit(having("/delta/text"), at("/delta/text", lambda text: html.escape(text, quote=False)))),
    ),
    Fault(
        id="messages-text-beyond-bmp-lost",
        family="messages",
        sentence="Characters beyond the Basic Multilingual Plane are lost.",
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
        sentence="The thinking is repeated as text.",
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
)
