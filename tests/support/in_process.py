"""Servers without sockets: the suite's client passes its requests to an ASGI application in the same event loop.

Requests, headers, status, body and chunks are the same as over sockets. The framing of HTTP/1.1 is missing: chunked
bodies, chunks that arrive together, and answers whose length is wrong.

Behind the gateway is the scripted provider, so two-sided cases run here, too: give the case runner the `provider()` of
the gateway's transport. A connection that the provider resets looks like one that it closes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from conformance import reference
from conformance.client.http import Client
from conformance.client.provider import Provider, ProviderAddress
from conformance.core import redaction
from conformance.core.provider_control import SCRIPTS_PATH
from conformance.reference import DEFAULT_KEY, PACE, Reference, ScriptedProvider, scripted
from conformance.reference.gateway import BEHIND, VIA, Answering, create_app
from conformance.reference.gateway.upstream import NOWHERE, Connections
from conformance.reference.provider import DEFAULT_MODELS
from conformance.reference.serving import serve
from conformance.run import connect, run
from tests.support import web_socket
from tests.support.web_socket import DATE

PROVIDER = ScriptedProvider(
    "http://provider.test", "sk-upstream-in-process", "control-in-process", tuple(DEFAULT_MODELS)
)
"""The provider behind every gateway of this module."""
UPSTREAM_KEY = PROVIDER.key
OWN_KEY = ((redaction.OWN, DEFAULT_KEY),)
"""The key that clients send to these gateways, and the text that replaces it in records."""
BUFFERED = 32
"""Writes that an application may be ahead of its client, as with the buffer of a socket."""
CUT = "peer closed connection without sending complete message body (incomplete chunked read)"


class AppTransport(httpx.AsyncBaseTransport):
    """Sends requests to an application; `state` is the state that its lifespan would set.

    `behind` leads to the scripted provider, if the application is a gateway.
    """

    def __init__(
        self, app: ASGIApp, state: Mapping[str, Any] | None = None, behind: AppTransport | None = None
    ) -> None:
        self.app = app
        self.state = state or {}
        self.behind = behind

    def provider(self, secrets: Sequence[tuple[str, str]] = OWN_KEY) -> Provider:
        """The control of the scripted provider behind this gateway, for the event loop of the suite's client."""
        assert self.behind is not None
        return InProcessProvider(self.behind, secrets)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        body = await request.aread()
        if trace := request.extensions.get("trace"):
            await trace("http11.send_request_body.complete", {})
        if str(request.url).startswith(f"{NOWHERE}/"):
            raise httpx.ConnectError("All connection attempts failed")
        if web_socket.asks_for_upgrade(request):
            return await web_socket.Session(self.app, _scope(request, self.state)).response()
        patience = request.extensions.get("timeout", {}).get("read")
        answer = _Answer(self.app, _scope(request, self.state), body, patience)
        try:
            start = await answer.started()
        except (asyncio.CancelledError, httpx.ReadTimeout):  # the client's time is over
            await answer.aclose()
            raise
        return httpx.Response(start["status"], headers=_framed(start["headers"]), stream=answer)


class _Answer(httpx.AsyncByteStream):
    """The answer of a running application: each write of the application is one chunk.

    `patience` is the longest time between two of them in seconds.
    """

    def __init__(self, app: ASGIApp, scope: dict[str, Any], body: bytes, patience: float | None) -> None:
        self._patience = patience
        self._body: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self._head = scope["method"] == "HEAD"
        self._length: int | None = None
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue(BUFFERED)
        self._left = asyncio.Event()
        self._complete = False
        self._task = asyncio.create_task(self._run(app, scope))

    async def started(self) -> Message:
        message = await self._next()
        if message is None:
            await self._task  # raises what went wrong
            raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
        lengths = [int(value) for name, value in message["headers"] if name.lower() == b"content-length"]
        self._length = lengths[0] if lengths and not self._head else None
        return message

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        while (message := await self._next()) is not None:
            data = message.get("body", b"")
            size += len(data)
            if data and not self._head:
                yield data
            if not message.get("more_body"):
                assert self._length in (None, size), "test a wrong length with a real server"
                self._complete = True
                return
        raise httpx.RemoteProtocolError(CUT)

    async def _next(self) -> Message | None:
        if not self._messages.empty():
            return self._messages.get_nowait()
        try:
            async with asyncio.timeout(self._patience):
                return await self._messages.get()
        except TimeoutError:
            raise httpx.ReadTimeout("") from None

    async def aclose(self) -> None:
        self._left.set()
        if not self._complete:
            self._task.cancel()
        for failed in await asyncio.gather(self._task, return_exceptions=True):
            if isinstance(failed, Exception):
                raise failed

    async def _run(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        try:
            await app(scope, self._receive, self._messages.put)
        finally:
            if not self._left.is_set():
                await self._messages.put(None)

    async def _receive(self) -> Message:
        if self._body:
            return self._body.pop()
        await self._left.wait()
        return {"type": "http.disconnect"}


def _scope(request: httpx.Request, state: Mapping[str, Any]) -> dict[str, Any]:
    path, _, query = request.url.raw_path.partition(b"?")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": dict(state),
    }


def _framed(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers as uvicorn sends them, with `date` and, if there is no length, `transfer-encoding`."""
    given = {name.lower() for name, _ in headers}
    framing = [] if given & {b"content-length", b"transfer-encoding"} else [(b"Transfer-Encoding", b"chunked")]
    return [DATE, *headers, *framing]


class InProcessClient(Client):
    """The suite's client; all requests go to one application, whatever their URL."""

    def __init__(self, transport: AppTransport, timeout: float) -> None:
        super().__init__(timeout)
        self._pool = self._upgrades = _One(transport)  # type: ignore[assignment]


class InProcessProvider(Provider):
    """The control of a scripted provider in this process."""

    def __init__(self, transport: AppTransport, secrets: Sequence[tuple[str, str]]) -> None:
        super().__init__(ProviderAddress(PROVIDER.url, PROVIDER.key, PROVIDER.control_key), secrets)
        self._connections = _One(transport)  # type: ignore[assignment]


class _One:
    """Replaces the connection pool."""

    http2 = False

    def __init__(self, transport: AppTransport) -> None:
        self._transport = transport

    def acquire(self, url: str) -> AppTransport:
        return self._transport

    async def release(self, connection: AppTransport, reusable: bool) -> None:
        """Nothing is open."""

    async def close(self) -> None:
        """Nothing is open."""


def gateway(
    around: Callable[[Answering], Answering] = lambda answering: answering,
    pace: float = 0.0,
    models: Sequence[str] = DEFAULT_MODELS,
    translations: Mapping[str, str] | None = None,
    upstream: ASGIApp | None = None,
) -> AppTransport:
    """The reference gateway, with the scripted provider behind it in the same process, or another `upstream`."""
    app = scripted.create_app(key=PROVIDER.key, control_key=PROVIDER.control_key, models=models, pace=pace)
    behind = AppTransport(upstream or app)
    client = Connections(behind, httpx.Timeout(None))
    front = create_app(
        upstream=PROVIDER.url,
        upstream_key=PROVIDER.key,
        key=DEFAULT_KEY,
        models=models,
        around=around,
        translations=translations,
    )
    return AppTransport(front, {"client": client}, behind)


@contextmanager
def served(around: Callable[[Answering], Answering]) -> Iterator[tuple[str, Provider]]:
    """The gateway on a free port, as its base URL without a path, and the control of the provider behind it.

    The gateway calls the provider in this process. The control path of the provider is at the same port.
    """
    transport = gateway(around, translations=BEHIND)
    assert transport.behind is not None
    provider = transport.behind.app

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope["state"] |= transport.state
        is_control = scope["type"] == "http" and scope["path"].startswith(SCRIPTS_PATH)
        await (provider if is_control else transport.app)(scope, receive, send)

    with serve(app, web_sockets=True) as url:
        yield url, Provider(ProviderAddress(url, PROVIDER.key, PROVIDER.control_key), OWN_KEY)


@contextmanager
def without_sockets(
    around: Callable[[Answering], Answering] = lambda answering: answering, models: Sequence[str] = DEFAULT_MODELS
) -> Iterator[None]:
    """Runs of the suite use a reference gateway in this process, whatever their `--gateway-url`."""
    transport = gateway(around, pace=PACE, models=models, translations=BEHIND)

    @contextmanager
    def running(*, translate: bool = False) -> Iterator[Reference]:
        yield Reference("http://gateway.test/v1", DEFAULT_KEY, (*models, *VIA), PROVIDER)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "reference_gateway", running)
        patch.setattr(connect, "Client", lambda timeout, *_: InProcessClient(transport, timeout))
        patch.setattr(run, "Provider", lambda _address, secrets: transport.provider(secrets))
        yield
