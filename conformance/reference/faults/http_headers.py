"""Faults of response headers, and redirects."""

from __future__ import annotations

import gzip
from dataclasses import replace

from conformance.reference.changes import (
    DOCUMENT,
    ERROR,
    STREAM,
    SUCCESS,
    add_header,
    chain,
    drop_header,
    instead,
    on_answer,
    on_body,
    set_header,
    set_status,
)
from conformance.reference.changes.asked import if_
from conformance.reference.changes.change import Change
from conformance.reference.changes.writes import bare
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import whole

CHAT_JSON = "chat_completions/text/system-and-user[stream=false]"
CHAT = "chat_completions/text/system-and-user[stream=true]"
MESSAGES_JSON = "messages/text/system-and-user[stream=false]"
MESSAGES = "messages/text/system-and-user[stream=true]"
RESPONSES = "responses/text/input-text[stream=true]"
ERRORS = "chat_completions/errors/unknown-role"


def _redirect(status: int, location: str) -> Change:
    """Sends the client to another place."""
    headers = (("location", location), ("content-length", "0"))
    return instead(lambda _call: Answer(status, headers, whole(b"")))


async def _measured(_call: Call, answer: Answer) -> Answer:
    """The stream, collected, with its length."""
    if not STREAM(answer):
        return answer
    body = b"".join([piece async for piece in answer.body])
    return replace(answer, headers=(*answer.headers, ("content-length", str(len(body)))), body=whole(body))


CONTENT = (
    Fault(
        "http-stream-as-json",
        "chat_completions",
        "A stream has the content type of JSON.",
        (
            "http.content-type.stream",
            "case.answer-text",
            "http.body.json",
        ),
        CHAT,
        set_header("content-type", "application/json", of=STREAM),
    ),
    Fault(
        "http-stream-as-text",
        "messages",
        "A stream has the content type of plain text.",
        ("http.content-type.stream",),
        MESSAGES,
        set_header("content-type", "text/plain", of=STREAM),
    ),
    Fault(
        "http-stream-without-type",
        "responses",
        "A stream has no content type.",
        ("http.content-type.stream",),
        RESPONSES,
        drop_header("content-type", of=STREAM),
    ),
    Fault(
        "http-errors-as-html",
        "messages",
        "Errors in JSON have the content type of a page.",
        ("http.content-type.json",),
        "messages/errors/unknown-role",
        set_header("content-type", "text/html", of=ERROR),
    ),
    Fault(
        "http-json-without-type",
        "messages",
        "Answers in JSON have no content type.",
        ("http.content-type.json",),
        MESSAGES_JSON,
        drop_header("content-type", of=DOCUMENT),
    ),
    Fault(
        "http-json-of-problem-type",
        "all",
        "Errors have the content type of problem documents.",
        ("http.content-type.json",),
        "responses/errors/unknown-role models/openai/unknown",
        set_header("content-type", "application/problem+json", of=ERROR),
    ),
    Fault(
        "http-latin-1-claimed",
        "chat_completions",
        "Answers in JSON claim to be in Latin-1.",
        ("http.content-type.charset",),
        CHAT_JSON,
        set_header("content-type", "application/json; charset=iso-8859-1", of=SUCCESS),
    ),
    Fault(
        "http-stream-latin-1-claimed",
        "messages",
        "Streams claim to be in Latin-1.",
        ("http.content-type.charset",),
        MESSAGES,
        set_header("content-type", "text/event-stream; charset=iso-8859-1", of=STREAM),
    ),
    Fault(
        "http-compressed-unasked",
        "chat_completions",
        "Answers are compressed for clients that cannot read it.",
        ("http.header.content-encoding",),
        "chat_completions/text/system-and-user[stream=false]",
        chain(on_body(gzip.compress, of=SUCCESS), set_header("content-encoding", "gzip", of=SUCCESS)),
    ),
    Fault(
        "http-compressed-and-not-said",
        "messages",
        "Answers are compressed, and no header says so.",
        ("http.body.json", "case.answer-text"),
        MESSAGES_JSON,
        on_body(gzip.compress, of=SUCCESS),
    ),
    Fault(
        "http-compression-only-said",
        "messages",
        "A header says that the body is compressed, and it is not.",
        (
            "http.connection.cut",
            "case.answered",
            "http.body.empty",
            "http.header.content-encoding",
        ),
        MESSAGES_JSON,
        set_header("content-encoding", "gzip", of=SUCCESS),
    ),
)

OTHER = (
    Fault(
        "http-two-content-types",
        "chat_completions",
        "The content type comes twice, with two values.",
        ("http.header.contradiction",),
        CHAT_JSON,
        add_header("content-type", "text/plain", of=SUCCESS),
    ),
    Fault(
        "http-content-type-repeated",
        "messages",
        "The content type comes twice.",
        ("http.header.repeated",),
        MESSAGES_JSON,
        add_header("content-type", "application/json", of=SUCCESS),
    ),
    Fault(
        "http-request-id-repeated",
        "responses",
        "The request ids of the gateway and of its provider come both, under one name.",
        ("http.header.repeated",),
        "responses/text/input-text[stream=false]",
        add_header("x-request-id", "req_0123456789abcdef"),
    ),
    Fault(
        "http-request-id-empty",
        "chat_completions",
        "The request id is empty.",
        ("http.header.request-id",),
        CHAT_JSON,
        set_header("x-request-id", ""),
    ),
    Fault(
        "http-request-id-of-other-family",
        "messages",
        "Messages has the request id under the name that OpenAI uses.",
        ("http.header.request-id",),
        MESSAGES_JSON,
        drop_header("request-id"),
    ),
    Fault(
        "http-request-id-only-without-stream",
        "responses",
        "Streams have no request id.",
        ("http.header.request-id",),
        "responses/text/input-text*",
        drop_header("x-request-id", of=STREAM),
    ),
    Fault(
        "http-length-too-short",
        "chat_completions",
        "The content length is shorter than the body, of which clients read no more than that.",
        ("http.body.json", "case.answer-text"),
        CHAT_JSON,
        chain(set_header("content-length", "100", of=SUCCESS), bare(of=SUCCESS)),
    ),
    Fault(
        "http-length-too-long",
        "messages",
        "The content length is longer than the body, and clients wait for the rest.",
        (
            "http.connection.cut",
            "case.answered",
        ),
        MESSAGES_JSON,
        chain(set_header("content-length", "99999", of=SUCCESS), bare(of=SUCCESS)),
    ),
    Fault(
        "http-stream-with-length",
        "chat_completions",
        "A stream tells its length.",
        ("http.header.stream-length",),
        CHAT,
        on_answer(_measured),
    ),
    Fault(
        "http-length-and-chunks",
        "messages",
        "An answer in chunks also tells a length.",
        (
            "http.header.two-framings",
            "http.header.content-length",
        ),
        MESSAGES_JSON,
        chain(
            on_body(lambda body: b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), of=SUCCESS),
            add_header("transfer-encoding", "chunked", of=SUCCESS),
            bare(of=SUCCESS),
        ),
    ),
    Fault(
        "http-retry-after-with-unit",
        "chat_completions",
        "A wait is told with a unit.",
        ("http.header.retry-after",),
        ERRORS,
        add_header("retry-after", "30s", of=ERROR),
    ),
    Fault(
        "http-rate-limit-in-words",
        "chat_completions",
        "A rate-limit header has no number.",
        ("http.header.rate-limit",),
        CHAT_JSON,
        add_header("x-ratelimit-remaining-requests", "unlimited"),
    ),
    Fault(
        "http-rate-limit-reset-as-number",
        "messages",
        "The time at which a limit is reset is a number.",
        ("http.header.rate-limit",),
        MESSAGES_JSON,
        add_header("anthropic-ratelimit-tokens-reset", "1767225600"),
    ),
    Fault(
        "http-should-retry-as-number",
        "messages",
        "Whether to try again is told as a number.",
        ("http.header.should-retry",),
        "messages/errors/unknown-role",
        set_header("x-should-retry", "0", of=ERROR),
    ),
    Fault(
        "http-cacheable",
        "chat_completions",
        "Caches may keep the answer to one person.",
        ("http.header.cacheable",),
        CHAT_JSON,
        set_header("cache-control", "public, max-age=3600"),
    ),
    Fault(
        "http-stream-cache-unsaid",
        "messages",
        "A stream does not tell proxies to hold nothing back.",
        ("http.header.stream-cache",),
        MESSAGES,
        drop_header("cache-control"),
    ),
    Fault(
        "http-created",
        "responses",
        "Answers have the status 201.",
        ("http.status.plain-success",),
        "responses/text/input-text*",
        set_status(201, of=lambda answer: answer.status == 200),
    ),
    Fault(
        "http-accepted",
        "messages",
        "Answers have the status 202.",
        ("http.status.plain-success",),
        MESSAGES_JSON,
        set_status(202),
    ),
    Fault(
        "http-status-of-its-own",
        "chat_completions",
        "Errors have a status of the gateway's own invention.",
        (
            "http.status.known",
            "case.status",
            "error.type.agrees",
        ),
        ERRORS,
        chain(set_status(601, of=ERROR), bare(of=ERROR)),
    ),
    Fault(
        "http-redirect-301",
        "chat_completions",
        "Requests are sent on with 301, after which clients ask with GET and without the body.",
        (
            "http.redirect.method",
            "case.answered",
        ),
        CHAT_JSON,
        _redirect(301, "/v1/chat/completions/"),
    ),
    Fault(
        "http-redirect-302",
        "messages",
        "Requests are sent on with 302, to a page where people log in.",
        (
            "http.redirect.method",
            "case.answered",
        ),
        MESSAGES_JSON,
        _redirect(302, "/login"),
    ),
    Fault(
        "http-redirect-303",
        "responses",
        "Requests are sent on with 303.",
        (
            "http.redirect.method",
            "case.answered",
        ),
        "responses/text/input-text[stream=false]",
        _redirect(303, "/v1/other"),
    ),
    Fault(
        "http-redirect-elsewhere",
        "chat_completions",
        "Requests are sent on with 307 to another host.",
        (
            "http.redirect.other-place",
            "case.answered",
        ),
        CHAT_JSON,
        _redirect(307, "http://gateway.example/v1/chat/completions"),
    ),
    Fault(
        "http-redirect-without-location",
        "messages",
        "A redirect does not say where to.",
        (
            "http.redirect.other-place",
            "case.answered",
        ),
        MESSAGES_JSON,
        chain(_redirect(308, "/"), drop_header("location")),
    ),
    Fault(
        "routing-slash-leads-to-http",
        "all",
        "A path with a slash at its end is redirected to plain HTTP at another place, and the key is left behind.",
        (
            "http.redirect.other-place",
            "case.answered",
        ),
        "routing/paths/chat-trailing-slash",
        if_(_redirect(307, "http://gateway.example/v1/chat/completions"), lambda call: call.path.endswith("/")),
        "https://github.com/letta-ai/letta/issues/3189",
    ),
)

FAULTS = (*CONTENT, *OTHER)
