# ruff: noqa: E501 - a table: one behaviour a line
"""`--gateway-http2`: used if the server offers it, read frame by frame, and errors end only one exchange."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import hpack
import pytest
from h2.errors import ErrorCodes
from starlette.types import ASGIApp, Receive, Scope, Send

from conformance.client.http import Client
from conformance.client.pool import Trust
from conformance.core.model import Ending, Exchange, Outcome, Verdict
from conformance.reference import DEFAULT_KEY, running_provider
from conformance.reference.gateway import create_app
from tests.run.test_hostile import assert_reported, judged, request
from tests.support import suite
from tests.support.hostile import EVENT, GOOD, bomb
from tests.support.http2_servers import Authority, Play, Talk, authority, plays, served
from tests.support.paths import ROOT

pytestmark = pytest.mark.socket

TIMEOUT = 1.0
PAUSE = 0.3


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def client(trusted: Authority) -> Iterator[Client]:
    with Client(TIMEOUT, 1_000_000, http2=True, trust=Trust(str(trusted.bundle))) as running:
        yield running


def ask(client: Client, origin: str, stream: bool = False) -> Exchange:
    return client.send("chat_completions", request(origin, stream), "sk-http2-test-4711")


async def slowly(scope: Scope, receive: Receive, send: Send) -> None:
    """A stream of three events, each some time after the one before."""
    if scope["type"] == "lifespan":
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/event-stream")]})
    for _ in range(3):
        await send({"type": "http.response.body", "body": EVENT, "more_body": True})
        await asyncio.sleep(PAUSE)
    await send({"type": "http.response.body", "body": b"data: [DONE]\n\n"})


@pytest.mark.parametrize(
    ("offered", "version"), [(["h2", "http/1.1"], "HTTP/2"), (["http/1.1"], "HTTP/1.1"), ([], "HTTP/1.1")]
)
def test_http2_is_used_where_it_is_offered(trusted: Authority, offered: list[str], version: str) -> None:
    trust = Trust(str(trusted.bundle))
    with served(slowly, trusted, *offered) as origin, Client(10, http2=True, trust=trust) as client:
        exchange = ask(client, origin, stream=True)
    assert (exchange.http_version, exchange.status, exchange.ended) == (version, 200, "complete"), exchange.problem
    assert b"".join(chunk.data for chunk in exchange.chunks) == EVENT * 3 + b"data: [DONE]\n\n"
    times = [chunk.at for chunk in exchange.chunks if chunk.data.startswith(EVENT)]
    assert all(later - earlier > PAUSE / 2 for earlier, later in pairwise(times)), times
    assert len(times) == 3


def test_http2_is_not_used_without_the_option(trusted: Authority) -> None:
    with served(slowly, trusted, "h2", "http/1.1") as origin, Client(10, trust=Trust(str(trusted.bundle))) as client:
        assert ask(client, origin).http_version == "HTTP/1.1"


def seen(app: ASGIApp, clients: set[Any]) -> ASGIApp:
    async def noting(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            clients.add((scope["http_version"], tuple(scope["client"])))
        await app(scope, receive, send)

    return noting


def test_the_suite_judges_the_reference_gateway_over_one_connection(trusted: Authority, tmp_path: Path) -> None:
    clients: set[Any] = set()
    with running_provider() as (upstream, upstream_key, models):
        app = create_app(upstream=upstream, upstream_key=upstream_key, key=DEFAULT_KEY, models=models)
        with served(seen(app, clients), trusted, "h2", "http/1.1") as origin:
            result = suite.run(
                f"--gateway-url={origin}/v1", f"--ca-bundle={trusted.bundle}", "--http2", f"--report-dir={tmp_path}",
                f"--gateway-profile={ROOT / 'conformance' / 'reference' / 'profile.yaml'}",
                "-k", "/text/ and not long and not exclusive", "--concurrency=8", "--log-level=DEBUG", "-o", "log_cli=true",
            )  # fmt: skip
    assert result.returncode == 0, result.stdout
    assert DEFAULT_KEY not in result.stdout + result.stderr
    verdicts: Any = suite.report(tmp_path)["verdicts"]
    exchanges = [exchange for entry in verdicts for exchange in entry["exchanges"]]
    assert len(exchanges) > 50
    assert {exchange["http_version"] for exchange in exchanges} == {"HTTP/2"}
    assert {version for version, _ in clients} == {"2"}
    assert len(clients) == 1  # the preflight and the run share a client


@dataclass(frozen=True)
class Hostile:
    """The server's behaviour, the end of the exchange, the visible status, and the number of requests."""

    play: Play
    ended: Ending
    status: int | None = 200
    outcome: Outcome = "failed"
    stream: bool = False
    requests: int = 1


def good(talk: Talk) -> None:
    talk.head()
    talk.data(json.dumps(GOOD).encode(), end=True)


def away(last: int | None = None, code: ErrorCodes = ErrorCodes.NO_ERROR) -> Callable[[Talk], None]:
    def play(talk: Talk) -> None:
        talk.connection.close_connection(code, last_stream_id=last)
        talk.flush()

    return play


def reset(code: ErrorCodes) -> Callable[[Talk], None]:
    def play(talk: Talk) -> None:
        talk.connection.reset_stream(talk.stream, code)
        talk.flush()

    return play


def event(talk: Talk) -> None:
    talk.head(kind="text/event-stream")
    talk.data(EVENT)


def hang_up(talk: Talk) -> None:
    talk.socket.unwrap()


def silence(_talk: Talk) -> None:
    """Others may still be answered on the same connection."""


def said(data: bytes) -> Callable[[Talk], None]:
    return lambda talk: talk.bytes(data)


def without_end(talk: Talk) -> None:
    event(talk)
    while not talk.ended.is_set():
        room = talk.connection.local_flow_control_window(talk.stream)
        if room >= len(EVENT) * 100:
            talk.data(EVENT * 100)
        else:
            talk.connection.receive_data(talk.socket.recv(65536))


def then(*plays: Play) -> Play:
    def play(talk: Talk) -> None:
        for part in plays:
            part(talk)

    return play


def frame(kind: int, flags: int, stream: int, data: bytes) -> bytes:
    """RFC 9113, section 4.1."""
    return len(data).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + data


DATA, HEADERS, SETTINGS, CONTINUATION, END_STREAM, END_HEADERS = 0, 1, 4, 9, 1, 4
"""Types and flags of frames (RFC 9113, section 6)."""


def fields(*more: tuple[str, str], flags: int = END_HEADERS, stream: int = 1, status: str = "200") -> bytes:
    """A HEADERS frame with fields that an HTTP/2 library would not send."""
    listed = [(":status", status), *more] if status else [*more]
    return frame(HEADERS, flags, stream, hpack.Encoder().encode(listed, huffman=False))


def answered(*more: tuple[str, str], status: str = "200") -> Play:
    """A good answer with these fields."""
    return said(fields(("content-type", "application/json"), *more, status=status) + WHOLE)


def flood(data: bytes, *before: Play) -> Play:
    """Sends the frames again and again until the client has gone."""

    def play(talk: Talk) -> None:
        then(*before)(talk)
        while not talk.ended.is_set():
            talk.bytes(data)

    return play


def setting(number: int, value: int) -> bytes:
    """A SETTINGS frame with one setting."""
    return frame(SETTINGS, 0, 0, number.to_bytes(2) + value.to_bytes(4))


def compressed(talk: Talk) -> None:
    """A gzip bomb, of which the client's window lets some through."""
    talk.bytes(fields(("content-type", "application/json"), ("content-encoding", "gzip")))
    packed = bomb()
    for start in range(0, 48 * 1024, 16 * 1024):
        talk.bytes(frame(DATA, 0, 1, packed[start : start + 16 * 1024]))


WHOLE = frame(DATA, END_STREAM, 1, json.dumps(GOOD).encode())
OPEN = frame(HEADERS, 0, 1, b"\x88")
"""Headers with the status 200 that do not end."""
HPACK_BOMB = b"\x88\x40\x01x\x7f\x81\x1e" + b"y" * 4000 + b"\xbe" * 10_000
"""A field of 4 KB, and 10,000 references to it (RFC 7541)."""

HOSTILE = {
    "GOAWAY before an answer": Hostile(away(0), "cut", None, requests=2),
    "GOAWAY for an error, before an answer": Hostile(away(0, ErrorCodes.ENHANCE_YOUR_CALM), "cut", None, requests=2),
    "GOAWAY inside a stream": Hostile(then(event, away(0, ErrorCodes.INTERNAL_ERROR), hang_up), "cut", stream=True),
    "GOAWAY that lets the answer end, each time": Hostile(then(Talk.head, said(frame(7, 0, 0, b"\x7f\xff\xff\xff" + bytes(4)))), "cut", requests=2),
    "RST_STREAM before an answer": Hostile(reset(ErrorCodes.REFUSED_STREAM), "cut", None, requests=2),
    "RST_STREAM inside a body": Hostile(then(Talk.head, lambda talk: talk.data(b"{"), reset(ErrorCodes.INTERNAL_ERROR)), "cut"),
    "RST_STREAM inside a stream": Hostile(then(event, reset(ErrorCodes.CANCEL)), "cut", stream=True),
    "RST_STREAM without an error": Hostile(then(event, reset(ErrorCodes.NO_ERROR)), "cut", stream=True),
    "hangs up before an answer": Hostile(hang_up, "cut", None, requests=2),
    "hangs up inside a stream": Hostile(then(event, hang_up), "cut", stream=True),
    "never answers": Hostile(silence, "timeout", None),
    "stalls inside a stream": Hostile(then(event, silence), "timeout", stream=True),
    "a stream without end": Hostile(without_end, "too_large", stream=True),
    "HTTP/1.1 where h2 was agreed": Hostile(said(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"), "timeout", None),
    "a frame of 16 MB": Hostile(said(b"\xff\xff\xff\0\0\0\0\0\1" + bytes(100)), "timeout", None),
    "headers that are no HPACK": Hostile(said(frame(1, 4, 1, b"\xff" * 50)), "cut", None, requests=2),
    "data before headers": Hostile(said(frame(0, 0, 1, b"{}")), "cut", None, requests=2),
    "a SETTINGS frame that nobody may send": Hostile(said(frame(4, 0, 0, b"\0\2\0\0\0\7")), "cut", None, requests=2),
    "data beyond the window": Hostile(then(Talk.head, *[said(frame(0, 0, 1, b"x" * 16384))] * 1100), "too_large"),
    "a window beyond all bounds": Hostile(then(Talk.head, said(frame(8, 0, 1, b"\x7f\xff\xff\xff") * 2)), "cut"),
    "a push that was never allowed": Hostile(said(frame(5, 4, 1, b"\0\0\0\2\x88")), "cut", None, requests=2),
    "CONTINUATION without end": Hostile(flood(frame(CONTINUATION, 0, 1, b"") * 100, said(OPEN)), "cut", None, requests=2),
    "fields without end": Hostile(flood(frame(CONTINUATION, 0, 1, b"\0\1x\1y" * 3000), said(OPEN)), "cut", None, requests=2),
    "a field of 1 MB that does not end": Hostile(said(frame(HEADERS, 0, 1, b"\x88\0\1x\x7f\x81\x87\x3d") + frame(CONTINUATION, 0, 1, b"y" * 16_000) * 60), "timeout", None),
    "an HPACK bomb": Hostile(said(frame(HEADERS, END_HEADERS, 1, HPACK_BOMB)), "cut", None, requests=2),
    "an HPACK number without end": Hostile(said(frame(HEADERS, END_HEADERS, 1, b"\xff" * 500)), "cut", None, requests=2),
    "an HPACK table of 256 MB": Hostile(said(frame(HEADERS, END_HEADERS, 1, b"\x3f\xff\xff\xff\x7f\x88")), "cut", None, requests=2),
    "SETTINGS without end": Hostile(flood(frame(SETTINGS, 0, 0, b"") * 100), "timeout", None),
    "2,700 settings in a frame, without end": Hostile(flood(frame(SETTINGS, 0, 0, (b"\0\3" + bytes(3) + b"d") * 2700)), "timeout", None),
    "a setting beyond its bounds": Hostile(said(setting(4, 1 << 31)), "cut", None, requests=2),
    "half a setting": Hostile(said(frame(SETTINGS, 0, 0, b"\0\5\0")), "cut", None, requests=2),
    "PING without end": Hostile(flood(frame(6, 0, 0, bytes(8)) * 100), "timeout", None),
    "PRIORITY without end": Hostile(flood(frame(2, 0, 1, b"\0\0\0\3\x10") * 100), "timeout", None),
    "WINDOW_UPDATE without end": Hostile(flood(frame(8, 0, 0, b"\0\0\0\1") * 100), "timeout", None),
    "a window that grows by nothing": Hostile(said(frame(8, 0, 1, bytes(4))), "cut", None, requests=2),
    "unknown frames without end": Hostile(flood(frame(0xBB, 0, 0, b"x" * 100) * 100), "timeout", None),
    "RST_STREAM 10,000 times": Hostile(said(frame(3, 0, 1, bytes(4)) * 10_000), "cut", None, requests=2),
    "RST_STREAM of another stream": Hostile(said(frame(3, 0, 99, bytes(4))), "timeout", None),
    "GOAWAY 5,000 times": Hostile(said(frame(7, 0, 0, bytes(8)) * 5000), "cut", None, requests=2),
    "GOAWAY with 16 KB of text": Hostile(said(frame(7, 0, 0, bytes(8) + b"\xff" * 16_000)), "cut", None, requests=2),
    "1,000 pushes": Hostile(said(frame(5, 4, 1, b"\0\0\0\2\x88") * 1000), "cut", None, requests=2),
    "empty data without end": Hostile(flood(frame(DATA, 0, 1, b"") * 100, Talk.head), "timeout"),
    "padding without end": Hostile(flood(frame(DATA, 8, 1, b"\xff" + bytes(255)) * 100, Talk.head), "timeout"),
    "more padding than data": Hostile(then(Talk.head, said(frame(DATA, 8, 1, b"\xffxx"))), "cut"),
    "hints without end": Hostile(flood(fields(("link", "</x>"), status="103")), "timeout", None),
    "an interim answer that ends": Hostile(said(fields(flags=END_HEADERS | END_STREAM, status="100")), "cut", None, requests=2),
    "headers twice": Hostile(then(Talk.head, said(fields())), "cut"),
    "trailers": Hostile(then(Talk.head, said(frame(DATA, 0, 1, json.dumps(GOOD).encode()) + fields(("x", "y"), flags=5, status=""))), "complete", outcome="warned"),
    "trailers with a status": Hostile(then(Talk.head, said(frame(DATA, 0, 1, json.dumps(GOOD).encode()) + fields(flags=5, status="500"))), "complete", outcome="warned"),
    "trailers that end nothing": Hostile(then(Talk.head, said(fields(("x", "y"), status=""))), "cut"),
    "a status that is a word": Hostile(answered(status="ok"), "cut", None, requests=2),
    "a status of 1,000,000,000": Hostile(answered(status="1000000000"), "cut", None, requests=2),
    "a negative status": Hostile(answered(status="-1"), "cut", None, requests=2),
    "two statuses": Hostile(answered((":status", "500")), "complete", 500),
    "CR and LF in a field": Hostile(answered(("x", "a\r\nset-cookie: b\0")), "complete", outcome="warned"),
    "a field without a name": Hostile(answered(("", "b")), "complete", outcome="warned"),
    "a field that acts": Hostile(answered(("x-request-id", "\u202e\x1b[31m\U0001f600")), "complete", outcome="passed"),
    "a content-length that is too long": Hostile(answered(("content-length", "9999")), "cut", None, requests=2),
    "a content-length of 5,000 digits": Hostile(answered(("content-length", "9" * 5000)), "cut", None, requests=2),
    "data after the end": Hostile(then(good, said(frame(DATA, 0, 1, b"more"))), "complete", outcome="warned"),
    "an answer on a stream of the server": Hostile(said(fields(stream=2)), "timeout", None),
    "an answer on a stream that was not opened": Hostile(said(fields(stream=3)), "cut", None, requests=2),
    "data on no stream": Hostile(said(frame(DATA, END_STREAM, 0, b"{}")), "cut", None, requests=2),
    "half a frame, and hangs up": Hostile(then(Talk.head, said(b"\0\1\0\0\0\0\0\0\1{"), hang_up), "cut"),
    "a gzip bomb": Hostile(compressed, "too_large"),
    "a good answer": Hostile(good, "complete", outcome="warned"),
}  # fmt: skip


class Played:
    """The behaviours that were sent to the suite's client, each once, with their verdicts."""

    def __init__(self, client: Client, trusted: Authority) -> None:
        self._client, self._trusted = client, trusted
        self._verdicts: dict[str, Verdict] = {}

    def verdict(self, name: str) -> Verdict:
        """The verdict on a behaviour; the next request gets its answer."""
        if name not in self._verdicts:
            self._verdicts[name] = self._judge(name, HOSTILE[name])
        return self._verdicts[name]

    def _judge(self, name: str, hostile: Hostile) -> Verdict:
        with plays(self._trusted, *[hostile.play] * hostile.requests, good) as server:
            exchange = ask(self._client, server.origin, hostile.stream)
            assert server.asked == hostile.requests
            after = ask(self._client, server.origin)
        assert (after.ended, after.status, after.http_version) == ("complete", 200, "HTTP/2"), after.problem
        return judged(exchange, name)


@pytest.fixture(scope="module")
def played(trusted: Authority) -> Iterator[Played]:
    bomb()
    with Client(TIMEOUT, 1_000_000, http2=True, trust=Trust(str(trusted.bundle))) as client:
        yield Played(client, trusted)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile(name: str, played: Played) -> None:
    hostile, verdict = HOSTILE[name], played.verdict(name)
    [exchange] = verdict.exchanges
    assert (exchange.ended, exchange.status) == (hostile.ended, hostile.status), exchange.problem
    assert (verdict.outcome, bool(verdict.reason)) == (hostile.outcome, False), verdict.findings


def test_reports_of_all_behaviours_are_inert_and_reproduce_the_verdicts(played: Played, tmp_path: Path) -> None:
    assert_reported([played.verdict(name) for name in HOSTILE], tmp_path)


def test_goaway_without_an_error_is_not_a_failure(client: Client, trusted: Authority) -> None:
    farewell = then(
        event, said(frame(7, 0, 0, b"\x7f\xff\xff\xff" + bytes(4))), lambda talk: talk.data(EVENT, end=True)
    )
    with plays(trusted, farewell, good) as server:
        exchange = ask(client, server.origin)
        assert (exchange.ended, exchange.status, server.asked) == ("complete", 200, 2), exchange.problem


def test_a_run_goes_on_after_each(trusted: Authority, tmp_path: Path) -> None:
    leaves, resets = (HOSTILE[name].play for name in ("GOAWAY inside a stream", "RST_STREAM inside a stream"))
    plain = good  # after a broken connection, a plain request finds out whether the gateway still answers
    models = then(Talk.head, lambda talk: talk.data(b'{"data": [{"id": "m"}]}', end=True))
    folder = suite.library(tmp_path / "cases", *(suite.case(f"case-{number}") for number in range(8)))
    controls_and_first = [good] * 4
    with plays(trusted, models, *controls_and_first, leaves, plain, resets, plain, good) as server:
        result = suite.run(
            f"--gateway-url={server.origin}/v1", f"--cases={folder}", f"--report-dir={tmp_path}", "--http2",
            f"--ca-bundle={trusted.bundle}", "--timeout=5", "--retries=0", "--concurrency=1",
        )  # fmt: skip
    said = result.stdout + result.stderr
    assert (result.returncode, "Traceback" in said) == (1, False), said
    verdicts: Any = suite.report(tmp_path)["verdicts"]
    assert sorted(entry["exchanges"][0]["ended"] for entry in verdicts) == [*["complete"] * 6, "cut", "cut"]
    cut = [entry for entry in verdicts if entry["exchanges"][0]["ended"] == "cut"]
    assert {entry["outcome"] for entry in cut} == {"failed"}
    assert all("http.connection.cut" in {finding["rule"] for finding in entry["findings"]} for entry in cut)
