"""Writes exchanges as HAR and reads them back, and reads HAR of browsers and proxies."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from conformance.core.model import Chunk, Exchange, Request
from conformance.judge import contract
from conformance.records import har
from conformance.records.jsonl import RecordingError
from tests.support.wire import CHAT, MESSAGES, anthropic_error, chat_answer, chat_stream, exchange, messages_stream

STREAM = messages_stream()
CUT = 40

WRITTEN = {
    "json": exchange(CHAT, chat_answer(), date="2026-01-02T03:04:05+00:00"),
    "chunks": exchange(
        MESSAGES, b"", stream=True,
        chunks=(Chunk(0.25, STREAM[:CUT].encode()), Chunk(1.5, b""), Chunk(2.0, STREAM[CUT:].encode())), seconds=2.0,
    ),
    "bytes": exchange(CHAT, b"\xff\xfe{}", date="2026-01-02"),
    "empty": exchange(CHAT, b""),
    "no chunk": exchange(CHAT, b"", chunks=()),
    "cut": exchange(CHAT, chat_stream()[:-20], stream=True, ended="cut", problem="the peer went away"),
    "unreachable": exchange(CHAT, b"", status=None, headers=(), ended="unreachable", problem="refused"),
    "not recorded": exchange(CHAT, b"", headers=(("content-type", "application/json"),), ended="not_recorded"),
    "lost": replace(exchange(CHAT, {"error": {}}, status=404), family="elsewhere"),
    "edited": exchange(CHAT, chat_answer(), lacks=frozenset({"timing", "headers"})),
    "repeated": exchange(CHAT, chat_answer(), headers=(("X-A", "1"), ("X-A", "2"), ("x-a", "1"))),
    "with a key": Exchange(MESSAGES, Request("POST", "https://h/v1/messages", (), b"\x80", ("x-api-key",)), 200),
}  # fmt: skip


def again(*found: Exchange) -> list[Exchange]:
    """Writes entries as text, and reads them back."""
    text = json.dumps(har.document(found, "1.0"))
    return [one for _, one in har.exchanges(json.loads(text))]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_read_again(name: str) -> None:
    assert again(WRITTEN[name]) == [WRITTEN[name]]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_is_judged_alike(name: str) -> None:
    (read,) = again(WRITTEN[name])
    assert contract.findings(read) == contract.findings(WRITTEN[name])


def test_a_truncated_exchange_stays_truncated() -> None:
    (read,) = again(WRITTEN["cut"])
    assert "http.connection.cut" in {finding.rule for finding in contract.findings(read)}


def test_a_document_has_the_members_that_the_format_requires() -> None:
    log = har.document(list(WRITTEN.values()), "1.0")["log"]
    assert (log["version"], log["creator"]["version"]) == ("1.2", "1.0")
    for entry in log["entries"]:
        assert entry.keys() >= {"startedDateTime", "time", "request", "response", "cache", "timings"}
        assert entry["request"].keys() >= {
            "method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize",
        }  # fmt: skip
        assert entry["response"].keys() >= {
            "status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize",
            "bodySize",
        }  # fmt: skip
        assert entry["response"]["content"].keys() >= {"size", "mimeType"}
        assert entry["timings"].keys() >= {"send", "wait", "receive"}


SECRET = "hush-hush-4711-0815"
CARRIERS = (
    "Authorization", "x-api-key", "api-key", "X-Goog-Api-Key", "Cookie", "Proxy-Authorization", "x-client-secret",
    "X-Auth-Token", "x-amz-security-token",
)  # fmt: skip


@pytest.mark.parametrize("name", [*CARRIERS, "Set-Cookie"])
def test_headers_that_carry_credentials_are_never_written(name: str) -> None:
    found = exchange(CHAT, chat_answer(), headers=((name, SECRET), ("x-request-id", "r")))
    found = replace(found, request=replace(found.request, headers=((name, SECRET), ("accept", "*/*"))))
    assert SECRET not in json.dumps(har.document([found], "1.0"))
    (read,) = again(found)
    assert (read.request.headers, read.headers) == ((("accept", "*/*"),), (("x-request-id", "r"),))


def test_credentials_in_urls_and_other_headers_are_cut_short() -> None:
    key = "sk-abc123def456ghi789jkl012"
    found = exchange(CHAT, chat_answer(), headers=(("x-debug", f"used {key}"),))
    found = replace(found, request=replace(found.request, url=f"https://h/v1/chat/completions?key={key}"))
    assert key not in json.dumps(har.document([found], "1.0"))


def test_rate_limit_headers_about_tokens_are_not_credentials() -> None:
    limits = (("x-ratelimit-remaining-tokens", "9"), ("anthropic-ratelimit-tokens-limit", "9"))
    assert again(exchange(CHAT, chat_answer(), headers=limits))[0].headers == limits


def entry(body: str | None, status: int = 200, stream: bool = False, **content: Any) -> dict[str, Any]:
    """An entry as a browser or a proxy writes it."""
    kind = "text/event-stream" if stream else "application/json"
    sent = json.dumps({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "Say hello."}]})
    text = {} if body is None else {"text": body}
    return {
        "startedDateTime": "2026-01-02T03:04:05.678Z",
        "time": 12.5,
        "request": {
            "method": "POST", "url": "https://h/v1/chat/completions", "httpVersion": "h2",
            "headers": [{"name": ":authority", "value": "h"}, {"name": "accept", "value": "*/*"}],
            "postData": {"mimeType": "application/json", "text": sent},
        },
        "response": {
            "status": status, "httpVersion": "h2",
            "headers": [{"name": "content-type", "value": kind}, {"name": "x-request-id", "value": "r"}],
            "content": {"size": len((body or "").encode()), "mimeType": kind, **text, **content}, "bodySize": -1,
        },
    }  # fmt: skip


def read(one: dict[str, Any]) -> Exchange:
    found = har.exchange(one)
    assert found is not None
    return found


def test_a_browsers_entry_is_an_exchange() -> None:
    found = read(entry(json.dumps(chat_answer())))
    assert (found.family, found.status, found.http_version, found.seconds) == (CHAT, 200, "h2", 0.0125)
    assert found.request.headers == (("accept", "*/*"),)
    assert found.lacks == {"timing", "framing"}
    assert found.date == "2026-01-02T03:04:05.678Z"
    assert contract.findings(found) == ()


def test_a_proxys_stream_is_judged() -> None:
    assert contract.findings(read(entry(chat_stream(), stream=True))) == ()
    broken = contract.findings(read(entry(chat_stream().replace("data: [DONE]\n\n", ""), stream=True)))
    assert [finding.rule for finding in broken] == ["chat.stream.done-missing"]


def test_a_body_in_base64_is_read() -> None:
    text = base64.b64encode(json.dumps(chat_answer()).encode()).decode()
    found = read(entry(text, encoding="base64", size=10))
    assert json.loads(b"".join(chunk.data for chunk in found.chunks)) == chat_answer()


ABSENT = {
    "stream without text": entry(None, stream=True),
    "stream with empty text": entry("", stream=True),
    "answer without text": entry(None, size=812),
    "answer without text or size": entry(None, size=0),
    "error without text": entry(None, status=500, size=17),
    "cut by the recorder": entry(chat_stream()[:100], stream=True, size=len(chat_stream())),
    "no content": {**entry(None), "response": {"status": 200, "headers": [], "bodySize": -1}},
}
ABSENT["given up by the user"] = entry(chat_stream()[:-20], stream=True)
ABSENT["given up by the user"]["response"]["_error"] = "net::ERR_ABORTED"


@pytest.mark.parametrize("name", ABSENT)
def test_nothing_is_found_in_a_body_that_is_not_there(name: str) -> None:
    found = read(ABSENT[name])
    assert found.ended == "not_recorded"
    assert contract.findings(found) == ()


def test_an_empty_body_differs_from_a_missing_body() -> None:
    empty = entry("", status=500)
    empty["response"]["bodySize"] = 0
    found = read(empty)
    assert found.ended == "complete"
    assert "http.body.empty" in {finding.rule for finding in contract.findings(found)}


def test_a_request_that_was_not_answered_has_no_status() -> None:
    found = read(entry(None, status=0))
    assert found.status is None
    assert contract.findings(found) == ()


def test_an_error_is_held_to_its_familys_envelope() -> None:
    found = read(entry(json.dumps(anthropic_error()), status=404))
    assert "error.openai.foreign-envelope" in {finding.rule for finding in contract.findings(found)}


def test_other_traffic_is_left_out() -> None:
    other = entry("<html>")
    other["request"] = {**other["request"], "method": "GET", "url": "https://h/index.html"}
    document = {"log": {"entries": [other, entry("{}"), other]}}
    assert [name for name, _ in har.exchanges(document)] == ["/log/entries/1"]


DAMAGED: dict[str, Any] = {
    "no object": 7,
    "no request": {"response": {}},
    "no status": {**entry("{}"), "response": {"headers": []}},
    "status in words": {**entry("{}"), "response": {**entry("{}")["response"], "status": "OK"}},
    "headers as object": {**entry("{}"), "response": {**entry("{}")["response"], "headers": {"a": "b"}}},
    "header that is null": {
        **entry("{}"), "response": {**entry("{}")["response"], "headers": [{"name": "a", "value": None}]},
    },
    "time in words": {**entry("{}"), "time": "soon"},
    "no base64": entry("abc", encoding="base64"),
    "chunks in words": entry("{}", _chunks=[["now", 2]]),
    "chunks of words": entry("{}", _chunks=[[0, "two"]]),
    "foreign family": {**entry("{}"), "_exchange": {"family": "../models", "lacks": []}},
    "unknown end": {**entry("{}"), "_exchange": {"family": CHAT, "ended": "somehow", "lacks": []}},
    "url that is none": {**entry("{}"), "request": {**entry("{}")["request"], "url": "http://[::1/v1"}},
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
def test_an_invalid_entry_is_reported_with_its_number(name: str) -> None:
    with pytest.raises(RecordingError, match="no exchange can be read from /log/entries/1 "):
        list(har.exchanges({"log": {"entries": [entry("{}"), DAMAGED[name]]}}))
