# ruff: noqa: E501 - a table: one behaviour a line
"""The behaviours of a gateway that is hostile to its upstream: what it sends to the scripted provider."""

from __future__ import annotations

import gzip
import json
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from conformance.core.provider_control import DEFAULT_KEY, OPEN_PATH, SCRIPTS_PATH
from tests.support.hostile import bomb

CHAT, RESPONSES, MESSAGES = b"/v1/chat/completions", b"/v1/responses", b"/v1/messages"
PATIENCE = 3.0
"""Seconds in which the provider answers."""


@dataclass(frozen=True)
class Upstream:
    """The provider as the gateway sees it. Connections in `held` stay open until the run has ended."""

    address: tuple[str, int]
    held: list[socket.socket]

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=PATIENCE)


Sending = Callable[[Upstream, bytes], None]
"""Sends to the upstream for a request of the client, whose token is given."""


def posted(
    body: bytes, path: bytes = CHAT, *lines: bytes, key: str = DEFAULT_KEY, method: bytes = b"POST", length: str = ""
) -> bytes:
    """A request as bytes, with more header lines, or with a wrong length."""
    own = (
        method + b" " + path + b" HTTP/1.1", b"host: provider", b"content-type: application/json",
        b"anthropic-version: 2023-06-01", f"authorization: Bearer {key}".encode("latin-1"),
        f"content-length: {length or len(body)}".encode(),
    )  # fmt: skip
    return b"\r\n".join([*own, *lines, b"", body])


def asked(token: bytes, path: bytes = CHAT, **changes: Any) -> bytes:
    """A body of the family with other members."""
    prompt = [{"role": "user", "content": f"{token.decode()} Name a bird."}]
    members = {"input": prompt} if path == RESPONSES else {"messages": prompt, "max_tokens": 50}
    return json.dumps({"model": "reference-large", **members, **changes}).encode()


def sends(make: Callable[[bytes], bytes], times: int = 1) -> Sending:
    """Sends these bytes, made for the token, and reads the beginning of the answer."""

    def send(upstream: Upstream, token: bytes) -> None:
        with upstream.connect() as connection, suppress(OSError):
            connection.sendall(make(token) * times)
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    return send


def members(path: bytes = CHAT, **changes: Any) -> Sending:
    """Sends a body with these members."""
    return sends(lambda token: posted(asked(token, path, **changes), path))


def around(before: bytes, after: bytes = b"", path: bytes = CHAT) -> Sending:
    """Sends a body that is the token between these bytes."""
    return sends(lambda token: posted(before + token + after, path))


def on_control(method: bytes, path: str, *lines: bytes, key: str = DEFAULT_KEY) -> Sending:
    return sends(lambda token: posted(b"{}", path.encode().replace(b"TOKEN", token), *lines, key=key, method=method))


def holds(make: Callable[[bytes], bytes], count: int = 1) -> Sending:
    """Sends these bytes on connections that stay open, and reads nothing."""

    def send(upstream: Upstream, token: bytes) -> None:
        for _ in range(count):
            connection = upstream.connect()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
            connection.sendall(make(token))
            upstream.held.append(connection)

    return send


def slowly(upstream: Upstream, token: bytes) -> None:
    """A request byte by byte, which does not end."""
    with upstream.connect() as connection:
        for byte in posted(asked(token))[:40]:
            connection.sendall(bytes([byte]))
            time.sleep(0.01)


def without_end(piece: bytes, *before: bytes) -> Sending:
    """Sends the piece until the provider closes the connection, or 200 MB are sent."""

    def send(upstream: Upstream, token: bytes) -> None:
        with upstream.connect() as connection, suppress(OSError):
            connection.sendall(b"".join(before).replace(b"TOKEN", token))
            for _ in range(200_000_000 // len(piece)):
                connection.sendall(piece)

    return send


def leaves(upstream: Upstream, token: bytes) -> None:
    """The connection is reset as soon as the request is sent."""
    with upstream.connect() as connection:
        connection.sendall(posted(asked(token, stream=True)))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


CHUNKED = posted(b"", CHAT).replace(b"content-length: 0", b"transfer-encoding: chunked")
THINKING: Mapping[str, Any] = {"thinking": "x", "system": 7, "tools": {"a": 1}, "stop_sequences": "x", "max_tokens": -1}

HOSTILE: dict[str, Sending] = {
    # --- bytes that are not a request
    "rubbish": sends(lambda _: b"\x16\x03\x01\0\xff" * 1000),
    "nothing": sends(lambda _: b""),
    "half a request line": sends(lambda _: b"POST /v1/chat"),
    "HTTP/0.9": sends(lambda _: b"GET /\r\n\r\n"),
    "an HTTP/2 preface": sends(lambda _: b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    "no host": sends(lambda token: posted(asked(token)).replace(b"host: provider\r\n", b"")),
    "CONNECT": sends(lambda _: b"CONNECT provider:1 HTTP/1.1\r\nhost: provider\r\n\r\n"),
    "a negative content-length": sends(lambda token: posted(asked(token), length="-5")),
    "a content-length of 5,000 digits": sends(lambda token: posted(asked(token), length="9" * 5000)),
    "two lengths": sends(lambda token: posted(asked(token), CHAT, b"transfer-encoding: chunked")),
    "a chunk size that is no number": sends(lambda _: CHUNKED + b"zz\r\n"),
    "a chunk size beyond all memory": holds(lambda _: CHUNKED + b"f" * 20 + b"\r\n{"),
    "half a body": sends(lambda token: posted(asked(token))[:-20]),
    # --- size and time
    "a body without end": without_end(b"10000\r\n" + b"x" * 65536 + b"\r\n", CHUNKED),
    "one header without end": without_end(b"x" * 65536, b"POST / HTTP/1.1\r\nx: "),
    "headers without end": without_end(b"x: y\r\n" * 1000, b"POST / HTTP/1.1\r\n"),
    "1,000 headers": sends(lambda token: posted(asked(token), CHAT, *[b"x-a: y"] * 1000)),
    "a path of 60,000 characters": sends(lambda token: posted(asked(token), b"/v1/" + b"a" * 60_000 + CHAT)),
    "a body of 40 MB": sends(lambda token: posted(token + b"x" * 40_000_000)),
    "a model of 1 MB": members(model="m" * 1_000_000),
    "the token 10,000 times": sends(lambda token: posted(token * 10_000)),
    "byte by byte": slowly,
    "an answer that is not read": holds(lambda token: posted(asked(token, model="m" * 300_000, stream=True))),
    "50 connections that say nothing": holds(lambda _: b"", 50),
    "20 requests in a row": sends(lambda token: posted(asked(token)), 20),
    "200 requests in a row": sends(lambda token: posted(asked(token)), 200),
    "leaves at once": leaves,
    # --- JSON
    "nested 100,000 deep": around(b'{"messages": "', b'", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "nested 900 deep": around(b'{"messages": "', b'", "x": ' + b"[" * 900 + b"]" * 900 + b"}"),
    "bad UTF-8": around(b'{"messages": "', b'\xff\xfe"}'),
    "half a character": around(b'{"model": "\\ud800", "\\udfff": "\\ud83d', b'"}'),
    "a number of 10,000 digits": around(b'{"model": ' + b"9" * 10_000 + b', "messages": "', b'"}'),
    "constants": around(b'{"model": NaN, "temperature": 1e400, "messages": "', b'"}'),
    "names twice": around(b'{"model": "a", "model": "b", "messages": "', b'"}'),
    "a list": around(b'["', b'"]'),
    "a text": around(b'"', b'"'),
    "not JSON": around(b"model=", b""),
    "a model that is a list": members(model=[1]),
    "a billion choices": members(n=10**9),
    "choices of 300 digits": members(n=10**300),
    "options that are a list": members(stream=True, stream_options=[1]),
    "parameters of wrong types": members(tools="x", tool_choice=[], n="x", logprobs="x", top_logprobs=[], modalities=7, prediction=[1]),
    "messages of wrong types": around(b'{"model": "m", "messages": [null, 7, {"role": []}, "', b'"]}'),
    "thinking of wrong types": members(MESSAGES, **THINKING),
    "reasoning of wrong types": members(RESPONSES, reasoning="x", text=7, tools=[None], include=3, metadata=[1], stream=True),
    "options of wrong types for Responses": members(RESPONSES, prompt_cache_options=[1], conversation=[{}], tool_choice={"type": []}, max_output_tokens="x"),
    # --- headers and paths
    "a wrong key": sends(lambda token: posted(asked(token), key="sk-wrong")),
    "a key that is not ASCII": sends(lambda token: posted(asked(token), key="\u00fc\u00ff")),
    "headers that act": sends(lambda token: posted(asked(token), CHAT, "x-a: \u202e\x1b[31m\U0001f600".encode())),
    "half an escape in the path": sends(lambda token: posted(asked(token), b"/v1/%zz/%ff/../chat/completions?%ff")),
    "NUL in the path": sends(lambda token: posted(asked(token), CHAT + b"\0")),
    "an absolute path": sends(lambda token: posted(asked(token), b"http://other.invalid" + CHAT)),
    "another method": sends(lambda token: posted(asked(token), method=b"TRACE")),
    "an upgrade": sends(lambda token: posted(asked(token), CHAT, b"upgrade: websocket", b"connection: upgrade")),
    "a request inside a body": sends(lambda _: posted(b"GET /_suite/scripts HTTP/1.1\r\nhost: provider\r\n\r\n")),
    "a gzip bomb": sends(lambda _: posted(bomb(), CHAT, b"content-encoding: gzip")),
    "gzip that is none": sends(lambda token: posted(token, CHAT, b"content-encoding: gzip")),
    "gzip": sends(lambda token: posted(gzip.compress(asked(token)), CHAT, b"content-encoding: gzip")),
    # --- the control path
    "removes its script": on_control(b"DELETE", f"{SCRIPTS_PATH}/TOKEN?wait=30"),
    "replaces its script": on_control(b"PUT", f"{SCRIPTS_PATH}/TOKEN"),
    "lists the scripts": on_control(b"GET", SCRIPTS_PATH, key=""),
    "asks for the open requests": on_control(b"GET", OPEN_PATH, key="\u00fc"),
    "escapes the control path": on_control(b"DELETE", "/%5fsuite/scripts/TOKEN"),
}  # fmt: skip

relay = members()
"""Sends a request as a good gateway does."""
