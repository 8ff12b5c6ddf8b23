"""Clients that disconnect on request, where the connection is closed, and clients that read slowly."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from conformance.client.http import Client
from tests.support.posts import HEAD, KEY, body, chunk, post
from tests.support.servers import Said, answer, raw, says

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client(timeout=10) as running:
        yield running


@pytest.mark.parametrize(
    ("leaves_after", "status", "came"),
    [("request", None, b""), ("headers", 200, b""), (2, 200, b"data: 1\n\ndata: 2\n\n")],
)
def test_a_client_that_leaves_closes_the_connection_there(
    client: Client, leaves_after: str | int, status: int | None, came: bytes
) -> None:
    closed = threading.Event()

    def goes_on(connection: socket.socket, _said: Said) -> None:
        connection.settimeout(5)
        with suppress(ConnectionError):  # closing with unread data resets the connection
            if leaves_after != "request":
                connection.sendall(HEAD)
                for number in (b"1", b"2"):
                    connection.sendall(chunk(b"data: %s\n\n" % number))
            assert connection.recv(1) == b""
        closed.set()

    with raw(goes_on) as server:
        exchange = client.send("messages", replace(post(server.origin), leaves_after=leaves_after), KEY)
        assert closed.wait(5)
    assert (exchange.status, exchange.ended, body(exchange)) == (status, "left", came)
    assert len(server.requests) == 1


@pytest.mark.parametrize("leaves_after", ["headers", 1])
def test_a_client_that_is_refused_reads_the_error(client: Client, leaves_after: str | int) -> None:
    with raw(says(answer(400, b'{"error": {"message": "No."}}'))) as server:
        exchange = client.send("messages", replace(post(server.origin), leaves_after=leaves_after), KEY)
    assert (exchange.status, exchange.ended) == (400, "complete")
    assert body(exchange)


def test_a_stream_that_ends_before_its_client_leaves_is_complete(client: Client) -> None:
    with raw(says(HEAD, chunk(b"data: 1\n\n"), b"0\r\n\r\n")) as server:
        exchange = client.send("messages", replace(post(server.origin), leaves_after=5), KEY)
    assert (exchange.status, exchange.ended) == (200, "complete")


def test_a_client_that_reads_slowly_reads_everything(client: Client) -> None:
    pieces = [chunk(b"data: %d\n\n" % number) for number in range(3)]
    with raw(says(HEAD, *pieces, b"0\r\n\r\n")) as server:
        exchange = client.send("messages", replace(post(server.origin), reads_slowly=0.1), KEY)
    assert (exchange.ended, body(exchange)) == ("complete", b"data: 0\n\ndata: 1\n\ndata: 2\n\n")
    assert exchange.seconds >= 0.1
