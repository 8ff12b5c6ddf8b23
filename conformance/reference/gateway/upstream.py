"""Relays calls to the provider: forwards the bytes unchanged, and replaces the credentials.

Hop-by-hop headers (RFC 9110, section 7.6.1) are not forwarded. An HTML page, an empty body, and other bodies that
are not an answer of the family, become an error of the gateway in the family's envelope.
"""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import httpx

from conformance.core import bounded_json
from conformance.core.model import JSON, Headers
from conformance.reference.gateway.errors import (
    Dialect,
    UpstreamError,
    is_well_formed,
    read_error,
    upstream_refusal,
)
from conformance.reference.gateway.families import CHAT, family_of
from conformance.reference.gateway.relay_watch import Rename, watched
from conformance.reference.gateway.wire import Answer, Call, first, whole, without

TIMEOUT = 600.0
"""Seconds. The default of the official SDKs: ten minutes."""

PATIENCE = 1.0
"""Seconds, for the models that give up early."""

NOWHERE = "http://127.0.0.1:1"
"""A base URL at which nothing listens."""

_CONNECT = 10.0
_HOP_BY_HOP = frozenset({
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
})  # fmt: skip
_CLIENT_ONLY = frozenset({"host", "content-length", "expect", "authorization", "x-api-key", "api-key", "cookie"})
_PROVIDER_ONLY = frozenset({"date", "server", "set-cookie", "x-request-id"})
_CODED = frozenset({"content-encoding", "content-length"})
_KEPT_OF_ERRORS = ("retry-after", "retry-after-ms", "x-should-retry")
_BLANK_LINE = re.compile(rb"\r\n\r\n|\n\n|\r\r")
_LONGEST = 1000
"""Characters of the words of an error that is not in an envelope."""


@cache
def _tls_context() -> ssl.SSLContext:
    """Made once in a process: reading the certificate authorities takes longer than a request."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True)
class Connections:
    """The connections to the provider; without proxies, redirects and cookies, a client costs more than it does.

    `timeout` is for requests that do not set their own.
    """

    transport: httpx.AsyncBaseTransport
    timeout: httpx.Timeout

    async def send(self, request: httpx.Request) -> httpx.Response:
        """The answer with its body still arriving. Raises httpx.HTTPError."""
        request.extensions = {"timeout": self.timeout.as_dict(), **request.extensions}
        return await self.transport.handle_async_request(request)


@asynccontextmanager
async def connect(url: str, timeout: float = TIMEOUT) -> AsyncIterator[Connections]:
    """Connections to the provider at a URL, of any number, until the block ends.

    `timeout` is the longest silence of the provider in seconds.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    verify = _tls_context() if url.startswith("https:") else False  # nothing to read for http
    async with httpx.AsyncHTTPTransport(limits=limits, trust_env=False, verify=verify) as transport:
        yield Connections(transport, httpx.Timeout(timeout, connect=min(timeout, _CONNECT)))


async def relay(
    client: Connections, url: str, key: str, call: Call, dialect: Dialect, rename: Rename | None = None
) -> Answer:
    """The provider's answer to `call`, with a streamed body still arriving; an error answer if the provider gives none.

    `rename` is applied to the JSON of the answer.
    """
    try:
        reply = await opened(client, _request(url, key, call, dialect))
        try:
            return await _relayed(reply, key, call, dialect, rename)
        except BaseException:
            await reply.aclose()
            raise
    except UpstreamError as error:
        return upstream_refusal(call, dialect, error.status, error)


async def opened(client: Connections, request: httpx.Request) -> httpx.Response:
    """The provider's answer with its body still arriving. Raises UpstreamError without an answer.

    If the provider refuses the gateway's own key, that is a 502: the client is not at fault, and the provider's answer
    may quote the key.
    """
    try:
        reply = await client.send(request)
    except httpx.TimeoutException:
        raise UpstreamError(504, "The upstream provider did not answer in time.") from None
    except httpx.HTTPError:
        raise UpstreamError(502, "The upstream provider could not be reached.") from None
    if reply.status_code in (401, 403):
        await reply.aclose()
        raise UpstreamError(502, "The upstream provider refused the gateway.")
    if 300 <= reply.status_code < 400:
        await reply.aclose()
        raise UpstreamError(502, "The upstream provider answered with a redirect.")
    return reply


async def raw_body(reply: httpx.Response) -> tuple[bytes, bytes]:
    """The body as it was sent, and decoded. Raises UpstreamError if it is not complete or cannot be decoded."""
    try:
        raw = b"".join([data async for data in reply.aiter_raw()])
        coding = [("content-encoding", value) for value in reply.headers.get_list("content-encoding")]
        return raw, httpx.Response(200, headers=coding, content=raw).content
    except httpx.TimeoutException:
        raise UpstreamError(504, "The upstream provider did not finish its answer in time.") from None
    except httpx.HTTPError:
        raise UpstreamError(502, "The upstream provider's answer broke off or could not be decoded.") from None
    finally:
        await reply.aclose()


def is_stream(reply: httpx.Response) -> bool:
    """Whether the answer is an event stream by its content type."""
    return _media_type(reply) == "text/event-stream"


def document(reply: httpx.Response, body: bytes) -> JSON:
    """The JSON object of an answer that succeeded. Raises UpstreamError if the body is empty, something else, or an
    error."""
    if not body.strip():
        raise UpstreamError(502, "The upstream provider's answer is empty.")
    if _media_type(reply) not in ("", "application/json"):
        raise UpstreamError(502, "The upstream provider's answer is not JSON.")
    value = _parsed(body)
    if not isinstance(value, dict) or not value:
        raise UpstreamError(502, "The upstream provider's answer is not a JSON object, or has no members.")
    if error := read_error(value):
        raise UpstreamError(502, error.message)
    return value


async def first_of(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, after the first one is there. Raises UpstreamError for an empty body."""
    try:
        head = await anext(pieces, None)
    except httpx.TimeoutException:
        raise UpstreamError(504, "The upstream provider did not answer in time.") from None
    except httpx.HTTPError:
        raise UpstreamError(502, "The upstream provider's answer broke off.") from None
    if head is None:
        raise UpstreamError(502, "The upstream provider's answer is empty.")

    async def body() -> AsyncIterator[bytes]:
        yield head
        async for piece in pieces:
            yield piece

    return body()


async def _relayed(reply: httpx.Response, key: str, call: Call, dialect: Dialect, rename: Rename | None) -> Answer:
    if reply.status_code >= 400:
        return await _error(reply, key, call, dialect)
    asked = _parsed(call.body)
    streams = isinstance(asked, dict) and asked.get("stream") is True
    if (streams and _media_type(reply) not in ("", "text/event-stream")) or (
        call.method == "POST" and not streams and is_stream(reply)
    ):
        raise await not_asked_for(reply)
    if streams or is_stream(reply):
        family = family_of(call.path) or CHAT
        pieces = watched(await first_of(_events(_decoded(reply))), family, call.id, rename)
        return Answer(reply.status_code, without(_returned(reply), _CODED), pieces, reply.aclose)
    raw, body = await raw_body(reply)
    value = document(reply, body)
    if rename is not None:
        body = raw = json.dumps(rename(value)).encode()
    return _complete(reply, call, raw, body, renamed=rename is not None)


async def not_asked_for(reply: httpx.Response) -> UpstreamError:
    """The error for an answer with another content type than the one asked for; an error in it keeps its words."""
    message = "The upstream provider's answer does not have the content type that was asked for."
    error = None if is_stream(reply) else read_error(_parsed((await raw_body(reply))[1]))
    return UpstreamError(502, error.message if error else message)


async def _events(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces, of which the first one holds a whole event. Nothing follows if the body has none."""
    head = b""
    async for piece in pieces:
        head += piece
        if _BLANK_LINE.search(head):
            yield head
            break
    async for piece in pieces:
        yield piece


async def _decoded(reply: httpx.Response) -> AsyncIterator[bytes]:
    """The bytes as they arrive, without empty ones."""
    async for data in reply.aiter_bytes():
        if data:
            yield data


async def _error(reply: httpx.Response, key: str, call: Call, dialect: Dialect) -> Answer:
    """The provider's error, unchanged if it has the vendor's envelope."""
    status, kept = reply.status_code, kept_headers(reply)
    try:
        raw, body = await raw_body(reply)
    except UpstreamError:
        raise UpstreamError(status, f"The upstream provider answered with status {status}.", headers=kept) from None
    if key.encode() not in body and _media_type(reply) == "application/json" and is_well_formed(dialect, _parsed(body)):
        return _complete(reply, call, raw, body)
    raise UpstreamError(status, words(reply, body, key), headers=kept)


def kept_headers(reply: httpx.Response) -> Headers:
    """The headers of an error that tell the client when to try again."""
    return tuple((name, reply.headers[name]) for name in _KEPT_OF_ERRORS if name in reply.headers)


def words(reply: httpx.Response, body: bytes, key: str) -> str:
    """The words in the body of an error: its message, or its text if it is plain text. The key is never in it."""
    value = _parsed(body)
    error = read_error(value)
    text = error.message if error else body.decode("utf-8", "replace").strip()
    plain = error is not None or (value is None and text and _media_type(reply) == "text/plain" and text[0] != "<")
    said = text if plain else f"The upstream provider answered with status {reply.status_code}."
    return said.replace(key, "***")[:_LONGEST]


def _complete(reply: httpx.Response, call: Call, raw: bytes, body: bytes, *, renamed: bool = False) -> Answer:
    """The answer with a whole body: as it was sent if the client accepts its coding, else decoded."""
    headers = without(_returned(reply), frozenset({"content-length"}))
    coding = first(headers, "content-encoding")
    if coding is not None and (renamed or coding.lower() not in (first(call.headers, "accept-encoding") or "").lower()):
        headers, raw = without(headers, _CODED), body
    if first(headers, "content-type") is None:
        headers = (*headers, ("content-type", "application/json"))
    return Answer(reply.status_code, (*headers, ("content-length", str(len(raw)))), whole(raw))


def _media_type(reply: httpx.Response) -> str:
    given = str(reply.headers.get("content-type", ""))
    return given.partition(";")[0].strip().lower()


def _parsed(body: bytes) -> JSON:
    try:
        return bounded_json.loads(body)
    except ValueError:
        return None


def _request(url: str, key: str, call: Call, dialect: Dialect) -> httpx.Request:
    headers = without(_passing(call.headers), _CLIENT_ONLY)
    if first(headers, "accept-encoding") is None:
        headers = (*headers, ("accept-encoding", "identity"))
    return request(call.method, url, key, dialect, replace(call, headers=headers))


def request(method: str, url: str, key: str, dialect: Dialect, call: Call) -> httpx.Request:
    """The request for the provider with its own key, and the target, headers and body of `call`."""
    credential = ("x-api-key", key) if dialect == "anthropic" else ("authorization", f"Bearer {key}")
    target = httpx.URL(url).copy_with(raw_path=call.target)
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*call.headers, credential)]
    patient: dict[str, Any] = {"timeout": httpx.Timeout(call.patience).as_dict()} if call.patience else {}
    return httpx.Request(method, target, headers=raw, content=call.body, extensions=patient)


def _returned(reply: httpx.Response) -> Headers:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in reply.headers.raw)
    return without(_passing(headers), _PROVIDER_ONLY)


def _passing(headers: Headers) -> Headers:
    """The headers to forward: without the hop-by-hop ones and those that `connection` names."""
    named = ",".join(value for name, value in headers if name.lower() == "connection")
    return without(headers, _HOP_BY_HOP | {name.strip().lower() for name in named.split(",")})
