"""Request -> Exchange, over real sockets.

One event loop runs in a thread beside the tests. Nothing that comes back raises: whatever happens on the
wire ends as an Exchange, bounded in time and size by named limits.
"""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from conformance.client.content_coding import Decoder
from conformance.client.pool import USUAL_TRUST, Connection, Connections, Trust
from conformance.core import credential, redaction
from conformance.core.model import Chunk, Ending, Exchange, Headers, Request
from conformance.protocol import sse

T = TypeVar("T")

MAX_BYTES = 64 * 1024 * 1024
"""A body beyond this is cut off: no answer of these APIs is nearly so long."""
MAX_CHUNKS = 500_000
"""A body in more pieces than this is cut off: each one takes memory, however small."""
MAX_REDIRECTS = 5
"""More is a loop."""
CHUNK_BYTES = 16
"""The pieces of a chunked request: small, so that even a short one has several."""
CONNECT_SECONDS = 10.0
"""Longer than the SDKs wait for a connection (5 s), so that a slow network is not blamed on the gateway."""

SWITCH_SECONDS = 0.0005
"""The thread of the exchanges waits no longer than this for another to let it work, ten times less than usual: it notes
when each chunk came, and while it waits for a place it is the gateway that seems slow.
Source: https://docs.python.org/3/library/sys.html#sys.setswitchinterval
"""

DEFAULTS = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "gateway-conformance"}
"""Headers of requests that do not give them."""


@dataclass(slots=True)
class _Received:
    """What has come so far; filled as it comes, so that a cut loses nothing.

    `asked`: whether there was a request. Only HTTP/2 tells the rest: whether it is known to be on the wire, and
    whether the server has said farewell to the connection, which ends what would have gone on (see `_is_farewell`).
    """

    asked: bool = False
    sent: bool = False
    dismissed: bool = False
    status: int | None = None
    headers: Headers = ()
    chunks: list[Chunk] = field(default_factory=list)
    http_version: str = "HTTP/1.1"
    ended: Ending = "complete"
    problem: str = ""
    seconds: float = 0.0
    date: str = ""

    def exchange(self, family: str, request: Request) -> Exchange:
        """All of it as a record."""
        return Exchange(
            family=family,
            request=request,
            status=self.status,
            headers=self.headers,
            chunks=tuple(self.chunks),
            ended=self.ended,
            problem=self.problem,
            http_version=self.http_version,
            seconds=self.seconds,
            date=self.date,
        )


class Client:
    """Sends requests from any thread, and gives back what came."""

    def __init__(
        self,
        timeout: float,
        max_bytes: int = MAX_BYTES,
        http2: bool = False,
        trust: Trust = USUAL_TRUST,
        secrets: Sequence[tuple[str, str]] = (),
    ) -> None:
        """`timeout` is seconds for one exchange, all of it.

        `secrets` are what must not be kept besides the key, each behind the sign that stands for it in what is
        recorded. A header whose value is such a sign is sent with the secret, the first where two have the same sign.
        """
        self.timeout = timeout
        self._most = max_bytes
        self.secrets = secrets
        self._behind_signs = dict(reversed(secrets))
        self._connections = Connections(trust, http2)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="exchanges", daemon=True)
        self._usual_switch = sys.getswitchinterval()

    def __enter__(self) -> Self:
        sys.setswitchinterval(SWITCH_SECONDS)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.submit(self._close()).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        sys.setswitchinterval(self._usual_switch)

    def send(self, family: str, request: Request, key: str) -> Exchange:
        """The exchange of a request. The key is sent as `request.auth` says, and removed from what comes back."""
        return self.submit(self.exchange(family, request, key)).result()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts work on the client's own loop, from any thread; what is unfinished at the end is cancelled."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def exchange(self, family: str, request: Request, key: str) -> Exchange:
        """As `send`, on the client's own loop."""
        carried = credential.key_headers(dict.fromkeys(request.auth, key))
        received = await self._attempt(request, carried)
        if received.ended == "cut" and (received.status is None or received.dismissed):
            # A kept-alive connection may be closed by the server just as it is used again: that blames nobody.
            received = await self._attempt(request, carried)
        return self._without_keys(received.exchange(family, request), key)

    def _without_keys(self, exchange: Exchange, key: str) -> Exchange:
        for sign, secret in ((redaction.OWN, key), *self.secrets):
            exchange = credential.redact_exchange(exchange, secret, sign)
        return replace(exchange, headers=tuple(map(_without_session, exchange.headers)))

    async def _attempt(self, request: Request, carried: Headers) -> _Received:
        received = _Received(date=datetime.now(UTC).isoformat(timespec="milliseconds"))
        start = time.perf_counter()
        connection = None
        try:
            connection = self._connections.take()
            start = time.perf_counter()  # again, for the first connection reads certificates
            async with asyncio.timeout(self.timeout):
                await self._receive(connection, request, carried, received, start)
        except _LeftError:
            received.ended, received.problem = "left", _LEFT.format(request.leaves_after)
        except TimeoutError:
            received.ended, received.problem = "timeout", f"no end within {self.timeout:g} s"
        except Exception as error:  # whatever a library makes of odd bytes, it is the answer that was odd
            nobody = received.status is None and isinstance(error, _NOTHING_SENT if received.asked else Exception)
            received.ended = "unreachable" if nobody and not received.sent else "cut"
            received.problem, received.dismissed = _said(error), _is_farewell(error)
        finally:
            if connection:
                await self._connections.leave(connection, sound=received.ended == "complete")
        received.seconds = time.perf_counter() - start
        return received

    async def _receive(
        self, connection: Connection, request: Request, carried: Headers, received: _Received, start: float
    ) -> None:
        url = request.url
        for _ in range(MAX_REDIRECTS + 1):
            url = await self._hop(connection, request, url, carried, received, start)
            if not url:
                return
        received.ended, received.problem = "cut", f"more than {MAX_REDIRECTS} redirects"

    async def _hop(
        self, connection: Connection, request: Request, url: str, carried: Headers, received: _Received, start: float
    ) -> str:
        """Sends once; returns the URL to go on to where the answer says so in a way that keeps method and body."""
        received.status, received.headers, received.chunks = None, (), []
        received.ended, received.problem = "complete", ""
        content = request.body if request.body or request.method in ("POST", "PUT", "PATCH") else None
        asked = httpx.Request(
            request.method,
            url,
            headers=_headers(request, carried, self._behind_signs),
            content=_framed(request, content),
            extensions=_watched(request, received) if self._connections.http2 or request.leaves_after else _PATIENCE,
        )
        received.asked = True
        async with aclosing(await connection.handle_async_request(asked)) as response:
            received.status = response.status_code
            received.http_version = response.http_version
            received.headers = tuple(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in response.headers.raw
            )
            # Whoever is refused stays to hear why.
            await self._read(response, received, start, "" if response.is_error else request.leaves_after)
            return _onward(asked.url, response) if request.follows else ""

    async def _read(self, response: httpx.Response, received: _Received, start: float, leaves: str | int) -> None:
        """The body, decoded, up to the limits. Raises _LeftError where the client goes away."""
        if leaves == "headers":
            raise _LeftError
        decoder = Decoder(response.headers.get("content-encoding", ""), self._most)
        size = 0
        async for raw in response.aiter_raw():
            data = decoder.feed(raw)
            if not data:
                continue
            received.chunks.append(Chunk(time.perf_counter() - start, data[: self._most - size]))
            size += len(data)
            if leaves and len(sse.read(received.chunks).events) >= int(leaves):
                raise _LeftError
            if size > self._most:
                received.ended, received.problem = "too_large", f"more than {self._most} bytes"
                return
            if len(received.chunks) >= MAX_CHUNKS:
                received.ended, received.problem = "too_large", f"more than {MAX_CHUNKS} chunks"
                return
        decoder.finish()

    async def _close(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._connections.close()
        await self._loop.shutdown_asyncgens()


class _LeftError(Exception):
    """The client has gone away, as its request says: the connection is closed there."""


_LEFT = "the client went away after {}, as this request has it"


def _watched(request: Request, received: _Received) -> Mapping[str, Any]:
    """Notes when the request is on the wire, and gives up there where the client leaves then.

    The library of HTTP/2 calls an answer's breach of the protocol our own, so it has to be known what was sent.
    """

    async def note(step: str, _info: object) -> None:
        received.sent = received.sent or step == "http2.send_request_headers.complete"
        if request.leaves_after == "request" and step.endswith("send_request_body.complete"):
            raise _LeftError

    return {**_PATIENCE, "trace": note}


def _framed(request: Request, content: bytes | None) -> bytes | AsyncIterator[bytes] | None:
    """The body as it is sent: in chunks where the request's own headers say so, else with its length."""
    chunked = any(name.lower() == "transfer-encoding" for name, _ in request.headers)
    return _pieces(content) if chunked and content else content


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), CHUNK_BYTES):
        yield content[start : start + CHUNK_BYTES]


def _without_session(header: tuple[str, str]) -> tuple[str, str]:
    name, value = header
    return name, redaction.without_cookie_value(value) if name.lower() == "set-cookie" else value


def _headers(request: Request, carried: Headers, secrets: Mapping[str, str]) -> list[tuple[bytes, bytes]]:
    """What goes on the wire: the request's own headers, the credential, and the defaults of those not given."""
    own = (*((name, secrets.get(value, value)) for name, value in request.headers), *carried)
    given = {name.lower() for name, _ in own}
    added = tuple((name, value) for name, value in DEFAULTS.items() if name not in given)
    return [(name.encode(), value.encode()) for name, value in (*added, *own)]


def _onward(asked: httpx.URL, response: httpx.Response) -> str:
    """Where 307 and 308 lead, as the SDKs follow them; never to another origin, for the credential would go with it."""
    if response.status_code not in (307, 308) or "location" not in response.headers:
        return ""
    try:
        target = asked.join(response.headers["location"])
    except (httpx.InvalidURL, ValueError):
        return ""
    same = (target.scheme, target.host, target.port) == (asked.scheme, asked.host, asked.port)
    return str(target) if same else ""


def _is_farewell(error: Exception) -> bool:
    """Whether an HTTP/2 server takes no more requests on a connection, but answers those that it has.

    That is a GOAWAY without an error (RFC 9113, section 6.8), of which httpcore makes an error for what is under way.
    Source: https://github.com/encode/httpcore/issues/730
    """
    told = next(iter(error.__cause__.args), None) if error.__cause__ else None
    return getattr(told, "error_code", None) == 0 and hasattr(told, "last_stream_id")


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


_PATIENCE: Mapping[str, Any] = {"timeout": {"connect": CONNECT_SECONDS}}
"""What follows the connection has to end within the exchange's own time."""

_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
    httpx.LocalProtocolError,
)
"""Nobody was reached, or the request cannot be put on the wire: the gateway is not to blame."""
