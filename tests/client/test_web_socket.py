"""The client sends a request over a WebSocket, and records the messages as events."""

from __future__ import annotations

import json
import socket
from contextlib import suppress

import pytest
from wsproto import ConnectionType
from wsproto.connection import Connection
from wsproto.events import BytesMessage, CloseConnection, Event, Ping, TextMessage

from conformance.client.http import Client
from conformance.core.model import Exchange, Request
from conformance.judge import contract
from conformance.protocol.reading import Reading
from tests.support.posts import KEY
from tests.support.servers import Said, Script, json_answer, raw, says, stalls

pytestmark = pytest.mark.socket

HEADERS = (
    ("connection", "Upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
)
ACCEPT = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""The example of RFC 6455, section 1.3."""
BODY = {"model": "m", "stream": True, "input": "Hello"}
END = {"type": "response.completed", "response": {}}


def switched(accept: bytes = ACCEPT) -> bytes:
    head = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
    return head + b"sec-websocket-accept: " + accept + b"\r\n\r\n"


def frames(*sent: Event) -> bytes:
    server = Connection(ConnectionType.SERVER)
    return b"".join(map(server.send, sent))


def message(value: object) -> TextMessage:
    return TextMessage(json.dumps(value))


def sent(*scripts: Script, timeout: float = 5, max_bytes: int = 1 << 20) -> Exchange:
    with Client(timeout, max_bytes=max_bytes) as client, raw(*scripts) as server:
        request = Request("GET", f"{server.origin}/v1/responses", HEADERS, json.dumps(BODY).encode(), ("bearer",))
        return client.send("responses", request, KEY)


def hears(heard: list[bytes], *after: Event) -> Script:
    """Switches, keeps what comes, answers, and closes the connection."""

    def script(connection: socket.socket, _said: Said) -> None:
        connection.sendall(switched())
        heard.append(connection.recv(65536))
        connection.sendall(frames(*after))

    return script


def answered(*answer: Event) -> Exchange:
    return sent(stalls(switched() + frames(*answer)))


def names(exchange: Exchange) -> list[tuple[str, str]]:
    return [(event.name, event.data) for event in Reading(exchange).stream.events]


def test_messages_are_recorded_as_events_up_to_the_end() -> None:
    exchange = answered(message({"type": "response.created"}), message(END), message({"type": "late"}))
    assert (exchange.status, exchange.ended) == (101, "complete")
    assert Reading(exchange).kind == "stream"
    assert names(exchange) == [
        ("response.created", '{"type": "response.created"}'),
        ("response.completed", json.dumps(END)),
    ]


def test_fragments_are_joined_and_pings_are_no_messages() -> None:
    text = json.dumps(END)
    halves = TextMessage(text[:9], message_finished=False), Ping(b"x"), TextMessage(text[9:])
    assert names(answered(*halves)) == [("response.completed", text)]


def test_lines_of_a_message_are_lines_of_an_event() -> None:
    text = json.dumps(END, indent=1)
    assert names(answered(TextMessage(text))) == [("response.completed", text)]


def test_a_binary_message_is_not_an_event() -> None:
    exchange = answered(BytesMessage(json.dumps(END).encode()))
    assert names(exchange) == [("binary", f"(a binary message) {json.dumps(END)}")]
    assert "sse.data.json" in {finding.rule for finding in contract.findings(exchange)}


def test_a_message_without_json_is_an_event_without_a_name() -> None:
    exchange = answered(TextMessage("{half"), message(END))
    assert names(exchange)[0] == ("message", "{half")
    assert "sse.data.json" in {finding.rule for finding in contract.findings(exchange)}


def test_an_error_may_be_the_first_message() -> None:
    error = {"type": "invalid_request_error", "code": None, "message": "No such model.", "param": "model"}
    exchange = answered(message({"type": "error", "status": 400, "error": error, "sequence_number": 0}))
    assert exchange.ended == "complete"
    assert "responses.stream.error-first" not in {finding.rule for finding in contract.findings(exchange)}
    assert [found.fields["message"] for found in Reading(exchange).errors] == ["No such model."]


def test_a_close_frame_ends_the_record() -> None:
    exchange = answered(message({"type": "response.created"}), CloseConnection(1011))
    assert (exchange.ended, [name for name, _ in names(exchange)]) == ("complete", ["response.created"])
    assert "responses.stream.terminal" in {finding.rule for finding in contract.findings(exchange)}


@pytest.mark.parametrize(
    ("closed", "said"),
    [
        (CloseConnection(1000), "closed with code 1000 before any message"),
        (CloseConnection(1011, "no upstream"), "closed with code 1011 (no upstream) before any message"),
    ],
    ids=["normally", "with-a-reason"],
)
def test_without_messages_there_is_no_answer(closed: CloseConnection, said: str) -> None:
    exchange = answered(closed)
    assert (exchange.ended, Reading(exchange).kind) == ("complete", "other")
    assert exchange.problem == f"the WebSocket was {said}"


def test_a_key_in_the_reason_is_removed() -> None:
    exchange = answered(CloseConnection(1011, f"no such key: {KEY}"))
    assert exchange.problem.startswith("the WebSocket was closed with code 1011 (no such key: ")
    assert KEY not in exchange.problem


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        (hears([], message({"type": "response.created"})), "without a close frame"),
        (stalls(switched() + b"\xff\xff\xff\xff"), "not a frame"),
        (stalls(switched(b"wrong") + frames(message(END))), "sec-websocket-accept is not s3pPLMBiTxaQ9kYGzzhZRbK+xOo="),
    ],
    ids=["closed", "no-frames", "wrong-accept"],
)
def test_a_broken_connection_is_cut(script: Script, problem: str) -> None:
    exchange = sent(script)
    assert (exchange.status, exchange.ended) == (101, "cut")
    assert problem in exchange.problem


def test_a_message_without_an_end_is_cut_at_the_limit() -> None:
    def script(connection: socket.socket, _said: Said) -> None:
        connection.sendall(switched())
        server = Connection(ConnectionType.SERVER)
        with suppress(OSError):
            while True:
                connection.sendall(server.send(TextMessage("x" * 1000, message_finished=False)))

    exchange = sent(script, max_bytes=10_000)
    assert (exchange.ended, exchange.problem) == ("too_large", "more than 10000 bytes")
    assert sum(len(chunk.data) for chunk in exchange.chunks) <= 10_000


def test_silence_ends_with_the_time_limit() -> None:
    assert sent(stalls(switched()), timeout=0.3).ended == "timeout"


def test_another_status_is_recorded_as_it_is() -> None:
    exchange = sent(says(json_answer({"error": {"message": "Use POST."}}, 426)))
    assert (exchange.status, exchange.ended, Reading(exchange).kind) == (426, "complete", "error")


def test_the_body_goes_as_one_message() -> None:
    heard: list[bytes] = []
    assert sent(hears(heard, message(END))).ended == "complete"
    server = Connection(ConnectionType.SERVER, trailing_data=heard[0])
    [event] = server.events()
    assert isinstance(event, TextMessage)
    assert json.loads(event.data) == {"type": "response.create", "model": "m", "input": "Hello"}


def test_the_request_for_the_upgrade_has_no_body() -> None:
    with Client(5) as client, raw(stalls(switched() + frames(message(END)))) as server:
        client.send("responses", Request("GET", f"{server.origin}/v1/responses", HEADERS, b"{}", ()), KEY)
    _, headers, body = server.asked()
    assert body == b""
    assert "content-length" not in dict(headers)
