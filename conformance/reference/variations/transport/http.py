"""Unusual HTTP: headers, framing of bodies, redirects, connections."""

from __future__ import annotations

import gzip
import io
from collections.abc import AsyncIterator
from dataclasses import replace

from conformance.model import Headers
from conformance.reference.changes import (
    DOCUMENT,
    STREAM,
    Change,
    add_header,
    chain,
    drop_header,
    instead,
    on_answer,
    on_writes,
    set_header,
)
from conformance.reference.changes.answers import ERROR, SUCCESS, on_headers
from conformance.reference.changes.asked import if_
from conformance.reference.changes.writes import bare, pieces_of
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import first, whole, without
from conformance.reference.variations.variation import Variation

_MANY = (
    ("server", "nginx"),
    ("via", "1.1 edge-7, 1.1 cache-3"),
    ("vary", "Origin"),
    ("vary", "Accept-Encoding"),
    ("set-cookie", "session=1; Path=/; HttpOnly"),
    ("set-cookie", "region=eu; Path=/"),
    ("cf-ray", "8f1d2c3b4a596877-OSL"),
    ("strict-transport-security", "max-age=31536000"),
    ("access-control-allow-origin", "*"),
    ("alt-svc", 'h3=":443"; ma=86400'),
    ("x-accel-buffering", "no"),
)
_WAY = "/moved"


def _titled(headers: Headers) -> Headers:
    return tuple((name.title(), value) for name, value in headers)


def _shouted(headers: Headers) -> Headers:
    return tuple((name.upper(), value) for name, value in headers)


def _redirected(status: int) -> Change:
    """A detour by another path of the same origin."""

    def reply(call: Call) -> Answer:
        location = call.target.decode("latin-1") + ("&" if call.query else "?") + _WAY
        return Answer(status, (("location", location), ("content-length", "0")), whole(b""))

    return if_(instead(reply), lambda call: call.method == "POST" and _WAY not in call.query)


async def _compressed(call: Call, answer: Answer) -> Answer:
    if "gzip" not in (first(call.headers, "accept-encoding") or ""):
        return answer
    kept = without(answer.headers, frozenset({"content-length"}))
    headers = (*kept, ("content-encoding", "gzip"), ("vary", "Accept-Encoding"))
    return replace(answer, headers=headers, body=_gzipped(answer.body))


async def _gzipped(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece compressed and flushed as it comes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb") as file:
        async for piece in body:
            file.write(piece)
            file.flush()
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


_CHUNKED = drop_header("content-length", of=DOCUMENT)

VARIATIONS = (
    Variation(
        id="http-titled-headers",
        family="all",
        sentence="Header names are written with capitals.",
        why="Header names are case-insensitive (RFC 9110, section 5.1).",
        apply=on_headers(_titled),
    ),
    Variation(
        id="http-shouted-headers",
        family="all",
        sentence="Header names are written in capitals throughout.",
        why="Header names are case-insensitive (RFC 9110, section 5.1).",
        apply=on_headers(_shouted),
    ),
    Variation(
        id="http-many-headers",
        family="all",
        sentence="Servers and networks on the way add their headers, some of them twice.",
        why="Unknown headers are ignored, and list headers may come twice (RFC 9110, sections 5.1 and 5.3).",
        apply=on_headers(lambda headers: (*_MANY, *headers)),
    ),
    Variation(
        id="http-few-headers",
        family="all",
        sentence="Of the vendors' headers only the request id is sent.",
        why="Rate-limit, version and timing headers are no part of an answer's contract; gateways have other limits.",
        apply=on_headers(
            lambda headers: tuple(
                pair for pair in headers if not pair[0].startswith(("x-ratelimit", "anthropic-", "openai-"))
            )
        ),
    ),
    Variation(
        id="http-no-store",
        family="all",
        sentence="Answers say that nobody may store them.",
        why="`no-store` is stronger than `no-cache` (RFC 9111, section 5.2.2.5).",
        apply=set_header("cache-control", "no-store, private, max-age=0"),
    ),
    Variation(
        id="http-stream-without-charset",
        family="all",
        sentence="The content type of a stream names no charset.",
        why="An event stream is always UTF-8 (https://html.spec.whatwg.org/multipage/iana.html#text/event-stream).",
        apply=set_header("content-type", "text/event-stream", of=STREAM),
    ),
    Variation(
        id="http-stream-type-spelled-otherwise",
        family="all",
        sentence="The content type of a stream is written with capitals and without a space.",
        why="Media types and the names of their parameters are case-insensitive (RFC 9110, section 8.3.1).",
        apply=set_header("content-type", "Text/Event-Stream;Charset=UTF-8", of=STREAM),
    ),
    Variation(
        id="http-json-charset",
        family="all",
        sentence="The content type of JSON names the charset, in quotes.",
        why="A parameter's value may be quoted (RFC 9110, section 5.6.6); OpenAI names the charset in some errors.",
        apply=set_header("content-type", 'Application/JSON; charset="UTF-8"', of=DOCUMENT),
    ),
    Variation(
        id="http-both-request-ids",
        family="all",
        sentence="Every answer has both vendors' request id headers, with one value.",
        why="A gateway of both families serves clients of both; unknown headers are ignored (RFC 9110, section 5.1).",
        apply=on_headers(
            lambda headers: (
                *without(headers, frozenset({"request-id", "x-request-id"})),
                *_both_ids(first(headers, "request-id") or first(headers, "x-request-id") or ""),
            )
        ),
    ),
    Variation(
        id="http-openai-uuid-request-id",
        family="chat_completions",
        sentence="The request id is a UUID.",
        why="The id is an opaque string whose format may change (https://platform.openai.com/docs/api-reference).",
        apply=set_header("x-request-id", "0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9"),
    ),
    Variation(
        id="http-retry-after-on-success",
        family="all",
        sentence="A success says how long to wait before the next request.",
        why="`retry-after` has no meaning there and is harmless (RFC 9110, section 10.2.3); Anthropic sends it too.",
        apply=add_header("retry-after", "12", of=SUCCESS),
    ),
    Variation(
        id="http-retry-after-date",
        family="all",
        sentence="Errors name the time of a retry as a date.",
        why="`retry-after` is a number of seconds or an HTTP date (RFC 9110, section 10.2.3).",
        apply=add_header("retry-after", "Fri, 31 Dec 2027 23:59:59 GMT", of=ERROR),
    ),
    Variation(
        id="http-should-not-retry",
        family="all",
        sentence="Errors tell the SDKs not to try again.",
        why="Both SDKs obey `x-should-retry`, which Anthropic sends with refusals (anthropic/_base_client.py).",
        apply=add_header("x-should-retry", "false", of=ERROR),
    ),
    Variation(
        id="http-chunked-json",
        family="all",
        sentence="Answers in JSON are sent in chunks, without a content length.",
        why="A server need not know the length of what it sends (RFC 9112, section 6.3).",
        apply=_CHUNKED,
    ),
    Variation(
        id="http-json-in-pieces",
        family="all",
        sentence="Answers in JSON arrive in small pieces.",
        why="A body is a sequence of bytes, however it is cut (RFC 9112, section 6).",
        apply=chain(_CHUNKED, on_writes(pieces_of(7), of=DOCUMENT)),
    ),
    Variation(
        id="http-close-delimited",
        family="all",
        sentence="Answers come in HTTP/1.0, and the end of the connection is the end of the body.",
        why="A response without a length and without chunks ends with the connection (RFC 9112, section 6.3, item 8).",
        apply=chain(drop_header("content-length"), bare("HTTP/1.0")),
    ),
    Variation(
        id="http-1-1-close-delimited",
        family="all",
        sentence="Streams in HTTP/1.1 come without chunks; the end of the connection is their end.",
        why="A response without a length and without chunks ends with the connection (RFC 9112, section 6.3, item 8).",
        apply=bare("HTTP/1.1", of=STREAM),
    ),
    Variation(
        id="http-connection-close",
        family="all",
        sentence="The connection is closed after each answer.",
        why="A server may close the connection after any answer, and says so (RFC 9112, section 9.6).",
        apply=add_header("connection", "close"),
    ),
    Variation(
        id="http-gzip-when-asked",
        family="all",
        sentence="A client that accepts gzip gets it, flushed event by event.",
        why="A server may choose any content coding that the request accepts (RFC 9110, section 12.5.3).",
        apply=on_answer(_compressed),
        cases="routing/compression/*",
    ),
    Variation(
        id="http-redirect-307",
        family="all",
        sentence="A request is sent to another URL of the gateway with 307.",
        why="307 keeps method and body (RFC 9110, section 15.4.8); the SDKs follow it.",
        apply=_redirected(307),
    ),
    Variation(
        id="http-redirect-308",
        family="all",
        sentence="A request is sent to another URL of the gateway for good, with 308.",
        why="308 keeps method and body (RFC 9110, section 15.4.9); the SDKs follow it.",
        apply=_redirected(308),
    ),
)


def _both_ids(value: str) -> Headers:
    return ("request-id", value), ("x-request-id", value)
