"""Redirects are followed as the SDKs follow them, and never to another origin."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from conformance.client.http import MAX_REDIRECTS, Client
from tests.support.posts import KEY, body, post
from tests.support.servers import Said, answer, raw, says

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client(timeout=10) as running:
        yield running


@pytest.mark.parametrize("status", [307, 308])
@pytest.mark.parametrize("absolute", [False, True])
def test_a_redirect_that_keeps_the_method_is_followed_within_the_origin(
    client: Client, status: int, absolute: bool
) -> None:
    def there(connection: socket.socket, said: Said) -> None:
        location = ("" if not absolute else said.origin) + "/other?a=1"
        connection.sendall(answer(status, b"gone", (("location", location),)))

    with raw(there, says(answer(200, b"here"))) as server:
        exchange = client.send("messages", post(server.origin, b'{"a": 1}'), KEY)
    assert (exchange.status, body(exchange), exchange.ended) == (200, b"here", "complete")
    line, headers, sent = server.asked(1)
    assert line == "POST /other?a=1 HTTP/1.1"
    assert sent == b'{"a": 1}'
    assert ("authorization", f"Bearer {KEY}") in headers


def test_a_redirect_to_another_origin_is_not_followed(client: Client) -> None:
    with raw(says(answer(200))) as other:
        to_port = answer(307, b"", (("location", f"{other.origin}/v1/messages"),))
        to_name = answer(308, b"", (("location", other.origin.replace("127.0.0.1", "localhost")),))
        to_scheme = answer(308, b"", (("location", other.origin.replace("http:", "https:")),))
        with raw(says(to_port), says(to_name), says(to_scheme)) as server:
            statuses = [client.send("messages", post(server.origin), KEY).status for _ in range(3)]
    assert statuses == [307, 308, 308]
    assert other.requests == []


@pytest.mark.parametrize("status", [301, 302, 303])
def test_a_redirect_that_changes_the_method_is_not_followed(client: Client, status: int) -> None:
    with raw(says(answer(status, b"", (("location", "/other"),)))) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert (exchange.status, exchange.ended) == (status, "complete")
    assert len(server.requests) == 1


@pytest.mark.parametrize("location", ["http://[::1", "http://host:port/", "mailto:a@b"])
def test_a_redirect_to_nowhere_is_the_answer(client: Client, location: str) -> None:
    with raw(says(answer(307, b"", (("location", location),))), says(answer(200))) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert (exchange.status, exchange.ended) == (307, "complete")
    assert len(server.requests) == 1


def test_a_circle_of_redirects_ends(client: Client) -> None:
    with raw(says(answer(307, b"", (("location", "/again"),)))) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert (exchange.status, exchange.ended) == (307, "cut")
    assert "redirects" in exchange.problem
    assert len(server.requests) == MAX_REDIRECTS + 1


def test_a_redirect_is_not_followed_where_the_request_says_so(client: Client) -> None:
    with raw(says(answer(307, b"", (("location", "/elsewhere"),)))) as server:
        exchange = client.send("messages", replace(post(server.origin), follows=False), KEY)
    assert (exchange.status, exchange.ended) == (307, "complete")
    assert len(server.requests) == 1
