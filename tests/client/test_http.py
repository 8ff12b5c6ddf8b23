"""The HTTP client on real sockets: every outcome is an exchange with all that was received, without the key."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from starlette.types import Receive, Scope, Send

from conformance.client.http import Client
from conformance.client.timing import SWITCH_SECONDS, short_switch_interval
from conformance.core.model import Request
from conformance.core.redaction import OWN
from conformance.reference.serving import serve
from tests.support.posts import HEAD, KEY, body, chunk, post
from tests.support.servers import Said, answer, raw, resets, says, stalls, unused_port


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with Client(timeout=10) as running:
        yield running


@pytest.mark.socket
def test_a_whole_answer_is_complete(client: Client) -> None:
    with raw(says(answer(200, b'{"a": 1}'))) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert (exchange.family, exchange.status, exchange.ended, exchange.problem) == ("messages", 200, "complete", "")
    assert body(exchange) == b'{"a": 1}'
    assert exchange.http_version == "HTTP/1.1"
    assert exchange.date.endswith("+00:00")
    assert 0 < exchange.seconds < 10
    assert len(server.requests) == 1


@pytest.mark.socket
def test_the_request_is_sent_as_it_is_with_the_key(client: Client) -> None:
    text = '{"text": "grüß 你 😀"}'.encode()
    request = Request("POST", "/v1/messages?beta=true", (("X-Two", "1"), ("x-two", "2"), ("accept", "a/b")), text)
    with raw(says(answer())) as server:
        sent = Request("POST", server.origin + request.url, request.headers, text, ("x-api-key",))
        client.send("messages", sent, KEY)
        line, headers, got = server.asked()
    assert line == "POST /v1/messages?beta=true HTTP/1.1"
    assert got == text
    assert [value for name, value in headers if name == "x-two"] == ["1", "2"]
    assert ("accept", "a/b") in headers
    assert ("accept-encoding", "identity") in headers
    assert ("content-length", str(len(text))) in headers
    assert ("x-api-key", KEY) in headers
    assert "authorization" not in dict(headers)


@pytest.mark.socket
@pytest.mark.parametrize(
    ("auth", "carried"),
    [((), {}), (("bearer",), {"authorization": f"Bearer {KEY}"}),
     (("bearer", "x-api-key"), {"authorization": f"Bearer {KEY}", "x-api-key": KEY})],
)  # fmt: skip
def test_the_credential_is_carried_as_the_request_says(
    client: Client, auth: tuple[str, ...], carried: dict[str, str]
) -> None:
    with raw(says(answer())) as server:
        client.send("messages", post(server.origin, auth=auth), KEY)
        _, headers, _ = server.asked()
    assert {name: value for name, value in headers if name in ("authorization", "x-api-key", "cookie")} == carried
    assert (KEY.encode() in server.requests[0]) == bool(auth)


@pytest.mark.socket
def test_headers_keep_their_order_case_and_duplicates(client: Client) -> None:
    sent = (("X-B", "1"), ("x-a", "2"), ("X-B", "3"), ("x-latin", "caf\xe9"))
    with raw(says(answer(headers=sent))) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert exchange.headers[:4] == sent


@pytest.mark.socket
def test_chunks_have_their_times_of_arrival(client: Client) -> None:
    def slow(connection: socket.socket, said: Said) -> None:
        connection.sendall(HEAD)
        for word in (b"one", b"two", b"three"):
            said.ended.wait(0.2)
            connection.sendall(chunk(word))
        connection.sendall(b"0\r\n\r\n")

    with raw(slow) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert [part.data for part in exchange.chunks] == [b"one", b"two", b"three"]
    times = [part.at for part in exchange.chunks]
    assert all(earlier < later for earlier, later in pairwise(times))
    assert times[-1] - times[0] >= 0.2
    assert times[-1] <= exchange.seconds


@pytest.mark.socket
def test_a_cut_connection_keeps_the_received_bytes(client: Client) -> None:
    with raw(says(HEAD, chunk(b"data: 1\n\n"), b"20\r\nda")) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert (exchange.status, exchange.ended) == (200, "cut")
    assert body(exchange).startswith(b"data: 1\n\n")
    assert exchange.problem
    assert len(server.requests) == 1


@pytest.mark.socket
def test_a_body_shorter_than_its_length_is_cut(client: Client) -> None:
    with raw(says(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert (exchange.status, exchange.ended, body(exchange)) == (200, "cut", b"half")


@pytest.mark.socket
def test_a_reset_keeps_the_status(client: Client) -> None:
    def reset_after_reading(connection: socket.socket, said: Said) -> None:
        resets(HEAD, chunk(b"data: 1\n\n"))(connection, said)

    with raw(reset_after_reading) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert exchange.ended == "cut"


@pytest.mark.socket
def test_a_connection_closed_without_an_answer_is_tried_once_more(client: Client) -> None:
    with raw(says(), says(answer(200, b"second"))) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert (exchange.status, exchange.ended, body(exchange)) == (200, "complete", b"second")
    assert len(server.requests) == 2
    with raw(says()) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert (exchange.status, exchange.ended, exchange.chunks) == (None, "cut", ())
    assert len(server.requests) == 2


@pytest.mark.socket
def test_no_end_in_time_is_a_timeout() -> None:
    with Client(timeout=1.5) as hasty, raw(stalls(), stalls(HEAD, chunk(b"data: 1\n\n"))) as server:
        silent = hasty.send("messages", post(server.origin), KEY)
        stalled = hasty.send("messages", post(server.origin), KEY)
    assert (silent.status, silent.ended, silent.problem) == (None, "timeout", "no end within 1.5 s")
    assert (stalled.status, stalled.ended, body(stalled)) == (200, "timeout", b"data: 1\n\n")
    assert len(server.requests) == 2


@pytest.mark.socket
def test_a_drip_that_never_ends_is_a_timeout() -> None:
    def drips(connection: socket.socket, said: Said) -> None:
        connection.sendall(HEAD)
        while not said.ended.wait(0.02):
            connection.sendall(chunk(b": \n"))

    with Client(timeout=1.5) as hasty, raw(drips) as server:
        exchange = hasty.send("messages", post(server.origin), KEY)
    assert (exchange.status, exchange.ended) == (200, "timeout")
    assert exchange.seconds < 5


@pytest.mark.socket
@pytest.mark.parametrize("url", ["http://127.0.0.1:{port}", "http://nowhere.invalid", "https://127.0.0.1:{port}"])
def test_a_failed_connection_is_unreachable(client: Client, url: str) -> None:
    exchange = client.send("messages", post(url.format(port=unused_port())), KEY)
    assert (exchange.status, exchange.ended) == (None, "unreachable")
    assert exchange.problem


@pytest.mark.socket
@pytest.mark.parametrize(
    "request_",
    [
        Request("POST", "nonsense", auth=("bearer",)),
        Request("GET", "http://[::1/v1"),
        Request("GET", "ftp://127.0.0.1/v1"),
        Request("GET", "http://127.0.0.1:{port}/v1", (("x-bad", "two\nlines"),)),
        Request("GET", "http://127.0.0.1:{port}/v1", (("x bad", "1"),)),
    ],
    ids=range(5),
)
def test_a_request_that_cannot_be_sent_is_not_the_gateways_fault(client: Client, request_: Request) -> None:
    with raw(says(answer())) as server:
        url = request_.url.replace("{port}", server.origin.rpartition(":")[2])
        exchange = client.send("messages", Request(request_.method, url, request_.headers, b"", request_.auth), KEY)
    assert (exchange.status, exchange.ended) == (None, "unreachable")
    assert server.requests == []


@pytest.mark.socket
def test_headers_that_are_not_ascii_are_sent_as_utf_8(client: Client) -> None:
    with raw(says(answer())) as server:
        client.send("messages", Request("GET", server.origin, (("x-name", "Zoë"),)), KEY)
    assert "x-name: Zoë".encode() in server.requests[0]


@pytest.mark.socket
def test_a_body_without_end_is_too_large() -> None:
    def floods(connection: socket.socket, said: Said) -> None:
        connection.sendall(HEAD)
        while not said.ended.is_set():
            connection.sendall(chunk(b"x" * 1000))

    with Client(timeout=10, max_bytes=5000) as careful, raw(floods) as server:
        exchange = careful.send("messages", post(server.origin), KEY)
    assert (exchange.status, exchange.ended, exchange.problem) == (200, "too_large", "more than 5000 bytes")
    assert len(body(exchange)) < 200_000


GARBAGE = [
    b"\x00\x01\x02garbage\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"HTTP/1.1 twohundred OK\r\n\r\n",
    b"HTTP/1.1 042 Odd\r\ncontent-length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nx: a\x00b\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n",
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000 + b"\r\n\r\n",
    b"\xff" * 100,
]


@pytest.mark.socket
@pytest.mark.parametrize("said", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_an_exchange_that_was_cut(client: Client, said: bytes) -> None:
    with raw(says(said)) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert exchange.ended == "cut"
    assert exchange.problem


@pytest.mark.socket
def test_the_key_is_taken_out_of_whatever_comes_back(client: Client) -> None:
    secret = KEY.encode()

    def echoes(connection: socket.socket, said: Said) -> None:
        connection.sendall(HEAD.replace(b"\r\n\r\n", b"\r\nx-echo: Bearer " + secret + b"\r\n\r\n"))
        connection.sendall(chunk(b"you sent " + secret[:7]))
        said.ended.wait(0.05)
        connection.sendall(chunk(secret[7:] + b", thanks") + b"0\r\n\r\n")

    with raw(echoes) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert dict(exchange.headers)["x-echo"] == f"Bearer {OWN}"
    assert body(exchange) == f"you sent {OWN}, thanks".encode()
    assert len(exchange.chunks) == 2
    assert KEY not in repr(exchange)


@pytest.mark.socket
def test_the_key_is_taken_out_of_problems(client: Client) -> None:
    with raw(says(b"HTTP/1.1 200 OK\r\n" + KEY.encode() + b" bad\r\n\r\n")) as server:
        exchange = client.send("messages", post(server.origin), KEY)
    assert exchange.ended == "cut"
    assert KEY not in repr(exchange)


@pytest.mark.socket
def test_cookies_are_not_carried_from_one_exchange_to_the_next(client: Client) -> None:
    with raw(says(answer(headers=(("set-cookie", "session=1; Path=/"),)))) as server:
        first = client.send("messages", post(server.origin), KEY)
        client.send("messages", post(server.origin), KEY)
        _, headers, _ = server.asked(1)
    assert ("set-cookie", "session=…; Path=/") in first.headers
    assert "cookie" not in dict(headers)


@pytest.mark.socket
def test_a_get_has_no_body_and_a_post_without_one_says_so(client: Client) -> None:
    with raw(says(answer())) as server:
        client.send("models", Request("GET", f"{server.origin}/v1/models"), KEY)
        client.send("messages", Request("POST", f"{server.origin}/v1/messages"), KEY)
        assert "content-length" not in dict(server.asked(0)[1])
        assert dict(server.asked(1)[1])["content-length"] == "0"


@pytest.mark.socket
def test_a_head_is_answered_without_a_body(client: Client) -> None:
    with raw(says(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n")) as server:
        exchange = client.send("models", Request("HEAD", server.origin), KEY)
    assert (exchange.status, exchange.ended, body(exchange)) == (200, "complete", b"")


@pytest.mark.socket
def test_connections_are_used_again_but_not_after_anything_broke(client: Client) -> None:
    seen: list[object] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        seen.append(scope["client"])
        size = b"9" if scope["path"].endswith("cut") else b"2"
        headers = [(b"content-type", b"application/json"), (b"content-length", size)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{}", "more_body": size == b"9"})

    with serve(app) as url:
        for path in ("one", "two", "cut", "three", "four"):
            client.send("messages", Request("GET", f"{url}/{path}"), KEY)
    one, two, cut, three, four = seen
    assert one == two == cut
    assert three == four != cut


@pytest.mark.socket
def test_any_number_of_threads_may_send(client: Client) -> None:
    together = threading.Barrier(8)

    def waits(connection: socket.socket, _said: Said) -> None:
        together.wait(5)
        connection.sendall(answer(200, b"ok"))

    with raw(waits) as server, ThreadPoolExecutor(8) as pool:
        exchanges = list(pool.map(lambda _: client.send("messages", post(server.origin), KEY), range(8)))
    assert [body(exchange) for exchange in exchanges] == [b"ok"] * 8


@pytest.mark.socket
def test_the_environments_proxies_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port()}")
    with Client(timeout=5) as fresh, raw(says(answer(200, b"direct"))) as server:
        assert body(fresh.send("messages", post(server.origin), KEY)) == b"direct"


def test_a_run_shortens_the_switch_interval_and_restores_it() -> None:
    usual = sys.getswitchinterval()
    with short_switch_interval():
        assert sys.getswitchinterval() == pytest.approx(SWITCH_SECONDS)
    assert sys.getswitchinterval() == usual


@pytest.mark.socket
def test_a_client_leaves_the_switch_interval_alone() -> None:
    usual = sys.getswitchinterval()
    with Client(timeout=5):
        assert sys.getswitchinterval() == usual
