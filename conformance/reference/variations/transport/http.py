"""Unusual but valid HTTP: headers, framing of bodies, redirects, connections.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import brotli
import zstandard

from conformance.core.model import Headers
from conformance.reference.changes import Change, instead, on_answer
from conformance.reference.changes.answers import on_headers
from conformance.reference.changes.asked import if_
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


Compressed = Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]


def _compressed(coding: str, compress: Compressed) -> Change:
    """Compresses the answers to clients that accept the coding."""

    async def change(call: Call, answer: Answer) -> Answer:
        accepted = (first(call.headers, "accept-encoding") or "").split(",")
        if coding not in {each.strip() for each in accepted}:
            return answer
        kept = without(answer.headers, frozenset({"content-length"}))
        headers = (*kept, ("content-encoding", coding), ("vary", "Accept-Encoding"))
        return replace(answer, headers=headers, body=compress(answer.body))

    return on_answer(change)


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


async def _zstd(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same with Zstandard."""
    compressor = zstandard.ZstdCompressor().compressobj()
    async for piece in body:
        yield compressor.compress(piece) + compressor.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
    yield compressor.flush()


async def _brotli(body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same with Brotli."""
    compressor = brotli.Compressor(quality=4)
    async for piece in body:
        yield compressor.process(piece) + compressor.flush()
    yield compressor.finish()


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
        sentence="Header names are upper case.",
        why="Header names are case-insensitive (RFC 9110, section 5.1).",
        apply=on_headers(_shouted),
    ),
    Variation(
        id="http-many-headers",
        family="all",
        sentence="Servers and networks add headers, some of them twice.",
        why="Unknown headers are ignored, and list headers may come twice (RFC 9110, sections 5.1 and 5.3).",
        apply=on_headers(lambda headers: (*_MANY, *headers)),
    ),
    Variation(
        id="http-few-headers",
        family="all",
        sentence="Only the request id is sent of the vendors' headers.",
        why="Rate-limit, version and timing headers are not part of an answer's contract; gateways have other limits.",
        apply=on_headers(
            lambda headers: tuple(
                pair for pair in headers if not pair[0].startswith(("x-ratelimit", "anthropic-", "openai-"))
            )
        ),
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
        id="http-gzip-when-asked",
        family="all",
        sentence="A client that accepts gzip gets it, flushed event by event.",
        why="A server may choose any content coding that the request accepts (RFC 9110, section 12.5.3).",
        apply=_compressed("gzip", _gzipped),
        cases="routing/compression/*",
    ),
    *(
        Variation(
            id=f"http-compressed-with-{coding}",
            family="all",
            sentence=f"A client that accepts {coding} gets it, flushed event by event.",
            why="A server may choose any content coding that the request accepts (RFC 9110, section 12.5.3).",
            apply=_compressed(coding, compress),
            cases="routing/compression/*agents-codings",
        )
        for coding, compress in (("br", _brotli), ("zstd", _zstd))
    ),
    Variation(
        id="http-redirect-307",
        family="all",
        sentence="A request is redirected to another URL of the gateway with 307.",
        why="307 keeps method and body (RFC 9110, section 15.4.8); the SDKs follow it.",
        apply=_redirected(307),
    ),
    Variation(
        id="http-redirect-308",
        family="all",
        sentence="A request is redirected to another URL of the gateway with 308.",
        why="308 keeps method and body (RFC 9110, section 15.4.9); the SDKs follow it.",
        apply=_redirected(308),
    ),
)


def _both_ids(value: str) -> Headers:
    return ("request-id", value), ("x-request-id", value)
