"""Runs an ASGI application on a real socket: in a thread for tests, in the foreground for the command line.

The server sends what the application sends, without buffering, and adds only `date` (RFC 9110, section 6.6.1) and the
framing. If the application returns before its answer is complete, the server closes the connection without a final
chunk, as a server that crashes would.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import uvicorn
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

logger = logging.getLogger(__name__)


class ServingError(Exception):
    """A server could not start; the message is one sentence for the user."""


@contextmanager
def serve(app: ASGIApp, host: str = "127.0.0.1", port: int = 0, *, web_sockets: bool = False) -> Iterator[str]:
    """Serves `app` until the block ends, and yields its base URL without a path: `http://127.0.0.1:54321`.

    Port 0 selects a free port. With `web_sockets`, the application has to serve them as well.
    At the end, open connections are closed and their handlers cancelled.
    Raises ServingError if the address is not available or the application does not start.
    """
    with _listen(host, port) as listener:
        server = _Server(_config(app, web_sockets))
        thread = threading.Thread(target=server.work, args=(listener,), name="conformance-server", daemon=True)
        thread.start()
        try:
            server.settled.wait()
            if not server.started:
                raise ServingError("The server did not start: its application failed while starting up.")
            yield _url(listener)
        finally:
            server.should_exit = True
            thread.join()


def run(
    app: ASGIApp,
    host: str = "127.0.0.1",
    port: int = 0,
    started: Callable[[str], object] = lambda _url: None,
    *,
    web_sockets: bool = False,
) -> None:
    """Serves `app` until Ctrl-C or SIGTERM; calls `started` with the base URL when the server is ready.

    For the main thread only. Raises ServingError as `serve` does.
    """
    with stop_signal() as stop, serve(app, host, port, web_sockets=web_sockets) as url:
        started(url)
        stop.wait()


@contextmanager
def stop_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set instead of raising; the previous handlers are restored at the end."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Server(uvicorn.Server):
    """A uvicorn server that stops at once; uvicorn waits for open connections, and a stalled stream never ends."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    def work(self, listener: socket.socket) -> None:
        try:
            with suppress(SystemExit):  # uvicorn exits if the application fails to start
                self.run(sockets=[listener])
        finally:
            self.settled.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.settled.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 (inherited)
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)  # let the connections close before their handlers are cancelled
        handlers = list(self.server_state.tasks)
        for handler in handlers:
            handler.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await self.lifespan.shutdown()


class _Protocol(H11Protocol):
    """uvicorn's protocol, with the connection in `scope["state"]`, so that an application can write to it.

    TCP_NODELAY sends each write at once; without it, the second write waits 40 ms for the client's delayed ACK. asyncio
    sets it only on sockets whose protocol number says TCP, and `socket.create_server` leaves that number at 0.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)
        self.app_state = {**self.app_state, "connection": transport}


def _config(app: ASGIApp, web_sockets: bool) -> uvicorn.Config:
    return uvicorn.Config(
        _reporting(app),
        loop="asyncio",
        http=_Protocol,
        ws="wsproto" if web_sockets else "none",
        ws_max_size=64 * 1024 * 1024,
        log_config=None,
        log_level=logging.CRITICAL,  # incomplete answers are intended here; exceptions are logged below
        access_log=False,
        proxy_headers=False,
        server_header=False,
        # Longer than any client keeps an idle connection, so the server never closes one that is being reused.
        timeout_keep_alive=75,
    )


def _reporting(app: ASGIApp) -> ASGIApp:
    """Logs exceptions of the application, but not those of a stopping server or a client that disconnected."""

    async def reporting(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ClientDisconnect:
            raise
        except Exception:
            if scope["type"] == "http":
                logger.exception("The application failed on %s %s", scope["method"], scope["path"])
            raise

    return reporting


def _listen(host: str, port: int) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ServingError(f"Cannot listen on {host}:{port}: a port is a number from 0 to 65535.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=128)
    except OSError as error:
        reason = "the port is already in use" if error.errno == errno.EADDRINUSE else error.strerror
        raise ServingError(f"Cannot listen on {host}:{port}: {reason}.") from None


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
