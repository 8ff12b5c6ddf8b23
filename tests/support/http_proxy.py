"""A small HTTP proxy on a real socket: it opens tunnels for CONNECT, and forwards requests in absolute form.

https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6, https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2.
"""

from __future__ import annotations

import base64
import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.support.servers import PATIENCE, answer


@dataclass
class Proxy:
    """A running proxy: its port, and the request lines that it received."""

    port: int
    scheme: str = "http"
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    def url_of(self, credentials: str) -> str:
        """The URL with `user:password`."""
        return f"{self.scheme}://{credentials}@127.0.0.1:{self.port}"


@contextmanager
def http_proxy(
    credentials: str = "", refusal: bytes = b"", tls: ssl.SSLContext | None = None, after: int = 0
) -> Iterator[Proxy]:
    """Runs a proxy until the block ends.

    With `credentials`, others get a 407. With `refusal`, all requests get these bytes, apart from the first `after`.
    """
    wanted = b"basic " + base64.b64encode(credentials.encode()).lower() if credentials else b""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            client: socket.socket = self.request
            client.settimeout(PATIENCE)
            with suppress(OSError):
                client = tls.wrap_socket(client, server_side=True) if tls else client
                _serve(client, proxy, wanted, refusal if len(proxy.lines) >= after else b"")
                client.close()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Ignores clients that disconnected."""

    with Server(("127.0.0.1", 0), Handler) as server:
        proxy = Proxy(server.server_address[1], "https" if tls else "http")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()


def _serve(client: socket.socket, proxy: Proxy, wanted: bytes, refusal: bytes) -> None:
    head, rest = _head(client)
    if not head:
        return
    line, *fields = head.split(b"\r\n")
    proxy.lines.append(line.decode())
    if wanted and not any(one.lower() == b"proxy-authorization: " + wanted for one in fields):
        refusal = answer(407, b"", (("proxy-authenticate", 'Basic realm="proxy"'),))
    if refusal:
        client.sendall(refusal)
        return
    method, target, version = line.split(b" ")
    parts = urlsplit(f"//{target.decode()}" if method == b"CONNECT" else target.decode())
    try:
        server = socket.create_connection((parts.hostname, parts.port or 80), PATIENCE)
    except OSError:
        client.sendall(answer(502, b"no connection"))
        return
    with server:
        if method == b"CONNECT":
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            kept = [one for one in fields if not one.lower().startswith((b"proxy-", b"connection:"))]
            first = b" ".join((method, path.encode(), version))
            server.sendall(b"\r\n".join((first, *kept, b"connection: close")) + b"\r\n\r\n" + rest)
        _relay(client, server)


def _head(client: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        got = client.recv(65536)
        if not got:
            return b"", b""
        data += got
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _relay(client: socket.socket, server: socket.socket) -> None:
    """Passes bytes on in both directions until the server has ended."""
    up = threading.Thread(target=_pass_on, args=(client, server), daemon=True)
    up.start()
    _pass_on(server, client)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
    up.join()


def _pass_on(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while got := source.recv(65536):
            sink.sendall(got)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
