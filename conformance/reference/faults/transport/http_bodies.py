"""Faults of bodies: no JSON, damaged text, secrets, and what gives away how the gateway is built."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from conformance.reference.changes import (
    ERROR,
    SUCCESS,
    at,
    chain,
    on_body,
    on_events,
    on_json,
    on_request,
    on_stream_body,
    put,
    set_body,
)
from conformance.reference.changes.asked import if_
from conformance.reference.changes.change import Change
from conformance.reference.changes.flows import edit, having
from conformance.reference.changes.replies import reply_bytes, reply_json
from conformance.reference.faults.fault import Fault

CHAT_JSON = "chat_completions/text/system-and-user[stream=false]"
CHAT = "chat_completions/text/system-and-user[stream=true]"
MESSAGES_JSON = "messages/text/system-and-user[stream=false]"
RESPONSES_JSON = "responses/text/input-text[stream=false]"
ERRORS = "chat_completions/errors/unknown-role"
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
        id="http-streams-unasked",
        family="chat_completions",
        sentence="A request without `stream` is answered by a stream.",
        rules=("http.stream.unasked",),
        cases="chat_completions/text/stream-left-out",
        apply=on_request(put("/stream", True)),
    ),
    Fault(
        id="http-streams-although-refused",
        family="messages",
        sentence="A request with `stream` false is answered by a stream.",
        rules=("http.stream.unasked",),
        cases=MESSAGES_JSON,
        apply=on_request(put("/stream", True)),
    ),
    Fault(
        id="http-never-streams",
        family="responses",
        sentence="A stream is answered by one document.",
        rules=("http.stream.expected",),
        cases="responses/text/input-text[stream=true]",
        apply=on_request(put("/stream", False)),
    ),
    Fault(
        id="http-lines-of-json",
        family="chat_completions",
        sentence="A stream has one JSON document on each line, without the format of events.",
        rules=("http.stream.expected", "case.answer-text", "sse.framing.stray-line", "sse.stream.no-event"),
        cases=CHAT,
        apply=on_stream_body(lambda body: body.replace(b"data: ", b"").replace(b"\n\n", b"\n")),
    ),
    Fault(
        id="http-empty-answers",
        family="chat_completions",
        sentence="Answers have no body.",
        rules=("http.body.empty", "case.answer-text"),
        cases=CHAT_JSON,
        apply=set_body(b"", of=SUCCESS),
    ),
    Fault(
        id="http-empty-errors",
        family="messages",
        sentence="Errors have no body.",
        rules=("http.body.empty", "case.error-names-mistake"),
        cases="messages/errors/unknown-role",
        apply=set_body(b"", of=ERROR),
    ),
    Fault(
        id="http-page-with-200",
        family="all",
        sentence="Every path is answered by the page of a web application.",
        rules=("http.body.html", "case.refused", "case.value", "http.header.request-id"),
        cases="responses/text/input-text[stream=false] routing/paths/unknown-posted",
        apply=reply_bytes(200, PAGE, "text/html"),
    ),
    Fault(
        id="http-page-as-error",
        family="messages",
        sentence="Errors are pages of a proxy.",
        rules=("http.body.html", "case.error-names-mistake"),
        cases="messages/errors/unknown-role",
        apply=set_body(PAGE, of=ERROR),
    ),
    Fault(
        id="http-maintenance-page",
        family="responses",
        sentence="A stored response is asked for, and a page about maintenance comes.",
        rules=("http.body.html", "case.answer-text", "case.value", "http.header.request-id"),
        cases="responses/state/retrieved*",
        apply=if_(reply_bytes(200, PAGE, "text/html"), lambda call: call.method == "GET"),
        url="https://github.com/digitalocean/gradient-python/issues/96",
    ),
    Fault(
        id="http-json-cut",
        family="messages",
        sentence="Long answers are cut, and their length is right for what is left.",
        rules=("http.body.json", "case.answer-text"),
        cases=MESSAGES_JSON,
        apply=on_body(lambda body: body[:-30], of=SUCCESS),
    ),
    Fault(
        id="http-json-of-python",
        family="chat_completions",
        sentence="An answer is what Python shows of a dictionary.",
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
        id="http-errors-in-plain-text",
        family="chat_completions",
        sentence="Errors are plain text.",
        rules=("http.error.json", "case.error-names-mistake"),
        cases=ERRORS,
        apply=set_body(b"Bad Request", of=ERROR),
    ),
    Fault(
        id="http-large-body-refused-in-text",
        family="chat_completions",
        sentence="A body of more than a megabyte is refused in plain text.",
        rules=("http.error.json-in-front", "case.accepted", "http.header.request-id"),
        cases="http/bodies/chat-large",
        apply=reply_bytes(413, b"Failed to buffer the request body: length limit exceeded"),
        url="https://github.com/huggingface/text-generation-inference/issues/1802",
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
        sentence="A number that does not exist is written as NaN.",
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
        sentence="Members that the gateway adds come twice.",
        rules=("http.body.duplicate-keys",),
        cases=MESSAGES_JSON,
        apply=on_body(lambda body: body.rstrip()[:-1] + b',"type":"message"}', of=SUCCESS),
    ),
    Fault(
        id="http-error-in-success",
        family="chat_completions",
        sentence="When the provider fails, the answer has status 200 and an error with the provider's status inside.",
        rules=(
            "http.status.error-in-success",
            "case.answer-stop",
            "chat.choices.list",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.object",
            "chat.usage.present",
        ),
        cases=CHAT_JSON,
        apply=reply_json(200, {"error": {"message": "The provider failed.", "type": "server_error", "code": 502}}),
        url="https://github.com/azrtydxb/Fastllm-proxy/issues/28",
    ),
    Fault(
        id="http-unknown-model-with-200",
        family="chat_completions",
        sentence="A model that nobody has is answered by a flat error object with the status 200.",
        rules=(
            "http.status.error-in-success",
            "case.refused",
            "chat.choices.list",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.object",
            "chat.usage.present",
            "http.stream.expected",
        ),
        cases="chat_completions/errors/unknown-model*",
        apply=reply_json(200, {"object": "error", "message": "no such model", "type": "NotFoundError", "code": 404}),
        url="https://github.com/runpod-workers/worker-vllm/issues/57",
    ),
    Fault(
        id="http-success-false",
        family="messages",
        sentence="A failure is a document with `success` false and the status 200.",
        rules=(
            "http.status.error-in-success",
            "case.answer-stop",
            "messages.content.list",
            "messages.id",
            "messages.model",
            "messages.object",
            "messages.role",
            "messages.stop-reason.present",
            "messages.stop-sequence.present",
            "messages.usage.object",
        ),
        cases=MESSAGES_JSON,
        apply=reply_json(200, {"success": False, "message": "The provider failed."}),
    ),
    Fault(
        id="http-text-cut-in-characters",
        family="messages",
        sentence="Characters whose bytes come in two pieces are replaced, in text and in the arguments of tools.",
        rules=("http.text.replacement-character", "case.answer-text"),
        cases="messages/unicode/cjk*",
        apply=_spoiled(lambda text: "".join(f"�{letter}" if letter > "\u2fff" else letter for letter in text)),
        url="https://github.com/cnighswonger/claude-code-cache-fix/issues/365",
    ),
    Fault(
        id="http-half-of-a-pair",
        family="messages",
        sentence="Of characters outside of the basic plane one half is lost.",
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
