# ruff: noqa: E501 - a table: one behaviour a line
"""The behaviours of a hostile gateway, and the expected result of each."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import brotli
import zstandard

from conformance.client.http import MAX_REDIRECTS
from conformance.core.model import Ending, Outcome
from tests.support.servers import Said, Script, answer, resets, says, stalls

JSON_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
SSE_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
CHUNKED = b"transfer-encoding: chunked\r\n\r\n"
CLOSING = b"connection: close\r\n\r\n"
GOOD: dict[str, Any] = {
    "id": "chatcmpl-1", "object": "chat.completion", "created": 1750000000, "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello", "refusal": None, "annotations": []},
                 "logprobs": None, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
}  # fmt: skip
DONE = b"data: [DONE]\n\n"
ODD_INDEXES = (None, "0", -1, 10**400, 1.5, [], {}, True)
EVENT = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}\n\n'


@dataclass(frozen=True)
class Hostile:
    """A behaviour: what the server does, how the exchange ends, the status that is seen, and a rule that is broken.

    `usual`: whether the limits are those that a run has by default.
    """

    script: Script
    ended: Ending
    status: int | None = 200
    outcome: Outcome = "failed"
    rule: str = ""
    stream: bool = False
    requests: int = 1
    usual: bool = False


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def forever(piece: bytes, *before: bytes, pause: float = 0.0) -> Script:
    """Sends the piece again and again until the client has gone."""

    def script(connection: socket.socket, said: Said) -> None:
        for part in before:
            connection.sendall(part)
        while not said.ended.wait(pause) if pause else not said.ended.is_set():
            connection.sendall(piece)

    return script


def body(data: bytes, status: int = 200, kind: str = "application/json", *more: tuple[str, str]) -> Script:
    return says(answer(status, data, (("content-type", kind), ("x-request-id", "req_1"), *more)))


def streamed(start: bytes, megabytes: int, end: bytes = b"") -> Script:
    """An event of one line of this length, in chunks."""
    piece = chunk(b"x" * 1_000_000)
    return says(SSE_HEAD, CHUNKED, chunk(start), *[piece] * megabytes, chunk(end + b"\n\n"), b"0\r\n\r\n")


def good(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}).encode()


def placed(value: bytes) -> bytes:
    """A good answer with an odd JSON text as an unknown member."""
    return good()[:-1] + b', "more": ' + value + b"}"


def error(message: str, status: int = 400) -> Script:
    kind = "invalid_request_error" if status < 500 else "server_error"
    document = {"error": {"message": message, "type": kind, "param": None, "code": None}}
    return body(json.dumps(document).encode(), status)


def with_head(*lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> Script:
    """A good answer with these header lines, as they are."""
    own = (b"content-type: application/json", b"content-length: %d" % len(good()), b"connection: close", b"", good())
    return says(b"\r\n".join([status, *lines, *own]))


def message(**changes: object) -> bytes:
    """A good answer with other members in its message."""
    [choice] = GOOD["choices"]
    return good(choices=[{**choice, "message": {**choice["message"], **changes}}])


def called(arguments: object) -> bytes:
    """A good answer with a call of a tool."""
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    return message(content=None, tool_calls=[call]).replace(b'"stop"', b'"tool_calls"')


def events(*documents: object) -> Script:
    """A stream of chunks with these members, of texts and of other JSON values, with its end."""
    base = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": []}
    texts = (json.dumps({**base, **one} if isinstance(one, dict) else one) for one in documents)
    return body(b"".join(f"data: {text}\n\n".encode() for text in texts) + DONE, 200, "text/event-stream")


def deltas(*parts: object) -> Script:
    """A stream of chunks with these deltas."""
    return events(*({"choices": [{"index": 0, "delta": part, "finish_reason": None}]} for part in parts))


def raw_events(*parts: bytes) -> Script:
    return body(b"".join(parts), 200, "text/event-stream")


def emptied(value: object) -> object:
    """The document with null instead of each text and number."""
    if isinstance(value, dict):
        return {name: emptied(member) for name, member in value.items()}
    return [emptied(member) for member in value] if isinstance(value, list) else None


def never_reads(connection: socket.socket, said: Said) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
    said.ended.wait()


def redirects(location: Callable[[Said], str], status: int = 307) -> Script:
    def script(connection: socket.socket, said: Said) -> None:
        connection.sendall(answer(status, b"", (("location", location(said)),)))

    return script


@cache
def bomb(layers: int = 1) -> bytes:
    """200 MB of zeros, packed this many times."""
    if layers > 1:
        return gzip.compress(bomb(layers - 1))
    packer = zlib.compressobj(9, wbits=31)
    return packer.compress(b"[") + b"".join(packer.compress(bytes(1_000_000)) for _ in range(200)) + packer.flush()


@cache
def deflate_bomb() -> bytes:
    return zlib.compress(bytes(50_000_000))


@cache
def brotli_bomb() -> bytes:
    return brotli.compress(bytes(50_000_000), quality=5)


@cache
def zstandard_bomb() -> bytes:
    return zstandard.compress(bytes(50_000_000))


def coded(data: bytes | Callable[[], bytes], coding: str, status: int = 200) -> Script:
    """A body with a content coding; a function is called for it when it is asked for (see `pack_bombs`)."""

    def script(connection: socket.socket, said: Said) -> None:
        packed = data() if callable(data) else data
        body(packed, status, "application/json", ("content-encoding", coding))(connection, said)

    return script


def pack_bombs() -> None:
    """Makes what takes seconds to make, before a client waits for it."""
    bomb(), bomb(2), deflate_bomb(), brotli_bomb(), zstandard_bomb()


ACTING = "\x1b]0;owned\x07\x1b[2J\x1b[31mred\r\x08\x9b1mC1 \u202eevil\u2066 <script>alert(1)</script> ![x](http://x/y) `code` @team ::error::no"

HOSTILE: dict[str, Hostile] = {
    # --- time
    "never answers": Hostile(stalls(), "timeout", None),
    "accepts and never reads": Hostile(never_reads, "timeout", None),
    "stalls inside the status line": Hostile(stalls(b"HTTP/1.1 2"), "timeout", None),
    "stalls inside the headers": Hostile(stalls(JSON_HEAD), "timeout", None),
    "stalls before the body": Hostile(stalls(JSON_HEAD, b"content-length: 9\r\n\r\n"), "timeout"),
    "stalls inside the body": Hostile(stalls(JSON_HEAD, b"content-length: 9\r\n\r\n{"), "timeout", rule="http.body.json"),
    "stalls between events": Hostile(stalls(SSE_HEAD, CHUNKED, chunk(EVENT)), "timeout", stream=True),
    "a byte at a time": Hostile(forever(b"x", JSON_HEAD, b"content-length: 9999\r\n\r\n", pause=0.05), "timeout"),
    "a header byte at a time": Hostile(forever(b"x", b"HTTP/1.1 200 OK\r\nx: ", pause=0.05), "timeout", None),
    "comments without end, slowly": Hostile(forever(chunk(b": \n"), SSE_HEAD, CHUNKED, pause=0.05), "timeout", stream=True),
    # --- size
    "headers without end": Hostile(forever(b"x: y\r\n", JSON_HEAD), "cut", None, requests=2),
    "one header without end": Hostile(forever(b"y" * 4096, b"HTTP/1.1 200 OK\r\nx: "), "cut", None, requests=2),
    "a status line without end": Hostile(forever(b"K" * 4096, b"HTTP/1.1 200 O"), "cut", None, requests=2),
    "100,000 headers": Hostile(says(JSON_HEAD, b"x: y\r\n" * 100_000, CLOSING), "cut", None, requests=2),
    "a body without end": Hostile(forever(chunk(b"x" * 65536), JSON_HEAD, CHUNKED), "too_large", rule="http.body.json"),
    "a body until closing, without end": Hostile(forever(b"x" * 65536, JSON_HEAD, CLOSING), "too_large"),
    "a stream without end": Hostile(forever(chunk(EVENT * 500), SSE_HEAD, CHUNKED), "too_large", stream=True),
    "comments without end": Hostile(forever(chunk(b":\n" * 9000), SSE_HEAD, CHUNKED), "too_large", stream=True),
    "stray lines without end": Hostile(forever(chunk(b"x\n" * 9000), SSE_HEAD, CHUNKED), "too_large", stream=True, rule="sse.framing.stray-line"),
    "one line without end": Hostile(forever(chunk(b"x" * 65536), SSE_HEAD, CHUNKED, chunk(b"data: ")), "too_large", stream=True),
    "data lines without end": Hostile(forever(chunk(b"data:\n" * 9000), SSE_HEAD, CHUNKED), "too_large", stream=True),
    "empty events without end": Hostile(forever(chunk(b"data:\n\n" * 9000), SSE_HEAD, CHUNKED), "too_large", stream=True),
    "a content-length of 2 GB, then silence": Hostile(stalls(JSON_HEAD, b"content-length: 2147483648\r\n\r\n{"), "timeout"),
    "a content-length of 2 GB, sent": Hostile(forever(b"x" * 65536, JSON_HEAD, b"content-length: 2147483648\r\n\r\n"), "too_large"),
    "one-byte chunks without end": Hostile(forever(chunk(b"x") * 1000, JSON_HEAD, CHUNKED), "timeout", usual=True),
    "chunk extensions without end": Hostile(forever(b"1;" + b"e=1;" * 20 + b"\r\nx\r\n", JSON_HEAD, CHUNKED), "timeout", usual=True),
    "bad UTF-8 without end": Hostile(forever(chunk(b"data: " + b"\xff" * 60_000 + b"\n\n"), SSE_HEAD, CHUNKED), "too_large", stream=True, rule="sse.framing.utf8"),
    "events of bad UTF-8 without end": Hostile(forever(chunk(b"data: \xff\n\n" * 5000), SSE_HEAD, CHUNKED), "too_large", stream=True, rule="sse.framing.utf8"),
    "NUL without end": Hostile(forever(chunk(bytes(65536)), JSON_HEAD, CHUNKED), "too_large", usual=True),
    "empty lines before the answer, without end": Hostile(forever(b"\r\n" * 1000), "cut", None, requests=2),
    "trailers without end": Hostile(forever(b"x: y\r\n" * 100, JSON_HEAD, CHUNKED, b"0\r\n"), "cut"),
    "a chunk extension without end": Hostile(forever(b"x" * 4096, JSON_HEAD, CHUNKED, b"1;"), "cut"),
    # --- decompression
    "a gzip bomb": Hostile(coded(bomb, "gzip"), "too_large"),
    "a gzip bomb in a bomb": Hostile(coded(lambda: bomb(2), "gzip, gzip"), "too_large"),
    "a deflate bomb": Hostile(coded(deflate_bomb, "deflate"), "too_large"),
    "twenty codings": Hostile(coded(b"x", ", ".join(["gzip"] * 20)), "cut"),
    "no gzip where gzip is said": Hostile(coded(good(), "gzip"), "cut"),
    "gzip that is cut": Hostile(coded(gzip.compress(good())[:-20], "gzip"), "cut"),
    "gzip in two members": Hostile(coded(gzip.compress(good()[:40]) + gzip.compress(good()[40:]), "gzip"), "complete", outcome="passed"),
    "gzip in many members": Hostile(coded(b"".join(gzip.compress(bytes([sign])) for sign in good()), "gzip"), "complete", outcome="passed"),
    "gzip, and zeros behind it": Hostile(coded(gzip.compress(good()) + bytes(9), "gzip"), "complete", outcome="passed"),
    "gzip whose second member is cut": Hostile(coded(gzip.compress(good()) + gzip.compress(good())[:-20], "gzip"), "cut"),
    "gzip whose second member is none": Hostile(coded(gzip.compress(good()) + b"\x1f" * 99, "gzip"), "cut"),
    "gzip in 200,000 members of nothing": Hostile(coded(gzip.compress(b"") * 200_000, "gzip"), "cut"),
    "gzip in 400,000 members of nothing, in gzip": Hostile(coded(gzip.compress(gzip.compress(b"") * 400_000), "gzip, gzip"), "cut"),
    "a gzip bomb in a second member": Hostile(coded(lambda: gzip.compress(b"[") + bomb(), "gzip"), "too_large"),
    "a coding that nobody knows": Hostile(coded(good(), "rot13"), "complete", outcome="passed"),
    "a Brotli bomb": Hostile(coded(brotli_bomb, "br"), "too_large"),
    "a Zstandard bomb": Hostile(coded(zstandard_bomb, "zstd"), "too_large"),
    "a bomb as an error": Hostile(coded(bomb, "gzip", 500), "too_large", 500),
    "Brotli that is cut": Hostile(coded(brotli.compress(good())[:-5], "br"), "cut"),
    "Zstandard that is cut": Hostile(coded(zstandard.compress(good())[:-5], "zstd"), "cut"),
    "a Zstandard window of 2 GB": Hostile(coded(b"\x28\xb5\x2f\xfd\x00\xa8" + bytes(50), "zstd"), "cut"),
    "Brotli where gzip is said": Hostile(coded(brotli.compress(good()), "gzip"), "cut"),
    "gzip of nothing": Hostile(coded(b"", "gzip"), "complete", rule="http.body.empty"),
    "a stream whose gzip is cut": Hostile(says(SSE_HEAD, b"content-encoding: gzip\r\n", CHUNKED, chunk(gzip.compress(EVENT * 5)[:-9]), b"0\r\n\r\n"), "cut", stream=True, rule="http.connection.cut"),
    # --- closing
    "resets at once": Hostile(resets(), "cut", None, requests=2),
    "resets inside the headers": Hostile(resets(JSON_HEAD), "cut", None, requests=2),
    "resets inside the body": Hostile(resets(JSON_HEAD, b"content-length: 10\r\n\r\n{"), "cut", rule="http.connection.cut"),
    "resets inside a stream": Hostile(resets(SSE_HEAD, CHUNKED, chunk(EVENT)), "cut", stream=True, rule="http.connection.cut"),
    "closes at once": Hostile(says(), "cut", None, requests=2),
    "closes inside the status line": Hostile(says(b"HTTP/1."), "cut", None, requests=2),
    "closes inside the headers": Hostile(says(JSON_HEAD), "cut", None, requests=2),
    "closes after the headers": Hostile(says(JSON_HEAD, b"content-length: 10\r\n\r\n"), "cut", rule="http.connection.cut"),
    "closes inside the body": Hostile(says(JSON_HEAD, b"content-length: 10\r\n\r\n{"), "cut", rule="http.connection.cut"),
    "closes inside a chunk": Hostile(says(SSE_HEAD, CHUNKED, b"ff\r\ndata: {"), "cut", stream=True, rule="http.connection.cut"),
    "closes before the last chunk": Hostile(says(SSE_HEAD, CHUNKED, chunk(EVENT)), "cut", stream=True, rule="http.connection.cut"),
    "closes inside a character": Hostile(says(SSE_HEAD, CLOSING, 'data: {"a": "\u00fc'.encode()[:-1]), "complete", stream=True, rule="sse.framing.unfinished"),
    "closes inside an event": Hostile(says(SSE_HEAD, CLOSING, EVENT[:40]), "complete", stream=True, rule="sse.framing.unfinished"),
    # --- framing
    "a folded header": Hostile(with_head(b"x-request-id: a\r\n  b"), "complete", outcome="passed"),
    "a carriage return in a header": Hostile(with_head(b"x: a\rb"), "cut", None, requests=2),
    "lines that end in LF": Hostile(says(b"HTTP/1.1 200 OK\ncontent-type: application/json\nconnection: close\n\n" + good()), "complete", outcome="warned"),
    "headers that are not ASCII": Hostile(with_head("x-request-id: \u00fc\u4e2d\U0001f600".encode() * 100), "complete", outcome="passed"),
    "no reason phrase": Hostile(with_head(status=b"HTTP/1.1 200"), "complete", outcome="warned"),
    "a reason phrase of 60,000 characters": Hostile(with_head(status=b"HTTP/1.1 200 " + b"O" * 60_000), "complete", outcome="warned"),
    "a second answer behind the first": Hostile(says(JSON_HEAD, b"content-length: %d\r\n\r\n" % len(good()), good(), b"HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n"), "complete", outcome="warned"),
    "rubbish behind an answer": Hostile(says(JSON_HEAD, b"content-length: %d\r\n\r\n" % len(good()), good(), b"\0\xff" * 1000), "complete", outcome="warned"),
    "a content-length with a sign": Hostile(says(JSON_HEAD, b"content-length: +5\r\n\r\nabcde"), "cut", None, requests=2),
    "a content-length in hexadecimal": Hostile(says(JSON_HEAD, b"content-length: 0x5\r\n\r\nabcde"), "cut", None, requests=2),
    "a transfer coding that is not known": Hostile(says(JSON_HEAD, b"transfer-encoding: gzip, chunked\r\n\r\n", chunk(good()), b"0\r\n\r\n"), "cut", None, requests=2),
    "chunked twice": Hostile(says(JSON_HEAD, b"transfer-encoding: chunked, chunked\r\n\r\n", chunk(good()), b"0\r\n\r\n"), "cut", None, requests=2),
    "trailers with a status": Hostile(says(JSON_HEAD, CHUNKED, chunk(good()), b"0\r\nstatus: 500\r\ncontent-length: 3\r\n\r\n"), "complete", outcome="warned"),
    "a body behind 204": Hostile(says(b"HTTP/1.1 204 None\r\ncontent-length: 5\r\n\r\nabcde"), "complete", 204, outcome="warned", rule="http.header.content-length"),
    "status 304": Hostile(says(b"HTTP/1.1 304 Not\r\n\r\n"), "complete", 304),
    "status 000": Hostile(with_head(status=b"HTTP/1.1 000 No"), "cut", None, requests=2),
    "status 1000": Hostile(with_head(status=b"HTTP/1.1 1000 No"), "cut", None, requests=2),
    "1,000 cookies": Hostile(with_head(*(b"set-cookie: a=%d; Path=/" % number for number in range(1000))), "complete", outcome="warned"),
    "a content-type of 60,000 characters": Hostile(body(good(), 200, "application/json; " + "x=y; " * 12_000), "complete", outcome="passed"),
    "two content-types": Hostile(with_head(b"content-type: text/html"), "complete", rule="http.header.contradiction"),
    "a charset that does not exist": Hostile(body(good(), 200, 'application/json; charset="utf-99'), "complete", rule="http.content-type.charset"),
    "a rate limit of 5,000 digits": Hostile(body(good(), 200, "application/json", ("x-ratelimit-remaining-requests", "9" * 5000), ("x-ratelimit-reset-requests", "-1s")), "complete", outcome="passed"),
    "a retry-after that is not a number": Hostile(body(b'{"error":{"message":"x","type":"rate_limit_error","param":null,"code":null}}', 429, "application/json", ("retry-after", "nan")), "complete", 429, outcome="unverified"),
    "a retry-after in superscript": Hostile(body(good(), 200, "application/json", ("retry-after", "\u00b2\u00b3")), "complete", outcome="warned", rule="http.header.retry-after"),
    "a content-length that is too short": Hostile(says(JSON_HEAD, b"content-length: 9\r\nconnection: close\r\n\r\n" + good()), "complete", rule="http.body.json"),
    "both lengths": Hostile(says(JSON_HEAD, b"content-length: 5\r\n", CHUNKED, chunk(good()), b"0\r\n\r\n"), "complete", outcome="warned", rule="http.header.two-framings"),
    "two content-lengths": Hostile(says(JSON_HEAD, b"content-length: 5\r\ncontent-length: 6\r\n\r\nabcdef"), "cut", None, requests=2),
    "a negative content-length": Hostile(says(JSON_HEAD, b"content-length: -1\r\n\r\n{}"), "cut", None, requests=2),
    "a content-length of 5,000 digits": Hostile(says(JSON_HEAD, b"content-length: " + b"9" * 5000 + b"\r\n\r\n{}"), "cut", None, requests=2),
    "a chunk size that is no number": Hostile(says(JSON_HEAD, CHUNKED, b"zz\r\n{}\r\n"), "cut"),
    "a negative chunk size": Hostile(says(JSON_HEAD, CHUNKED, b"-1\r\n{}\r\n"), "cut"),
    "a chunk size beyond all memory": Hostile(stalls(JSON_HEAD, CHUNKED, b"f" * 20 + b"\r\n{"), "timeout"),
    "a chunk size of 1,000 digits": Hostile(says(JSON_HEAD, CHUNKED, b"f" * 1000 + b"\r\n{"), "cut"),
    "a chunk longer than it says": Hostile(says(JSON_HEAD, CHUNKED, b"1\r\n{}\r\n0\r\n\r\n"), "cut"),
    "HTTP/0.9": Hostile(says(good()), "cut", None, requests=2),
    "HTTP/3.7": Hostile(says(b"HTTP/3.7 200 OK\r\n\r\n" + good()), "complete"),
    "an HTTP/2 preface": Hostile(says(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"), "cut", None, requests=2),
    "a TLS alert": Hostile(says(b"\x15\x03\x03\x00\x02\x02\x28"), "cut", None, requests=2),
    "NUL in a header": Hostile(says(b"HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n"), "cut", None, requests=2),
    "a header without a colon": Hostile(says(b"HTTP/1.1 200 OK\r\nbad\r\n\r\n"), "cut", None, requests=2),
    "a header name with a space": Hostile(says(b"HTTP/1.1 200 OK\r\na b: c\r\n\r\n"), "cut", None, requests=2),
    "a status of two digits": Hostile(says(b"HTTP/1.1 20 OK\r\n\r\n"), "cut", None, requests=2),
    "status 999": Hostile(body(good(), 999), "complete", 999, rule="http.status.known"),
    "status 101": Hostile(says(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nrubbish"), "cut", None, requests=2),
    "status 204": Hostile(says(b"HTTP/1.1 204 None\r\n\r\n"), "complete", 204, outcome="warned"),
    "interim answers without end": Hostile(forever(b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout", None),
    "early hints without end": Hostile(forever(b"HTTP/1.1 103 Hints\r\nlink: </x>\r\n\r\n" * 50), "timeout", None),
    "a retry-after beyond all time": Hostile(body(good(), 200, "application/json", ("retry-after", "9" * 400)), "complete", outcome="passed"),
    "a retry-after in the year 99999": Hostile(body(good(), 200, "application/json", ("retry-after", "Fri, 31 Dec 99999 23:59:59 GMT")), "complete", outcome="warned", rule="http.header.retry-after"),
    # --- redirects
    "a redirect to itself": Hostile(redirects(lambda said: "/v1/chat/completions"), "cut", 307, requests=MAX_REDIRECTS + 1),
    "a redirect to another name": Hostile(redirects(lambda said: said.origin.replace("127.0.0.1", "localhost")), "complete", 307, rule="http.redirect.other-place"),
    "a redirect to a file": Hostile(redirects(lambda _: "file:///etc/passwd"), "complete", 307, rule="http.redirect.other-place"),
    "a redirect with control characters": Hostile(redirects(lambda _: "http://[\x1b/\x7f"), "complete", 307),
    "a redirect of 60,000 characters": Hostile(redirects(lambda said: "//other.invalid/" + "x" * 60_000), "complete", 307, rule="http.redirect.other-place"),
    "a redirect without a target": Hostile(says(b"HTTP/1.1 307 No\r\ncontent-length: 0\r\n\r\n"), "complete", 307),
    "a redirect to a port beyond all ports": Hostile(redirects(lambda _: "http://127.0.0.1:99999/"), "complete", 307, rule="http.redirect.other-place"),
    "a redirect to another place each time": Hostile(redirects(lambda said: f"/v1/chat/completions?n={len(said.requests)}", 308), "cut", 308, requests=MAX_REDIRECTS + 1),
    "a redirect with a name and a password": Hostile(redirects(lambda said: said.origin.replace("//", "//a:b@") + "/v1"), "cut", 307, requests=MAX_REDIRECTS + 1),
    "a redirect with half an escape": Hostile(redirects(lambda _: "/%zz\u00e9"), "cut", 307, requests=MAX_REDIRECTS + 1),
    # --- JSON
    "null for each value": Hostile(body(json.dumps(emptied(GOOD)).encode()), "complete", rule="chat.choice.index"),
    "null": Hostile(body(b"null"), "complete", rule="chat.response.shape"),
    "nothing": Hostile(body(b""), "complete", rule="http.body.empty"),
    "two documents": Hostile(body(good() + good()), "complete", rule="http.body.json"),
    "a byte order mark": Hostile(body(b"\xef\xbb\xbf" + good()), "complete", rule="http.body.encoding"),
    "overlong UTF-8": Hostile(body(good().replace(b"hello", b"\xc0\x80\xf4\x90\x80\x80")), "complete", rule="http.body.json"),
    "counts of tokens in texts": Hostile(body(good(usage={"prompt_tokens": "3", "completion_tokens": "1", "total_tokens": "4"})), "complete", rule="chat.usage.counts"),
    "counts of tokens that are booleans": Hostile(body(good(usage={"prompt_tokens": True, "completion_tokens": False, "total_tokens": True})), "complete", rule="chat.usage.counts"),
    "choices in an object": Hostile(body(good(choices={"0": 1})), "complete", rule="chat.choices.list"),
    "choices that are null": Hostile(body(good(choices=[None] * 50)), "complete", rule="chat.choice.shape"),
    "an index of 400 digits": Hostile(body(good(choices=[{**GOOD["choices"][0], "index": 10**400}])), "complete", rule="chat.choices.indexes"),
    "content in lists of lists": Hostile(body(message(content=[[[["x"]]]])), "complete", rule="chat.message.content"),
    "calls in an object": Hostile(body(message(tool_calls={"id": "x"})), "complete", rule="chat.message.tool-calls"),
    "calls that are texts": Hostile(body(message(tool_calls=["x", None, 7])), "complete", rule="chat.tool-call.shape"),
    "arguments nested 100,000 deep": Hostile(body(called("[" * 100_000 + "]" * 100_000)), "complete", rule="chat.tool-call.arguments-json"),
    "arguments with a number of 10,000 digits": Hostile(body(called('{"a":' + "9" * 10_000 + "}")), "complete", rule="chat.tool-call.arguments-json"),
    "arguments in an object": Hostile(body(called({"a": 1})), "complete", rule="chat.tool-call.arguments"),
    "10,000 unknown members": Hostile(body(good(**{f"m{number}": number for number in range(10_000)})), "complete", outcome="passed"),
    "names of control characters": Hostile(body(good(**{"\x1b[2J\u202e": 1, "": 2, "\ud800": 3})), "complete", outcome="passed"),
    "an error that is a number": Hostile(body(b'{"error": 7}', 400), "complete", 400, rule="error.openai.object"),
    "an error in an error": Hostile(body(b'{"error": {"error": {"error": {"message": "x"}}}}', 400), "complete", 400, rule="error.openai.wrapped-once"),
    "an error of wrong types": Hostile(body(b'{"error": {"message": ["x"], "type": [], "param": {}, "code": 1e400}}', 400), "complete", 400, rule="error.openai.message"),
    "nested 100,000 deep": Hostile(body(b"[" * 100_000 + b"]" * 100_000), "complete", rule="http.body.json"),
    "objects nested 100,000 deep": Hostile(body(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), "complete", rule="http.body.json"),
    "nested 900 deep": Hostile(body(placed(b"[" * 900 + b"]" * 900)), "complete", rule="http.body.json"),
    "nested 150 deep": Hostile(body(placed(b"[" * 150 + b"]" * 150)), "complete", outcome="passed"),
    "an error nested 100,000 deep": Hostile(body(b'{"error":' * 100_000 + b"1" + b"}" * 100_000, 400), "complete", 400, rule="http.error.json"),
    "an event nested 100,000 deep": Hostile(body(b"data: " + b"[" * 100_000 + b"]" * 100_000 + b"\n\n", 200, "text/event-stream"), "complete", stream=True, rule="sse.data.json"),
    "a string of 10 MB": Hostile(body(good(id="x" * 10_000_000)), "complete", outcome="passed", usual=True),
    "an integer of 100,000 digits": Hostile(body(placed(b"9" * 100_000)), "complete", rule="http.body.json"),
    "an integer of 4,000 digits for tokens": Hostile(body(good(usage={"prompt_tokens": 10**4000, "completion_tokens": 10**4299, "total_tokens": 1})), "complete"),
    "a float beyond all numbers": Hostile(body(good().replace(b"1750000000", b"1e999999")), "complete"),
    "NaN": Hostile(body(placed(b"NaN")), "complete", rule="http.body.constants"),
    "minus infinity for a time": Hostile(body(good().replace(b"1750000000", b"-Infinity")), "complete", rule="http.body.constants"),
    "every name twice": Hostile(body(b'{"id":1,"id":2,' + good()[1:]), "complete", rule="http.body.duplicate-keys", outcome="warned"),
    "a name 300,000 times": Hostile(body(b"{" + b'"a":1,' * 300_000 + good()[1:]), "complete", rule="http.body.duplicate-keys", outcome="warned"),
    "half a character": Hostile(body(good().replace(b'"hello"', b'"\\ud800"')), "complete"),
    "half a character in an error": Hostile(body(b'{"error": {"message": "\\udfff bad \\ud800", "type": "invalid_request_error", "param": null, "code": null}}', 400), "complete", 400),
    "bytes that are no UTF-8": Hostile(body(good().replace(b"hello", b"h\xff\xfe")), "complete", rule="http.body.json"),
    "UTF-32": Hostile(body(good().decode().encode("utf-32")), "complete", rule="http.body.encoding"),
    "NUL bytes": Hostile(body(b"\0" * 100_000), "complete", rule="http.body.json"),
    "the wrong types everywhere": Hostile(body(b'{"id":{},"object":[],"created":"","model":1,"choices":{"0":[]},"usage":[[]]}'), "complete"),
    "a list": Hostile(body(b"[1,2,3]"), "complete"),
    "choices by the 100,000": Hostile(body(b'{"choices":[' + b",".join([b"{}"] * 100_000) + b"]}"), "complete"),
    # --- streams
    "an SSE line of 5 MB": Hostile(body(b"data: " + b"x" * 5_000_000 + b"\n\n", 200, "text/event-stream"), "complete", stream=True, rule="sse.data.json", usual=True),
    "an SSE line of 12 MB": Hostile(streamed(b"data: ", 12), "complete", stream=True, rule="sse.data.json", usual=True),
    "an SSE line of 12 MB, in JSON": Hostile(streamed(b'data: {"error": "', 12, b'"}'), "complete", stream=True, usual=True),
    "an SSE line of 70 MB": Hostile(streamed(b"data: ", 70), "too_large", stream=True, usual=True),
    "a JSON event of 5 MB": Hostile(body(EVENT.replace(b'"c"', b'"' + b"x" * 5_000_000 + b'"'), 200, "text/event-stream"), "complete", stream=True, usual=True),
    "a field name of 5 MB": Hostile(body(b"x" * 5_000_000 + b": 1\n\n", 200, "text/event-stream"), "complete", stream=True, usual=True),
    "line ends of all kinds": Hostile(body(b"data: 1\r\rdata: 2\n\ndata: 3\r\n\r\n", 200, "text/event-stream"), "complete", stream=True, rule="sse.framing.mixed-line-ends"),
    "a stream with a byte order mark": Hostile(raw_events(b"\xef\xbb\xbf" + EVENT, DONE), "complete", stream=True, rule="sse.framing.bom"),
    "NUL in an event": Hostile(raw_events(b"data: {\0}\n\n", DONE), "complete", stream=True, rule="sse.data.json"),
    "NUL in the id of an event": Hostile(raw_events(b"id: a\0b\n" + EVENT, DONE), "complete", stream=True, rule="sse.framing.id-nul"),
    "an id of 300,000 characters": Hostile(raw_events(b"id: " + b"x" * 300_000 + b"\n" + EVENT, DONE), "complete", stream=True, rule="sse.framing.id"),
    "a retry of 5,000 digits": Hostile(raw_events(b"retry: " + b"9" * 5000 + b"\n" + EVENT, DONE), "complete", stream=True, rule="sse.framing.retry"),
    "a retry in superscript": Hostile(raw_events("retry: \u00b2\n".encode() + EVENT, DONE), "complete", stream=True, rule="sse.framing.retry-digits"),
    "CR for all line ends": Hostile(raw_events((EVENT + DONE).replace(b"\n", b"\r")), "complete", stream=True, rule="sse.framing.cr"),
    "a last event without an end": Hostile(raw_events(EVENT, DONE[:-2]), "complete", stream=True, rule="sse.framing.unfinished"),
    "1,000 ends": Hostile(raw_events(DONE * 1000), "complete", stream=True, rule="chat.stream.done-once"),
    "events after the end": Hostile(raw_events(DONE, EVENT * 10), "complete", stream=True, rule="chat.stream.after-done"),
    "a stream in UTF-16": Hostile(raw_events(EVENT.decode().encode("utf-16")), "complete", stream=True, rule="sse.stream.no-event"),
    "a JSON answer as a stream": Hostile(raw_events(good(), DONE), "complete", stream=True, rule="sse.stream.no-event"),
    "events that are not objects": Hostile(events(None, [], 7, "x"), "complete", stream=True, rule="sse.data.object"),
    "events of another API": Hostile(events({"type": "message_start", "message": {}, "choices": None}), "complete", stream=True, rule="chat.chunk.choices"),
    "choices of wrong types": Hostile(events(*({"choices": value} for value in (None, [None], {"0": 1}, "x"))), "complete", stream=True, rule="chat.chunk.choices"),
    "deltas of wrong types": Hostile(deltas(None, [], "x", {"content": 7}, {"content": ["x"]}, {"role": []}), "complete", stream=True, rule="chat.chunk.delta"),
    "indexes of wrong types": Hostile(events(*({"choices": [{"index": index, "delta": {"content": "x"}}]} for index in ODD_INDEXES)), "complete", stream=True, rule="chat.choice.index"),
    "indexes of calls of wrong types": Hostile(deltas(*({"tool_calls": [{"index": index, "function": {"name": "f", "arguments": "{}"}}]} for index in ODD_INDEXES)), "complete", stream=True, rule="chat.delta.tool-index"),
    "calls of wrong types in a stream": Hostile(deltas({"tool_calls": {}}, {"tool_calls": [None, "x"]}, {"tool_calls": [{"index": 0, "function": {"name": 7, "arguments": {}}}]}), "complete", stream=True, rule="chat.delta.tool-calls"),
    "1,000 calls in a stream": Hostile(deltas(*({"tool_calls": [{"index": number, "id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}]} for number in range(1000))), "complete", stream=True),
    "1,000 choices in a stream": Hostile(events(*({"choices": [{"index": number, "delta": {"content": "x"}}]} for number in range(1000))), "complete", stream=True, rule="chat.fit.count"),
    "counts of wrong types in a stream": Hostile(events({"usage": "x"}, {"usage": []}, {"usage": {"prompt_tokens": None}}, {"usage": {"prompt_tokens": 10**400, "completion_tokens": "1"}}), "complete", stream=True, rule="chat.usage.counts"),
    "errors of wrong types in a stream": Hostile(events({"error": 7}, {"error": {"message": []}}, {"error": None}), "complete", stream=True),
    "half a character in each of two events": Hostile(deltas({"content": "\ud83d"}, {"content": "\ude00"}), "complete", stream=True),
    "a number of 10,000 digits in an event": Hostile(raw_events(b'data: {"id":' + b"9" * 10_000 + b"}\n\n", DONE), "complete", stream=True, rule="sse.data.json"),
    "an event in chunks of one byte": Hostile(says(SSE_HEAD, CHUNKED, *(chunk(bytes([byte])) for byte in EVENT * 5 + DONE), b"0\r\n\r\n"), "complete", stream=True),
    # --- texts that terminals or browsers would execute
    "an error that acts in terminals": Hostile(error(ACTING), "complete", 400),
    "an error that is a page": Hostile(body(b"<html><script>alert(1)</script>" * 1000, 500, "text/html"), "complete", 500, rule="http.body.html"),
    "an error of 5 MB": Hostile(error("a-" * 2_500_000), "complete", 400, usual=True),
    "an error made to slow down searches": Hostile(error("at at at sk-eyJ-key-" * 200_000), "complete", 400, usual=True),
    "an error of 5 MB of underscores": Hostile(error("_" * 5_000_000 + "!?x"), "complete", 400, usual=True),
    "headers that act": Hostile(says(b"HTTP/1.1 400 Bad\r\nx-request-id: \xe2\x80\xae\x9b31m\r\ncontent-length: 2\r\n\r\n{}"), "complete", 400),
}  # fmt: skip
