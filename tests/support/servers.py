"""Servers on real sockets that send exactly the given bytes, and keep the requests they receive."""

from __future__ import annotations

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Pair = tuple[str, str]
PATIENCE = 5.0
"""Seconds that a server waits for its client, so that a failing test ends."""


@dataclass
class Said:
    """A running server: its address, and the received requests as bytes."""

    origin: str
    requests: list[bytes] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def asked(self, index: int = 0) -> tuple[str, list[Pair], bytes]:
        """The request line, the headers with their names in lower case, and the body of a request."""
        head, _, body = self.requests[index].partition(b"\r\n\r\n")
        line, *fields = head.decode("latin-1").split("\r\n")
        pairs = (pair.partition(":") for pair in fields)
        return line, [(name.lower(), value.strip()) for name, _, value in pairs], body


Script = Callable[[socket.socket, Said], None]


@contextmanager
def raw(*scripts: Script) -> Iterator[Said]:
    """Answers the first request with the first script, and so on; the last script answers all further requests.

    A connection carries one request, and is closed when its script returns.
    """

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(PATIENCE)
            self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else the second part waits for an ACK
            request = _read(self.request)
            if request:
                said.requests.append(request)
                scripts[min(len(said.requests), len(scripts)) - 1](self.request, said)

    class Server(socketserver.ThreadingTCPServer):
        def handle_error(self, request: Any, client_address: Any) -> None:
            """Ignores clients that disconnected."""

    with Server(("127.0.0.1", 0), Handler) as server:
        said = Said(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield said
        finally:
            said.ended.set()
            server.shutdown()
            thread.join()


def _read(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        got = connection.recv(65536)
        if not got:
            return data
        data += got
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        got = connection.recv(65536)
        if not got:
            break
        body += got
        data += got
    return data


def answer(status: int = 200, body: bytes = b"", headers: tuple[Pair, ...] = ()) -> bytes:
    """A whole answer with its length, after which the connection is closed."""
    own = (("content-length", str(len(body))), ("connection", "close"))
    lines = [f"HTTP/1.1 {status} Said", *(f"{name}: {value}" for name, value in (*headers, *own))]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def json_answer(document: Any, status: int = 200) -> bytes:
    return answer(status, json.dumps(document).encode(), (("content-type", "application/json"),))


def says(*parts: bytes) -> Script:
    """Sends these bytes, and closes the connection."""

    def script(connection: socket.socket, _said: Said) -> None:
        for part in parts:
            connection.sendall(part)

    return script


def stalls(*parts: bytes) -> Script:
    """Sends these bytes, and then nothing for as long as the server runs."""

    def script(connection: socket.socket, said: Said) -> None:
        for part in parts:
            connection.sendall(part)
        said.ended.wait()

    return script


def resets(*parts: bytes) -> Script:
    """Sends these bytes, and resets the connection."""

    def script(connection: socket.socket, _said: Said) -> None:
        for part in parts:
            connection.sendall(part)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        socket.socket(fileno=connection.detach()).close()  # closed here, because the server would send FIN first

    return script


def unused_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
