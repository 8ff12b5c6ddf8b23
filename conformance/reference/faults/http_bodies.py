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


BODIES = (
    Fault(
        "http-streams-unasked",
        "chat_completions",
        "A request without `stream` is answered by a stream.",
        ("http.stream.unasked",),
        "chat_completions/text/stream-left-out",
        on_request(put("/stream", True)),
    ),
    Fault(
        "http-streams-although-refused",
        "messages",
        "A request with `stream` false is answered by a stream.",
        ("http.stream.unasked",),
        MESSAGES_JSON,
        on_request(put("/stream", True)),
    ),
    Fault(
        "http-never-streams",
        "responses",
        "A stream is answered by one document.",
        ("http.stream.expected",),
        "responses/text/input-text[stream=true]",
        on_request(put("/stream", False)),
    ),
    Fault(
        "http-lines-of-json",
        "chat_completions",
        "A stream has one JSON document on each line, without the format of events.",
        (
            "http.stream.expected",
            "case.answer-text",
            "sse.framing.stray-line",
            "sse.stream.no-event",
        ),
        CHAT,
        on_stream_body(lambda body: body.replace(b"data: ", b"").replace(b"\n\n", b"\n")),
    ),
    Fault(
        "http-empty-answers",
        "chat_completions",
        "Answers have no body.",
        ("http.body.empty", "case.answer-text"),
        CHAT_JSON,
        on_body(lambda _body: b"", of=SUCCESS),
    ),
    Fault(
        "http-empty-errors",
        "messages",
        "Errors have no body.",
        (
            "http.body.empty",
            "case.error-names-mistake",
        ),
        "messages/errors/unknown-role",
        on_body(lambda _body: b"", of=ERROR),
    ),
    Fault(
        "http-page-with-200",
        "all",
        "Every path is answered by the page of a web application.",
        (
            "http.body.html",
            "case.refused",
            "case.value",
            "http.header.request-id",
        ),
        "responses/text/input-text[stream=false] routing/paths/unknown-posted",
        reply_bytes(200, PAGE, "text/html"),
    ),
    Fault(
        "http-page-as-error",
        "messages",
        "Errors are pages of a proxy.",
        (
            "http.body.html",
            "case.error-names-mistake",
        ),
        "messages/errors/unknown-role",
        on_body(lambda _body: PAGE, of=ERROR),
    ),
    Fault(
        "http-maintenance-page",
        "responses",
        "A stored response is asked for, and a page about maintenance comes.",
        (
            "http.body.html",
            "case.answer-text",
            "case.value",
            "http.header.request-id",
        ),
        "responses/state/retrieved*",
        if_(reply_bytes(200, PAGE, "text/html"), lambda call: call.method == "GET"),
        "https://github.com/digitalocean/gradient-python/issues/96",
    ),
    Fault(
        "http-json-cut",
        "messages",
        "Long answers are cut, and their length is right for what is left.",
        ("http.body.json", "case.answer-text"),
        MESSAGES_JSON,
        on_body(lambda body: body[:-30], of=SUCCESS),
    ),
    Fault(
        "http-json-of-python",
        "chat_completions",
        "An answer is what Python shows of a dictionary.",
        ("http.body.json", "case.answer-text"),
        CHAT_JSON,
        on_body(lambda body: repr(json.loads(body)).encode(), of=SUCCESS),
    ),
    Fault(
        "http-two-documents",
        "responses",
        "An answer is sent twice in one body.",
        ("http.body.json", "case.value", "case.answer-text"),
        RESPONSES_JSON,
        on_body(lambda body: body + body, of=SUCCESS),
    ),
    Fault(
        "http-errors-in-plain-text",
        "chat_completions",
        "Errors are plain text.",
        (
            "http.error.json",
            "case.error-names-mistake",
        ),
        ERRORS,
        on_body(lambda _body: b"Bad Request", of=ERROR),
    ),
    Fault(
        "http-large-body-refused-in-text",
        "chat_completions",
        "A body of more than a megabyte is refused in plain text.",
        (
            "http.error.json-in-front",
            "case.accepted",
            "http.header.request-id",
        ),
        "http/bodies/chat-large",
        reply_bytes(413, b"Failed to buffer the request body: length limit exceeded"),
        "https://github.com/huggingface/text-generation-inference/issues/1802",
    ),
    Fault(
        "http-json-in-utf-16",
        "responses",
        "JSON is written in UTF-16.",
        ("http.body.encoding",),
        RESPONSES_JSON,
        on_body(lambda body: body.decode().encode("utf-16-le"), of=SUCCESS),
    ),
    Fault(
        "http-nan",
        "chat_completions",
        "A number that does not exist is written as NaN.",
        ("http.body.constants",),
        "chat_completions/options/logprobs[stream=false]",
        on_json(put("/choices/*/logprobs/content/*/logprob", float("nan"))),
    ),
    Fault(
        "http-infinity-in-stream",
        "chat_completions",
        "A number that is too large is written as -Infinity in a stream.",
        ("http.body.constants",),
        "chat_completions/options/logprobs[stream=true]",
        on_events(
            edit(
                having("/choices/0/logprobs/content"),
                put("/choices/*/logprobs/content/*/logprob", float("-inf")),
            )
        ),
    ),
    Fault(
        "http-keys-twice",
        "messages",
        "Members that the gateway adds come twice.",
        ("http.body.duplicate-keys",),
        MESSAGES_JSON,
        on_body(lambda body: body.rstrip()[:-1] + b',"type":"message"}', of=SUCCESS),
    ),
    Fault(
        "http-error-in-success",
        "chat_completions",
        "When the provider fails, the answer has the status 200 and an error with the provider's status inside.",
        (
            "http.status.error-in-success",
            "case.answer-stop",
            "chat.choices.list",
            "chat.created",
            "chat.id",
            "chat.model",
            "chat.object",
            "chat.usage.present",
        ),
        CHAT_JSON,
        reply_json(200, {"error": {"message": "The provider failed.", "type": "server_error", "code": 502}}),
        "https://github.com/azrtydxb/Fastllm-proxy/issues/28",
    ),
    Fault(
        "http-unknown-model-with-200",
        "chat_completions",
        "A model that nobody has is answered by a flat error object with the status 200.",
        (
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
        "chat_completions/errors/unknown-model*",
        reply_json(200, {"object": "error", "message": "no such model", "type": "NotFoundError", "code": 404}),
        "https://github.com/runpod-workers/worker-vllm/issues/57",
    ),
    Fault(
        "http-success-false",
        "messages",
        "A failure is a document with `success` false and the status 200.",
        (
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
        MESSAGES_JSON,
        reply_json(200, {"success": False, "message": "The provider failed."}),
    ),
)


def _spoiled(spoil: Callable[[str], str]) -> Change:
    """Texts of Messages, damaged, streamed or not."""
    return chain(
        on_json(at("/content/*/text", lambda text: spoil(str(text)))),
        on_events(edit(having("/delta/text"), at("/delta/text", lambda text: spoil(str(text))))),
    )


TEXT = (
    Fault(
        "http-text-cut-in-characters",
        "messages",
        "Characters whose bytes come in two pieces are replaced, in text and in the arguments of tools.",
        (
            "http.text.replacement-character",
            "case.answer-text",
        ),
        "messages/unicode/cjk*",
        _spoiled(lambda text: "".join(f"\ufffd{letter}" if letter > "\u2fff" else letter for letter in text)),
        "https://github.com/cnighswonger/claude-code-cache-fix/issues/365",
    ),
    Fault(
        "http-half-of-a-pair",
        "messages",
        "Of characters outside of the basic plane one half is lost.",
        (
            "http.text.lone-surrogate",
            "case.answer-text",
        ),
        "messages/unicode/emoji[stream=false]",
        on_body(lambda body: _HIGH_HALF.sub(rb"\1", json.dumps(json.loads(body)).encode()), of=SUCCESS),
    ),
    Fault(
        "http-text-misread",
        "messages",
        "Text in UTF-8 is read as Latin-1 and encoded again.",
        (
            "http.text.misread",
            "case.answer-text",
        ),
        "messages/unicode/cjk* messages/unicode/emoji*",
        _spoiled(lambda text: text.encode().decode("latin-1")),
    ),
)

FAULTS = (*BODIES, *TEXT)
