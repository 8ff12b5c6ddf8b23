"""Faults of response headers and redirects.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import gzip
from dataclasses import replace

from conformance.reference.changes import (
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
        id="http-compressed-unasked",
        family="chat_completions",
        sentence="Answers are compressed for clients that do not accept it.",
        rules=("http.header.content-encoding",),
        cases="chat_completions/text/system-and-user[stream=false]",
        apply=chain(on_body(gzip.compress, of=SUCCESS), set_header("content-encoding", "gzip", of=SUCCESS)),
    ),
    Fault(
        id="http-compressed-and-not-said",
        family="messages",
        sentence="Answers are compressed without a content-encoding header.",
        rules=("http.body.json", "case.answer-text"),
        cases=MESSAGES_JSON,
        apply=on_body(gzip.compress, of=SUCCESS),
    ),
    Fault(
        id="http-stream-with-length",
        family="chat_completions",
        sentence="A stream has a content length.",
        rules=("http.header.stream-length",),
        cases=CHAT,
        apply=on_answer(_measured),
    ),
    Fault(
        id="http-length-and-chunks",
        family="messages",
        sentence="A chunked answer also has a content length.",
        rules=("http.header.two-framings", "http.header.content-length"),
        cases=MESSAGES_JSON,
        apply=chain(
            on_body(lambda body: b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), of=SUCCESS),
            add_header("transfer-encoding", "chunked", of=SUCCESS),
            bare(of=SUCCESS),
        ),
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
        id="http-redirect-301",
        family="chat_completions",
        sentence="Requests are redirected with 301, after which clients send a GET without the body.",
        rules=("http.redirect.method", "case.answered"),
        cases=CHAT_JSON,
        apply=_redirect(301, "/v1/chat/completions/"),
    ),
    Fault(
        id="http-redirect-302",
        family="messages",
        sentence="Requests are redirected with 302 to a login page.",
        rules=("http.redirect.method", "case.answered"),
        cases=MESSAGES_JSON,
        apply=_redirect(302, "/login"),
    ),
    Fault(
        id="http-redirect-303",
        family="responses",
        sentence="Requests are redirected with 303.",
        rules=("http.redirect.method", "case.answered"),
        cases="responses/text/input-text[stream=false]",
        apply=_redirect(303, "/v1/other"),
    ),
    Fault(
        id="http-redirect-elsewhere",
        family="chat_completions",
        sentence="Requests are redirected with 307 to another host.",
        rules=("http.redirect.other-place", "case.answered"),
        cases=CHAT_JSON,
        apply=_redirect(307, "http://gateway.example/v1/chat/completions"),
    ),
    Fault(
        id="http-redirect-without-location",
        family="messages",
        sentence="A redirect has no location.",
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
