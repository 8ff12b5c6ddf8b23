"""A network namespace that has only loopback, in which a gateway outside is reached at its own address.

The kernel does not connect the namespace to anything. A file of a Unix socket is visible from both sides, so each side
forwards connections: inside from the gateway's address to the socket, outside from the socket to the gateway.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

_SET_FLAGS = 0x8914  # SIOCSIFFLAGS of linux/sockios.h
_UP_AND_RUNNING = 0x41
_UNSHARE = ("unshare", "--user", "--map-root-user", "--net")
_CHUNK = 65536

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended. `code` is None if the time limit ended it."""

    code: int | None
    out: str
    err: str


def missing() -> str:
    """Why no namespace can be made here, as a sentence; "" if one can."""
    if sys.platform != "linux":
        return "network namespaces are only on Linux"
    if shutil.which("unshare") is None:
        return "unshare is not installed"
    tried = subprocess.run([*_UNSHARE, "true"], capture_output=True, text=True, check=False)  # noqa: S603
    return "" if tried.returncode == 0 else f"no network namespace can be made: {tried.stderr.strip()}"


class Namespace:
    """A running namespace."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self._child = child

    def run(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path, limit: float, given: str = ""
    ) -> Ended:
        """Runs a command inside, with exactly this environment, for at most `limit` seconds."""
        asked = {"command": list(command), "environment": dict(environment), "folder": str(folder)}
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(f"{json.dumps({**asked, 'limit': limit, 'given': given})}\n")
        self._child.stdin.flush()
        return Ended(**json.loads(self._child.stdout.readline()))


@contextmanager
def entered(gateway: str) -> Iterator[Namespace]:
    """Makes a namespace in which the gateway's URL (http, an address of loopback) works."""
    parts = urlsplit(gateway)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    with tempfile.TemporaryDirectory(prefix="namespace-") as folder, _forwarding(Path(folder, "gateway"), host, port):
        child = subprocess.Popen(  # noqa: S603 (this module)
            [*_UNSHARE, sys.executable, "-m", __name__, str(Path(folder, "gateway")), host, str(port)],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        try:
            yield Namespace(child)
        finally:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.close()
            child.wait(10)
            child.stdout.close()


@contextmanager
def _forwarding(path: Path, host: str, port: int) -> Iterator[None]:
    """Forwards connections from a Unix socket to the gateway, in a thread."""
    started = threading.Event()
    stop: list[Callable[[], object]] = []

    async def serve() -> None:
        ended, loop = asyncio.Event(), asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(ended.set))
        async with await asyncio.start_unix_server(_to(lambda: asyncio.open_connection(host, port)), str(path)):
            started.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="namespace", daemon=True)
    thread.start()
    started.wait()
    try:
        yield
    finally:
        stop[0]()
        thread.join()


def _to(connect: Callable[[], Awaitable[Connection]]) -> Callable[..., Awaitable[None]]:
    """Copies bytes both ways between a client and a new connection."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            far_reader, far_writer = await connect()
            await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer))

    return handle


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    writer.close()


async def _inside(path: str, host: str, port: int) -> None:
    """The process inside: forwards connections, and runs the commands that stdin names."""
    _raise_loopback()
    await asyncio.start_server(_to(lambda: asyncio.open_unix_connection(path)), host, port)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        print(json.dumps(asdict(await _run(**json.loads(line)))), flush=True)


def _raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP_AND_RUNNING))


async def _run(command: list[str], environment: dict[str, str], folder: str, limit: float, given: str) -> Ended:
    child = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    reading = asyncio.create_task(child.communicate(given.encode()))
    done, _ = await asyncio.wait({reading}, timeout=limit)
    code = child.returncode if done else None
    with suppress(ProcessLookupError):  # also what the command left behind
        os.killpg(child.pid, signal.SIGKILL)
    out, err = await reading
    return Ended(code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


if __name__ == "__main__":
    asyncio.run(_inside(sys.argv[1], sys.argv[2], int(sys.argv[3])))
