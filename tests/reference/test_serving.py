"""The HTTP server of the reference servers: real sockets, prompt shutdown, clean logs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from conformance.reference.serving import ServingError, serve

START = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]}


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    await send(START)
    await send({"type": "http.response.body", "body": b"hello"})


async def cut(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    await send(START)
    await send({"type": "http.response.body", "body": b"hel", "more_body": True})


@pytest.mark.socket
def test_answers_on_a_free_port_and_stops() -> None:
    with serve(hello) as url:
        assert httpx.get(url).text == "hello"
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


@pytest.mark.socket
def test_adds_nothing_but_the_date_and_framing() -> None:
    with serve(hello) as url:
        assert set(httpx.get(url).headers) == {"content-type", "date", "transfer-encoding"}


@pytest.mark.socket
def test_each_write_goes_out_at_once() -> None:
    """Without TCP_NODELAY the second write of an answer waits for the client's delayed ACK, some 40 ms."""

    async def says_so(scope: Scope, receive: Receive, send: Send) -> None:
        connection = scope["state"]["connection"].get_extra_info("socket")
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        await send(START)
        await send({"type": "http.response.body", "body": str(bool(told)).encode()})

    with serve(says_so) as url:
        assert httpx.get(url).text == "True"


@pytest.mark.socket
def test_two_servers_run_at_once() -> None:
    with serve(hello) as one, serve(hello) as other:
        assert one != other
        assert httpx.get(one).text == httpx.get(other).text == "hello"


@pytest.mark.socket
def test_keeps_connections_alive() -> None:
    with serve(hello) as url, httpx.Client() as client:
        first = client.get(url).extensions["network_stream"].get_extra_info("client_addr")
        again = client.get(url).extensions["network_stream"].get_extra_info("client_addr")
    assert first == again


@pytest.mark.socket
def test_a_port_in_use_is_one_clear_sentence() -> None:
    with (
        serve(hello) as url,
        pytest.raises(ServingError, match=r"^Cannot listen on 127\.0\.0\.1:\d+: the port is already in use\.$"),
        serve(hello, port=httpx.URL(url).port or 0),
    ):
        pass


@pytest.mark.socket
def test_an_impossible_port_is_one_clear_sentence() -> None:
    with (
        pytest.raises(ServingError, match=r"^Cannot listen on 127\.0\.0\.1:70000: .+\.$"),
        serve(hello, port=70000),
    ):
        pass


@pytest.mark.socket
def test_an_unknown_host_is_one_clear_sentence() -> None:
    with pytest.raises(ServingError, match=r"^Cannot listen on nowhere\.invalid:0: .+\.$"):
        serve(hello, host="nowhere.invalid").__enter__()


@pytest.mark.socket
def test_an_application_that_fails_to_start_is_an_error() -> None:
    @contextlib.asynccontextmanager
    async def broken(app: Starlette) -> AsyncIterator[None]:
        if not app.routes:
            raise RuntimeError("no")
        yield

    with pytest.raises(ServingError, match="did not start"), serve(Starlette(lifespan=broken)):
        pass


@pytest.mark.socket
def test_the_lifespan_runs_from_start_to_end() -> None:
    heard: list[str] = []

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        heard.append("start")
        yield
        heard.append("end")

    with serve(Starlette(lifespan=lifespan)):
        assert heard == ["start"]
    assert heard == ["start", "end"]


@pytest.mark.socket
def test_an_unfinished_answer_ends_the_connection_without_noise(caplog: pytest.LogCaptureFixture) -> None:
    with serve(cut) as url, pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
        httpx.get(url)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.socket
def test_an_application_failure_is_logged_and_answered_500(caplog: pytest.LogCaptureFixture) -> None:
    async def fails(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("a defect")

    with serve(fails) as url:
        assert httpx.get(url).status_code == 500
    assert [record.name for record in caplog.records if record.exc_info] == ["conformance.reference.serving"]


@pytest.mark.socket
def test_a_client_that_disconnects_during_its_request_is_not_a_failure(caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()

    async def hears(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await Request(scope, receive).body()
        finally:
            ended.set()

    with serve(hears) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf")
        assert ended.wait(5)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.socket
def test_stops_promptly_while_a_stream_stalls(caplog: pytest.LogCaptureFixture) -> None:
    cancelled = threading.Event()

    async def stalls(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http"
        await send(START)
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with contextlib.ExitStack() as stack:
        server = contextlib.ExitStack()
        url = server.enter_context(serve(stalls))
        chunks = stack.enter_context(httpx.stream("GET", url)).iter_raw()
        assert next(chunks) == b"first"
        began = time.monotonic()
        server.close()
        assert time.monotonic() - began < 2
        assert cancelled.is_set()
        with pytest.raises(httpx.RemoteProtocolError):
            next(chunks)
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.socket
def test_stops_promptly_with_an_idle_connection() -> None:
    with httpx.Client() as client:
        with serve(hello) as url:
            client.get(url)
            began = time.monotonic()
        assert time.monotonic() - began < 2


FOREGROUND = """
from conformance.reference.serving import run
from starlette.applications import Starlette
run(Starlette(), started=lambda url: print(url, flush=True))
print("ended")
"""


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_foreground_cleanly(number: signal.Signals) -> None:
    command = [sys.executable, "-c", FOREGROUND]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = httpx.URL(process.stdout.readline().strip())
        with socket.create_connection((url.host, url.port or 0)):
            os.kill(process.pid, number)
            out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "ended\n", "")
