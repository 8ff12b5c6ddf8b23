"""Servers that speak HTTP/2 over TLS: a real one for an ASGI application, and one that sends given frames."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config, Sockets

from tests.support.servers import PATIENCE

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Authority:
    """The certificate authority of the servers, and its files."""

    bundle: Path
    certificate: Path
    key: Path


def authority(folder: Path) -> Authority:
    """A certificate for 127.0.0.1 in files, and the authority to trust."""
    made = Authority(folder / "ca.pem", folder / "server.pem", folder / "server.key")
    root = trustme.CA()
    leaf = root.issue_cert(HOST)
    root.cert_pem.write_to_path(str(made.bundle))
    leaf.private_key_pem.write_to_path(str(made.key))
    for number, pem in enumerate(leaf.cert_chain_pems):
        pem.write_to_path(str(made.certificate), append=number > 0)
    return made


@contextmanager
def served(app: Any, trusted: Authority, *protocols: str, clients: bool = False) -> Iterator[str]:
    """Runs the application by Hypercorn until the block ends, offering these protocols; yields its base URL.

    With `clients`, it demands a certificate of the authority from its clients.
    """
    config = Config()
    if clients:
        config.ca_certs, config.verify_mode = str(trusted.bundle), ssl.CERT_REQUIRED
    config.certfile, config.keyfile = str(trusted.certificate), str(trusted.key)
    config.alpn_protocols = list(protocols)
    config.graceful_timeout = 0.1
    listener = socket.create_server((HOST, 0))
    listener.setblocking(False)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts inherits it
    config.create_sockets = lambda: Sockets([listener], [], [])  # type: ignore[method-assign]
    stop = threading.Event()

    async def stopped() -> None:
        await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve(app, config, shutdown_trigger=stopped)))
    thread.start()
    try:
        yield f"https://{HOST}:{listener.getsockname()[1]}"
    finally:
        stop.set()
        thread.join()


@dataclass
class Talk:
    """The connection of a request, with methods that send frames on it."""

    connection: h2.connection.H2Connection
    socket: ssl.SSLSocket
    stream: int = 0
    ended: threading.Event = field(default_factory=threading.Event)

    def head(self, status: int = 200, kind: str = "application/json") -> None:
        """The answer's headers."""
        self.connection.send_headers(self.stream, [(":status", str(status)), ("content-type", kind)])
        self.flush()

    def data(self, data: bytes, end: bool = False) -> None:
        """A frame of the body."""
        self.connection.send_data(self.stream, data, end_stream=end)
        self.flush()

    def bytes(self, data: bytes) -> None:
        """Frames that an HTTP/2 library would not send."""
        self.socket.sendall(data)

    def flush(self) -> None:
        """Sends what the library has ready."""
        self.socket.sendall(self.connection.data_to_send())


Play = Callable[[Talk], None]


@dataclass
class Played:
    """A running server: its address, and the number of its requests."""

    origin: str
    asked: int = 0


@contextmanager
def plays(trusted: Authority, *scripts: Play) -> Iterator[Played]:
    """Answers the first request with the first script, and so on; the last script answers all further requests."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted.certificate, trusted.key)
    context.set_alpn_protocols(["h2"])
    ended = threading.Event()

    def converse(raw: socket.socket) -> None:
        with suppress(OSError, h2.exceptions.ProtocolError), context.wrap_socket(raw, server_side=True) as secured:
            secured.settimeout(PATIENCE)
            talk = Talk(_begun(secured), secured, ended=ended)
            while not ended.is_set() and (got := secured.recv(65536)):
                for event in talk.connection.receive_data(got):
                    if isinstance(event, h2.events.StreamEnded):
                        said.asked += 1
                        talk.stream = event.stream_id
                        scripts[min(said.asked, len(scripts)) - 1](talk)
                talk.flush()

    def listen() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=converse, args=(connection,), daemon=True).start()

    with socket.create_server((HOST, 0)) as listener:
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts inherits it
        said = Played(f"https://{HOST}:{listener.getsockname()[1]}")
        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield said
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _begun(secured: ssl.SSLSocket) -> h2.connection.H2Connection:
    connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    connection.initiate_connection()
    secured.sendall(connection.data_to_send())
    return connection
