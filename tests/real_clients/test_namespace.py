"""The namespace of the agents: the gateway is reached at its own address, and nothing else is."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.real_clients import namespace

pytestmark = pytest.mark.e2e


@pytest.fixture
def gateway() -> Iterator[str]:
    """A server that answers each connection with `here`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"here")

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


READ = "import socket, sys; print(socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).recv(9))"


def test_only_the_gateway_is_reached(gateway: str, tmp_path: Path) -> None:
    if reason := namespace.missing():
        pytest.skip(reason)
    port = gateway.removesuffix("/v1").rpartition(":")[2]
    with namespace.entered(gateway) as inside:
        reached = inside.run([sys.executable, "-c", READ, "127.0.0.1", port], {}, tmp_path, 20)
        assert (reached.code, reached.out) == (0, "b'here'\n")
        other = inside.run([sys.executable, "-c", READ, "192.0.2.1", "80"], {}, tmp_path, 20)
        assert other.code == 1
        assert "unreachable" in other.err
        late = inside.run(["sleep", "20"], {"PATH": "/usr/bin:/bin"}, tmp_path, 0.2)
        assert late.code is None
        told = inside.run(["cat"], {"PATH": "/usr/bin:/bin"}, tmp_path, 20, "a question")
        assert (told.code, told.out) == (0, "a question")
