"""Sends a Request and returns an Exchange.

The client has an event loop in a thread of its own, so that it can be used from any thread. It never raises because of
an answer: network errors, timeouts and invalid bytes end up in the Exchange. Time and size are limited.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from conformance.client import web_socket
from conformance.client.content_coding import Decoder
from conformance.client.pool import DEFAULT_TRUST, Connection, ConnectionPool, Trust
from conformance.client.proxies import DIRECT, Proxies
from conformance.client.received import Received
from conformance.client.way import ProxyRefusedError, Way, from_proxy, refused_certificate
from conformance.core import credential, redaction
from conformance.core.model import Chunk, Exchange, Headers, Request
from conformance.protocol import sse
from conformance.protocol.web_socket import is_upgrade

T = TypeVar("T")

MAX_BYTES = 16 * 1024 * 1024
"""The limit of a decoded body; longer ones are not read on. Pictures in base64 are the longest answers, of a few MB."""
MAX_CHUNKS = 200_000
"""The limit of chunks in a body: each takes time and memory, however small it is. The longest streams have one for
each of 128,000 tokens."""
MAX_REDIRECTS = 5
"""More redirects count as a loop."""
CHUNK_BYTES = 16
"""The chunk size of requests with Transfer-Encoding: chunked; small, so that even a short body has several chunks."""
CONNECT_SECONDS = 10.0
"""The connect timeout. Longer than that of the SDKs (5 s), so that a slow network is not blamed on the gateway."""

DEFAULTS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "gateway-conformance"}
"""Headers for requests that do not set them."""


class Client:
    """Sends requests and returns exchanges, from any thread. Use it as a context manager."""

    def __init__(
        self,
        timeout: float,
        max_bytes: int = MAX_BYTES,
        http2: bool = False,
        trust: Trust = DEFAULT_TRUST,
        secrets: Sequence[tuple[str, str]] = (),
        proxies: Proxies = DIRECT,
    ) -> None:
        """`timeout` is the limit in seconds for a whole exchange, `max_bytes` the limit of a decoded body.

        `secrets` are (placeholder, secret) pairs, in addition to the key. A header whose value is a placeholder is sent
        with the secret (with the first one if several have the same placeholder), and answers are recorded with the
        placeholder instead of the secret.
        """
        self.timeout = timeout
        self.secrets = (*secrets, *proxies.secrets())
        self._max_bytes = max_bytes
        self._secret_of = dict(reversed(secrets))
        self._proxies = proxies
        self._pool = ConnectionPool(trust, http2, proxies)
        self._upgrades = ConnectionPool(trust, False, proxies)  # HTTP/2 has no Upgrade header (RFC 9113, section 8.6)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="exchanges", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.submit(self._close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def send(self, family: str, request: Request, key: str) -> Exchange:
        """Send a request and wait for its exchange.

        The key is sent in the headers that `request.auth` names, and redacted in the exchange.
        """
        return self.submit(self.exchange(family, request, key)).result()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Start a coroutine on the client's event loop, from any thread. On exit, unfinished work is cancelled."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def exchange(self, family: str, request: Request, key: str, timeout: float | None = None) -> Exchange:
        """Like `send`, but a coroutine on the client's event loop. `timeout` (seconds) replaces that of the client."""
        limit = self.timeout if timeout is None else timeout
        key_headers = credential.key_headers(dict.fromkeys(request.auth, key))
        received = await self._attempt(request, key_headers, limit)
        if received.ended == "cut" and (received.status is None or received.goaway):
            # A server may close an idle connection just when it is used again. That is not an error of the gateway.
            received = await self._attempt(request, key_headers, limit)
        return self._redacted(received.exchange(family, request), key)

    def _redacted(self, exchange: Exchange, key: str) -> Exchange:
        clean = credential.redact_exchange(exchange, ((redaction.OWN, key), *self.secrets))
        return replace(clean, headers=tuple(map(_without_cookie_value, clean.headers)))

    async def _attempt(self, request: Request, key_headers: Headers, limit: float) -> Received:
        received = Received(date=datetime.now(UTC).isoformat(timespec="milliseconds"))
        start = time.perf_counter()
        connection, pool = None, self._upgrades if is_upgrade(request) else self._pool
        try:
            connection = pool.acquire(request.url)
            start = time.perf_counter()  # again: making the first connection reads the CA certificates
            async with asyncio.timeout(limit):
                await self._follow(connection, request, key_headers, received, start)
        except _LeftError:
            received.ended, received.problem = "left", _LEFT.format(request.leaves_after)
        except web_socket.ClosedError as error:
            received.problem = str(error)
        except TimeoutError:
            received.ended, received.problem = "timeout", f"no end within {limit:g} s"
            if received.way and not received.way.is_open:
                received.ended, received.problem = "unreachable", received.way.problem(received.problem)
        except Exception as error:  # libraries raise many kinds of errors for invalid bytes
            received.ended = "cut" if _reached_server(error, received) else "unreachable"
            received.problem, received.goaway = _message(error), _is_graceful_goaway(error)
            if received.ended == "unreachable" and received.way:
                received.problem = received.way.problem(received.problem, error)
        finally:
            if connection:
                reusable = received.ended == "complete" and received.status != httpx.codes.SWITCHING_PROTOCOLS
                await pool.release(connection, reusable)
        received.seconds = time.perf_counter() - start
        return received

    async def _follow(
        self, connection: Connection, request: Request, key_headers: Headers, received: Received, start: float
    ) -> None:
        """Send the request, and send it again to where redirects lead."""
        url = request.url
        for _ in range(MAX_REDIRECTS + 1):
            url = await self._send_once(connection, request, url, key_headers, received, start)
            if not url:
                return
        received.ended, received.problem = "cut", f"more than {MAX_REDIRECTS} redirects"

    async def _send_once(
        self,
        connection: Connection,
        request: Request,
        url: str,
        key_headers: Headers,
        received: Received,
        start: float,
    ) -> str:
        """Send to one URL and read the answer. Returns the URL of a redirect to follow, else ""."""
        received.status, received.headers, received.chunks = None, (), []
        received.ended, received.problem = "complete", ""
        proxy = self._proxies.of(url)
        received.way = Way(proxy) if proxy else None
        is_traced = self._pool.http2 or request.leaves_after or proxy
        has_content = request.body or request.method in ("POST", "PUT", "PATCH")
        content = request.body if has_content and not is_upgrade(request) else None
        outgoing = httpx.Request(
            request.method,
            url,
            headers=_headers(request, key_headers, self._secret_of),
            content=_framed(request, content),
            extensions=_traced(request, received) if is_traced else _CONNECT_TIMEOUT,
        )
        received.built = True
        async with aclosing(await connection.handle_async_request(outgoing)) as response:
            if proxy and outgoing.url.scheme == "http" and from_proxy(response):
                raise ProxyRefusedError(f"{response.status_code} {response.reason_phrase}")
            received.status = _valid_status(response.status_code)
            received.http_version = response.http_version
            received.headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
            )
            # An error is always read to its end: its message is needed for the report.
            leaves_after = "" if response.is_error else request.leaves_after
            pieces = _messages(response, request, self._max_bytes) or response.aiter_raw()
            await self._read(response, pieces, received, start, leaves_after, request.reads_slowly)
            return _redirect_target(outgoing.url, response) if request.follows else ""

    async def _read(
        self,
        response: httpx.Response,
        pieces: AsyncIterator[bytes],
        received: Received,
        start: float,
        leaves_after: str | int,
        pause: float,
    ) -> None:
        """Read and decode the body, up to the limits. Raises _LeftError where the client closes the connection.

        `pieces` are its bytes as they arrive, `pause` is the time in seconds after each of them.
        """
        if leaves_after == "headers":
            raise _LeftError
        decoder = Decoder(response.headers.get("content-encoding", ""), self._max_bytes)
        size = 0
        async for raw in pieces:
            data = decoder.feed(raw)
            if not data:
                continue
            received.chunks.append(Chunk(time.perf_counter() - start, data[: self._max_bytes - size]))
            size += len(data)
            if leaves_after and len(sse.read(received.chunks).events) >= int(leaves_after):
                raise _LeftError
            if size > self._max_bytes:
                received.stop(f"more than {self._max_bytes} bytes")
                return
            if len(received.chunks) >= MAX_CHUNKS:
                received.stop(f"more than {MAX_CHUNKS} chunks")
                return
            if pause:
                await asyncio.sleep(pause)
        decoder.finish()
        if not decoder.is_known:
            received.hide_unreadable(response.headers["content-encoding"])

    async def _close(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._pool.close()
        await self._upgrades.close()
        await self._loop.shutdown_asyncgens()


class _LeftError(Exception):
    """The client closes the connection early, as `Request.leaves_after` asks."""


_SILENCE = 0.5
"""Seconds that a client waits before it leaves: long enough for the gateway to ask its upstream."""

_LEFT = "the client closed the connection after {}, as the request asks"


def _messages(response: httpx.Response, request: Request, most: int) -> AsyncIterator[bytes] | None:
    """The messages of the WebSocket over which the body goes; None for other requests, and for another answer.

    Raises httpx.RemoteProtocolError if the handshake is wrong.
    """
    switched = response.status_code == httpx.codes.SWITCHING_PROTOCOLS
    if not (switched and request.body and is_upgrade(request)):
        return None
    keys = [value for name, value in request.headers if name.lower() == "sec-websocket-key"]
    web_socket.check("".join(keys), response.headers.get("sec-websocket-accept", ""))
    return web_socket.events(response.extensions["network_stream"], request.body, most)


def _traced(request: Request, received: Received) -> Mapping[str, Any]:
    """Return httpx extensions with a trace function: it notes when the request is on the wire, or leaves there.

    The HTTP/2 library reports a server's protocol error as an error of the client, so the trace has to show whether
    the request was sent before.
    """

    async def trace(step: str, info: Mapping[str, Any]) -> None:
        if received.way:
            received.way.follow(step, info)
            if not received.way.is_open:
                return
        received.on_wire = received.on_wire or step == "http2.send_request_headers.complete"
        if request.leaves_after in ("request", "silence") and step.endswith("send_request_body.complete"):
            if request.leaves_after == "silence":
                await asyncio.sleep(_SILENCE)
            raise _LeftError

    return {**_CONNECT_TIMEOUT, "trace": trace}


def _framed(request: Request, content: bytes | None) -> bytes | AsyncIterator[bytes] | None:
    """Return the body for httpx: an iterator if the request asks for chunked transfer coding, else bytes."""
    chunked = any(name.lower() == "transfer-encoding" for name, _ in request.headers)
    return _chunks(content) if chunked and content else content


async def _chunks(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]


def _without_cookie_value(header: tuple[str, str]) -> tuple[str, str]:
    name, value = header
    return name, redaction.without_cookie_value(value) if name.lower() == "set-cookie" else value


def _headers(request: Request, key_headers: Headers, secrets: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """Return the headers to send: the request's own with placeholders replaced, the key, and missing defaults."""
    own = (*((name, secrets.get(value, value)) for name, value in request.headers), *key_headers)
    given = {name.lower() for name, _ in own}
    added = tuple((name, value) for name, value in DEFAULTS.items() if name not in given)
    return [(name.encode(), value.encode()) for name, value in (*added, *own)]


def _valid_status(status: int) -> int:
    """Return the status. Raises RemoteProtocolError if it does not have three digits (RFC 9110, section 15).

    httpcore takes any number that an HTTP/2 server sends.
    """
    if not 100 <= status <= 999:
        raise httpx.RemoteProtocolError(f"the status {status} does not have three digits")
    return status


def _redirect_target(url: httpx.URL, response: httpx.Response) -> str:
    """Return where a 307 or 308 leads, as the SDKs follow them; "" for another origin, which must not get the key."""
    if response.status_code not in (307, 308) or "location" not in response.headers:
        return ""
    try:
        target = url.join(response.headers["location"])
    except (httpx.InvalidURL, ValueError):
        return ""
    same_origin = (target.scheme, target.host, target.port) == (url.scheme, url.host, url.port)
    return str(target) if same_origin else ""


def _reached_server(error: Exception, received: Received) -> bool:
    """Whether the request may have reached a server before this error."""
    if received.status is not None or received.on_wire:
        return True
    if (received.way and not received.way.is_open) or refused_certificate(error):
        return False
    return received.built and not isinstance(error, _NOT_SENT)


def _is_graceful_goaway(error: Exception) -> bool:
    """Whether the error is an HTTP/2 GOAWAY without an error code (RFC 9113, section 6.8).

    The server then takes no new requests on the connection, but answers those it has. httpcore raises an error for
    these as well: https://github.com/encode/httpcore/issues/730
    """
    event = next(iter(error.__cause__.args), None) if error.__cause__ else None
    return getattr(event, "error_code", None) == 0 and hasattr(event, "last_stream_id")


def _message(error: Exception) -> str:
    words = str(error) or refused_certificate(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


_CONNECT_TIMEOUT: Mapping[str, Any] = {"timeout": {"connect": CONNECT_SECONDS}}
"""httpx extensions. Everything after connecting is limited by the timeout of the whole exchange."""

_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    ProxyRefusedError,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
)
"""Errors before anything is sent: no server was reached, or the request is not valid HTTP."""
