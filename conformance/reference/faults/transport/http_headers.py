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


FAULTS = (
    Fault(
        id="http-stream-as-json",
        family="chat_completions",
        sentence="A stream has the content type of JSON.",
        rules=("http.content-type.stream", "case.answer-text", "http.body.json"),
        cases=CHAT,
        apply=set_header("content-type", "application/json", of=STREAM),
    ),
    Fault(
        id="http-stream-as-text",
        family="messages",
        sentence="A stream has the content type of plain text.",
        rules=("http.content-type.stream",),
        cases=MESSAGES,
        apply=set_header("content-type", "text/plain", of=STREAM),
    ),
    Fault(
        id="http-stream-without-type",
        family="responses",
        sentence="A stream has no content type.",
        rules=("http.content-type.stream",),
        cases=RESPONSES,
        apply=drop_header("content-type", of=STREAM),
    ),
    Fault(
        id="http-errors-as-html",
        family="messages",
        sentence="Errors in JSON have the content type of a page.",
        rules=("http.content-type.json",),
        cases="messages/errors/unknown-role",
        apply=set_header("content-type", "text/html", of=ERROR),
    ),
    Fault(
        id="http-json-without-type",
        family="messages",
        sentence="Answers in JSON have no content type.",
        rules=("http.content-type.json",),
        cases=MESSAGES_JSON,
        apply=drop_header("content-type", of=DOCUMENT),
    ),
    Fault(
        id="http-json-of-problem-type",
        family="all",
        sentence="Errors have the content type of problem documents.",
        rules=("http.content-type.json",),
        cases="responses/errors/unknown-role models/openai/unknown",
        apply=set_header("content-type", "application/problem+json", of=ERROR),
    ),
    Fault(
        id="http-latin-1-claimed",
        family="chat_completions",
        sentence="Answers in JSON claim to be in Latin-1.",
        rules=("http.content-type.charset",),
        cases=CHAT_JSON,
        apply=set_header("content-type", "application/json; charset=iso-8859-1", of=SUCCESS),
    ),
    Fault(
        id="http-stream-latin-1-claimed",
        family="messages",
        sentence="Streams claim to be in Latin-1.",
        rules=("http.content-type.charset",),
        cases=MESSAGES,
        apply=set_header("content-type", "text/event-stream; charset=iso-8859-1", of=STREAM),
    ),
    Fault(
        id="http-compressed-unasked",
        family="chat_completions",
        sentence="Answers are compressed for clients that cannot read it.",
        rules=("http.header.content-encoding",),
        cases="chat_completions/text/system-and-user[stream=false]",
        apply=chain(on_body(gzip.compress, of=SUCCESS), set_header("content-encoding", "gzip", of=SUCCESS)),
    ),
    Fault(
        id="http-compressed-and-not-said",
        family="messages",
        sentence="Answers are compressed, and no header says so.",
        rules=("http.body.json", "case.answer-text"),
        cases=MESSAGES_JSON,
        apply=on_body(gzip.compress, of=SUCCESS),
    ),
    Fault(
        id="http-compression-only-said",
        family="messages",
        sentence="A header says that the body is compressed, and it is not.",
        rules=("http.connection.cut", "case.answered", "http.body.empty", "http.header.content-encoding"),
        cases=MESSAGES_JSON,
        apply=set_header("content-encoding", "gzip", of=SUCCESS),
    ),
    Fault(
        id="http-two-content-types",
        family="chat_completions",
        sentence="The content type comes twice, with two values.",
        rules=("http.header.contradiction",),
        cases=CHAT_JSON,
        apply=add_header("content-type", "text/plain", of=SUCCESS),
    ),
    Fault(
        id="http-content-type-repeated",
        family="messages",
        sentence="The content type comes twice.",
        rules=("http.header.repeated",),
        cases=MESSAGES_JSON,
        apply=add_header("content-type", "application/json", of=SUCCESS),
    ),
    Fault(
        id="http-request-id-repeated",
        family="responses",
        sentence="The request ids of the gateway and of its provider come both, under one name.",
        rules=("http.header.repeated",),
        cases="responses/text/input-text[stream=false]",
        apply=add_header("x-request-id", "req_0123456789abcdef"),
    ),
    Fault(
        id="http-request-id-empty",
        family="chat_completions",
        sentence="The request id is empty.",
        rules=("http.header.request-id",),
        cases=CHAT_JSON,
        apply=set_header("x-request-id", ""),
    ),
    Fault(
        id="http-request-id-of-other-family",
        family="messages",
        sentence="Messages has the request id under the name that OpenAI uses.",
        rules=("http.header.request-id",),
        cases=MESSAGES_JSON,
        apply=drop_header("request-id"),
    ),
    Fault(
        id="http-request-id-only-without-stream",
        family="responses",
        sentence="Streams have no request id.",
        rules=("http.header.request-id",),
        cases="responses/text/input-text*",
        apply=drop_header("x-request-id", of=STREAM),
    ),
    Fault(
        id="http-length-too-short",
        family="chat_completions",
        sentence="The content length is shorter than the body, of which clients read no more than that.",
        rules=("http.body.json", "case.answer-text"),
        cases=CHAT_JSON,
        apply=chain(set_header("content-length", "100", of=SUCCESS), bare(of=SUCCESS)),
    ),
    Fault(
        id="http-length-too-long",
        family="messages",
        sentence="The content length is longer than the body, and clients wait for the rest.",
        rules=("http.connection.cut", "case.answered"),
        cases=MESSAGES_JSON,
        apply=chain(set_header("content-length", "99999", of=SUCCESS), bare(of=SUCCESS)),
    ),
    Fault(
        id="http-stream-with-length",
        family="chat_completions",
        sentence="A stream tells its length.",
        rules=("http.header.stream-length",),
        cases=CHAT,
        apply=on_answer(_measured),
    ),
    Fault(
        id="http-length-and-chunks",
        family="messages",
        sentence="An answer in chunks also tells a length.",
        rules=("http.header.two-framings", "http.header.content-length"),
        cases=MESSAGES_JSON,
        apply=chain(
            on_body(lambda body: b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), of=SUCCESS),
            add_header("transfer-encoding", "chunked", of=SUCCESS),
            bare(of=SUCCESS),
        ),
    ),
    Fault(
        id="http-retry-after-with-unit",
        family="chat_completions",
        sentence="A wait is told with a unit.",
        rules=("http.header.retry-after",),
        cases=ERRORS,
        apply=add_header("retry-after", "30s", of=ERROR),
    ),
    Fault(
        id="http-rate-limit-in-words",
        family="chat_completions",
        sentence="A rate-limit header has no number.",
        rules=("http.header.rate-limit",),
        cases=CHAT_JSON,
        apply=add_header("x-ratelimit-remaining-requests", "unlimited"),
    ),
    Fault(
        id="http-rate-limit-reset-as-number",
        family="messages",
        sentence="The time at which a limit is reset is a number.",
        rules=("http.header.rate-limit",),
        cases=MESSAGES_JSON,
        apply=add_header("anthropic-ratelimit-tokens-reset", "1767225600"),
    ),
    Fault(
        id="http-should-retry-as-number",
        family="messages",
        sentence="Whether to try again is told as a number.",
        rules=("http.header.should-retry",),
        cases="messages/errors/unknown-role",
        apply=set_header("x-should-retry", "0", of=ERROR),
    ),
    Fault(
        id="http-cacheable",
        family="chat_completions",
        sentence="Caches may keep the answer to one person.",
        rules=("http.header.cacheable",),
        cases=CHAT_JSON,
        apply=set_header("cache-control", "public, max-age=3600"),
    ),
    Fault(
        id="http-stream-cache-unsaid",
        family="messages",
        sentence="A stream does not tell proxies to hold nothing back.",
        rules=("http.header.stream-cache",),
        cases=MESSAGES,
        apply=drop_header("cache-control"),
    ),
    Fault(
        id="http-created",
        family="responses",
        sentence="Answers have the status 201.",
        rules=("http.status.plain-success",),
        cases="responses/text/input-text*",
        apply=set_status(201, of=lambda answer: answer.status == 200),
    ),
    Fault(
        id="http-accepted",
        family="messages",
        sentence="Answers have the status 202.",
        rules=("http.status.plain-success",),
        cases=MESSAGES_JSON,
        apply=set_status(202),
    ),
    Fault(
        id="http-status-of-its-own",
        family="chat_completions",
        sentence="Errors have a status of the gateway's own invention.",
        rules=("http.status.known", "case.status", "error.type.agrees"),
        cases=ERRORS,
        apply=chain(set_status(601, of=ERROR), bare(of=ERROR)),
    ),
    Fault(
        id="http-redirect-301",
        family="chat_completions",
        sentence="Requests are sent on with 301, after which clients ask with GET and without the body.",
        rules=("http.redirect.method", "case.answered"),
        cases=CHAT_JSON,
        apply=_redirect(301, "/v1/chat/completions/"),
    ),
    Fault(
        id="http-redirect-302",
        family="messages",
        sentence="Requests are sent on with 302, to a page where people log in.",
        rules=("http.redirect.method", "case.answered"),
        cases=MESSAGES_JSON,
        apply=_redirect(302, "/login"),
    ),
    Fault(
        id="http-redirect-303",
        family="responses",
        sentence="Requests are sent on with 303.",
        rules=("http.redirect.method", "case.answered"),
        cases="responses/text/input-text[stream=false]",
        apply=_redirect(303, "/v1/other"),
    ),
    Fault(
        id="http-redirect-elsewhere",
        family="chat_completions",
        sentence="Requests are sent on with 307 to another host.",
        rules=("http.redirect.other-place", "case.answered"),
        cases=CHAT_JSON,
        apply=_redirect(307, "http://gateway.example/v1/chat/completions"),
    ),
    Fault(
        id="http-redirect-without-location",
        family="messages",
        sentence="A redirect does not say where to.",
        rules=("http.redirect.other-place", "case.answered"),
        cases=MESSAGES_JSON,
        apply=chain(_redirect(308, "/"), drop_header("location")),
    ),
    Fault(
        id="routing-slash-leads-to-http",
        family="all",
        sentence="A path with a trailing slash is redirected to plain HTTP on another host, without the key.",
        rules=("http.redirect.other-place", "case.answered"),
        cases="routing/paths/chat-trailing-slash",
        apply=if_(_redirect(307, "http://gateway.example/v1/chat/completions"), lambda call: call.path.endswith("/")),
        url="https://github.com/letta-ai/letta/issues/3189",
    ),
)
