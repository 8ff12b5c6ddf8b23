"""Faults of bodies: invalid JSON, damaged text, and pages instead of answers.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from conformance.reference.changes import SUCCESS, at, chain, on_body, on_events, on_json, on_stream_body, put
from conformance.reference.changes.asked import if_
from conformance.reference.changes.change import Change
from conformance.reference.changes.flows import edit, having
from conformance.reference.changes.replies import reply_bytes
from conformance.reference.faults.fault import Fault

CHAT_JSON = "chat_completions/text/system-and-user[stream=false]"
CHAT = "chat_completions/text/system-and-user[stream=true]"
MESSAGES_JSON = "messages/text/system-and-user[stream=false]"
RESPONSES_JSON = "responses/text/input-text[stream=false]"
_HIGH_HALF = re.compile(rb"(\\ud8[0-9a-f]{2})\\ud[c-f][0-9a-f]{2}")
PAGE = b"<!DOCTYPE html><html><body><h1>Bad Gateway</h1></body></html>"


def _spoiled(spoil: Callable[[str], str]) -> Change:
    """Texts of Messages, damaged, streamed or not."""
    return chain(
        on_json(at("/content/*/text", lambda text: spoil(str(text)))),
        on_events(edit(having("/delta/text"), at("/delta/text", lambda text: spoil(str(text))))),
    )


FAULTS = (
    Fault(
        id="http-lines-of-json",
        family="chat_completions",
        sentence="A stream has one JSON document per line, without SSE framing.",
        rules=("http.stream.expected", "case.answer-text", "sse.framing.stray-line", "sse.stream.no-event"),
        cases=CHAT,
        apply=on_stream_body(lambda body: body.replace(b"data: ", b"").replace(b"\n\n", b"\n")),
    ),
    Fault(
        id="http-maintenance-page",
        family="responses",
        sentence="A stored response is answered with a maintenance page.",
        rules=("http.body.html", "case.answer-text", "case.value", "http.header.request-id"),
        cases="responses/state/retrieved*",
        apply=if_(reply_bytes(200, PAGE, "text/html"), lambda call: call.method == "GET"),
        url="https://github.com/digitalocean/gradient-python/issues/96",
    ),
    Fault(
        id="http-json-cut",
        family="messages",
        sentence="Long answers are truncated, with a content length that fits.",
        rules=("http.body.json", "case.answer-text"),
        cases=MESSAGES_JSON,
        apply=on_body(lambda body: body[:-30], of=SUCCESS),
    ),
    Fault(
        id="http-json-of-python",
        family="chat_completions",
        sentence="An answer is written as a Python dictionary.",
        rules=("http.body.json", "case.answer-text"),
        cases=CHAT_JSON,
        apply=on_body(lambda body: repr(json.loads(body)).encode(), of=SUCCESS),
    ),
    Fault(
        id="http-two-documents",
        family="responses",
        sentence="An answer is sent twice in one body.",
        rules=("http.body.json", "case.value", "case.answer-text"),
        cases=RESPONSES_JSON,
        apply=on_body(lambda body: body + body, of=SUCCESS),
    ),
    Fault(
        id="http-json-in-utf-16",
        family="responses",
        sentence="JSON is written in UTF-16.",
        rules=("http.body.encoding",),
        cases=RESPONSES_JSON,
        apply=on_body(lambda body: body.decode().encode("utf-16-le"), of=SUCCESS),
    ),
    Fault(
        id="http-nan",
        family="chat_completions",
        sentence="A number is written as NaN.",
        rules=("http.body.constants",),
        cases="chat_completions/options/logprobs[stream=false]",
        apply=on_json(put("/choices/*/logprobs/content/*/logprob", float("nan"))),
    ),
    Fault(
        id="http-infinity-in-stream",
        family="chat_completions",
        sentence="A number that is too large is written as -Infinity in a stream.",
        rules=("http.body.constants",),
        cases="chat_completions/options/logprobs[stream=true]",
        apply=on_events(
            edit(having("/choices/0/logprobs/content"), put("/choices/*/logprobs/content/*/logprob", float("-inf")))
        ),
    ),
    Fault(
        id="http-keys-twice",
        family="messages",
        sentence="A member of the answer is written twice.",
        rules=("http.body.duplicate-keys",),
        cases=MESSAGES_JSON,
        apply=on_body(lambda body: body.rstrip()[:-1] + b',"type":"message"}', of=SUCCESS),
    ),
    Fault(
        id="http-text-cut-in-characters",
        family="messages",
        sentence="Characters whose bytes arrive in two pieces are replaced, in text and in tool arguments.",
        rules=("http.text.replacement-character", "case.answer-text"),
        cases="messages/unicode/cjk*",
        apply=_spoiled(lambda text: "".join(f"�{letter}" if letter > "\u2fff" else letter for letter in text)),
        url="https://github.com/cnighswonger/claude-code-cache-fix/issues/365",
    ),
    Fault(
        id="http-half-of-a-pair",
        family="messages",
        sentence="One half of each surrogate pair is lost.",
        rules=("http.text.lone-surrogate", "case.answer-text"),
        cases="messages/unicode/emoji[stream=false]",
        apply=on_body(lambda body: _HIGH_HALF.sub(b"\\1", json.dumps(json.loads(body)).encode()), of=SUCCESS),
    ),
    Fault(
        id="http-text-misread",
        family="messages",
        sentence="Text in UTF-8 is read as Latin-1 and encoded again.",
        rules=("http.text.misread", "case.answer-text"),
        cases="messages/unicode/cjk* messages/unicode/emoji*",
        apply=_spoiled(lambda text: text.encode().decode("latin-1")),
    ),
)
