"""Every rule about HTTP, texts and leaks is broken by a damaged exchange, and usual exchanges break none."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance.core import redaction
from conformance.core.model import Exchange, Request
from conformance.judge import contract
from tests.support import wire
from tests.support.wire import CHAT, JSON_TYPE, MESSAGES, SHARED, SSE_TYPE, broken, chat_answer, chat_stream, exchange

ID = ("x-request-id", "req_1")
KEY = "sk-proj-" + "a1B2c3D4e5" * 4
PAGE = "<!DOCTYPE html><html><body>Bad gateway</body></html>"
HELLO = json.dumps(chat_answer())


def chat(body: Any = HELLO, status: int = 200, *headers: tuple[str, str], **changes: Any) -> Exchange:
    """A JSON answer of Chat Completions with further headers."""
    return exchange(CHAT, body, status, headers=(JSON_TYPE, ID, *headers), **changes)


def typed(content_type: str, body: Any = HELLO, status: int = 200) -> Exchange:
    return exchange(CHAT, body, status, headers=(("content-type", content_type), ID))


def stream(body: Any = None, **changes: Any) -> Exchange:
    return exchange(CHAT, chat_stream() if body is None else body, stream=True, **changes)


def failing(message: str, *headers: tuple[str, str], status: int = 400) -> Exchange:
    """A refusal with a message."""
    return chat(wire.openai_error(message), status, *headers)


def asking(found: Exchange, text: str) -> Exchange:
    """The same answer to a request that already contains the text."""
    return replace(found, request=replace(found.request, body=json.dumps({"messages": text}).encode()))


def redirected(status: int, location: str = "https://gateway.test/v1/chat/completions/", **changes: Any) -> Exchange:
    return exchange(CHAT, b"", status, headers=(("location", location), ID), **changes)


def accepting(wish: str, coding: str) -> Exchange:
    found = chat(HELLO, 200, ("content-encoding", coding))
    return replace(found, request=replace(found.request, headers=(("Accept-Encoding", wish),)))


DAMAGED: list[tuple[str, Callable[[], Exchange], set[str]]] = [
    ("http.content-type.json", lambda: typed("text/plain"), set()),
    ("http.content-type.json", lambda: exchange(CHAT, HELLO, headers=(ID,)), set()),
    ("http.content-type.json", lambda: typed("text/html", wire.openai_error(), 404), set()),
    ("http.content-type.json", lambda: typed("text/event-stream"), {"sse.stream.no-event", "sse.framing.stray-line"}),
    ("http.content-type.stream", lambda: stream(headers=(("content-type", "text/plain"), ID)), set()),
    ("http.content-type.stream", lambda: stream(headers=(JSON_TYPE, ID)), {"http.body.json"}),
    ("http.content-type.charset", lambda: typed("application/json; charset=iso-8859-1"), set()),
    ("http.stream.expected", lambda: exchange(CHAT, HELLO, stream=True, headers=(JSON_TYPE, ID)), set()),
    (
        "http.stream.expected",
        lambda: exchange(
            CHAT, f"{HELLO}\n{HELLO}\n", stream=True, headers=(("content-type", "application/x-ndjson"), ID)
        ),
        {"http.body.json"},
    ),
    ("http.stream.unasked", lambda: exchange(CHAT, chat_stream(), headers=(SSE_TYPE, ID)), set()),
    ("http.stream.unasked", lambda: exchange(CHAT, chat_stream(), ask={"stream": None}, headers=(SSE_TYPE, ID)), set()),
    ("http.body.empty", lambda: chat(b""), set()),
    ("http.body.empty", lambda: chat(b"", 401), set()),
    ("http.body.html", lambda: typed("text/html", PAGE), set()),
    ("http.body.html", lambda: typed("text/html", "\n" + PAGE.lower(), 500), set()),
    ("http.body.json", lambda: chat(HELLO[:-5]), set()),
    ("http.body.json", lambda: chat(HELLO + HELLO), set()),
    ("http.error.json", lambda: typed("text/plain", "Internal Server Error", 500), set()),
    ("http.error.json", lambda: chat("{", 404), set()),
    ("http.error.text-in-front", lambda: typed("text/plain", "upstream connect error", 503), set()),
    ("http.error.json-in-front", lambda: typed("text/plain", "upstream connect error", 502), set()),
    ("http.error.json-in-front", lambda: typed("text/html", PAGE, 503), set()),
    ("http.error.json-in-front", lambda: chat(b"", 503), set()),
    ("http.error.json-in-front", lambda: chat('{"error": ', 503), set()),
    ("http.error.json-in-front", lambda: chat(b"", 502), set()),
    ("http.error.json-in-front", lambda: typed("text/html", PAGE, 413), set()),
    ("http.error.json-in-front", lambda: chat(b"", 431), set()),
    ("http.error.json-in-front", lambda: typed("text/html", PAGE, 431), set()),
    ("http.body.encoding", lambda: chat(b"\xef\xbb\xbf" + HELLO.encode()), set()),
    ("http.body.encoding", lambda: chat(HELLO.encode("utf-16-le")), set()),
    ("http.body.encoding", lambda: chat(HELLO.encode("utf-16")), set()),
    ("http.body.constants", lambda: chat(HELLO.replace('"created": 1', '"created": NaN')), set()),
    ("http.body.constants", lambda: stream(chat_stream().replace('"created": 1', '"created": -Infinity')), set()),
    ("http.body.duplicate-keys", lambda: chat(HELLO.replace('"model"', '"id"')), set()),
    ("http.text.replacement-character", lambda: chat(chat_answer("Gr\ufffd\ufffd\u00dfe")), set()),
    ("http.text.replacement-character", lambda: stream(chat_stream("Gr\ufffd", "\ufffde")), set()),
    (
        "http.text.replacement-character",
        lambda: exchange(MESSAGES, wire.messages_stream("Gr\ufffd\ufffd", "e"), stream=True),
        set(),
    ),
    ("http.text.lone-surrogate", lambda: chat(chat_answer("a \ud83d b")), set()),
    ("http.text.lone-surrogate", lambda: stream(chat_stream("\ud83d", "\ude00")), set()),
    ("http.text.misread", lambda: chat(chat_answer("Caf\u00c3\u00a9")), set()),
    ("http.text.misread", lambda: chat(json.dumps(chat_answer("it\u00e2\u20ac\u2122s"), ensure_ascii=False)), set()),
    ("http.text.misread", lambda: stream(chat_stream("\u00f0\u009f\u0098\u0080")), set()),
    ("http.status.error-in-success", lambda: chat(wire.openai_error()), set()),
    ("http.status.error-in-success", lambda: chat({"object": "error", "message": "No.", "code": 404}), set()),
    ("http.status.error-in-success", lambda: chat({"detail": "Not Found"}), set()),
    ("http.status.error-in-success", lambda: exchange(MESSAGES, wire.anthropic_error()), set()),
    ("http.status.plain-success", lambda: chat(HELLO, 201), set()),
    ("http.status.known", lambda: chat(wire.openai_error(type="server_error"), 600), {"error.type.agrees"}),
    ("http.connection.cut", lambda: chat(HELLO, ended="cut"), set()),
    ("http.connection.cut", lambda: stream(ended="cut"), set()),
    ("http.header.contradiction", lambda: chat(HELLO, 200, ("Content-Type", "text/plain")), set()),
    ("http.header.repeated", lambda: chat(HELLO, 200, ("Content-Type", "application/json")), set()),
    ("http.header.repeated", lambda: chat(HELLO, 200, ("X-Request-Id", "other")), set()),
    ("http.header.request-id", lambda: exchange(CHAT, HELLO, headers=(JSON_TYPE,)), set()),
    ("http.header.request-id", lambda: exchange(CHAT, HELLO, headers=(JSON_TYPE, ("x-request-id", ""))), set()),
    ("http.header.request-id", lambda: exchange(MESSAGES, wire.messages_answer(), headers=(JSON_TYPE, ID)), set()),
    ("http.header.content-length", lambda: chat(HELLO, 200, ("Content-Length", "7")), set()),
    ("http.header.content-length", lambda: chat(HELLO, 200, ("Content-Length", "many")), set()),
    ("http.header.content-length", lambda: chat(HELLO, 200, ("Content-Length", "9" * 5000)), set()),
    (
        "http.header.stream-length",
        lambda: stream(headers=(SSE_TYPE, ID, ("content-length", str(len(chat_stream()))))),
        set(),
    ),
    (
        "http.header.two-framings",
        lambda: chat(HELLO, 200, ("content-length", str(len(HELLO))), ("transfer-encoding", "chunked")),
        set(),
    ),
    ("http.header.content-encoding", lambda: accepting("identity", "gzip"), set()),
    ("http.header.content-encoding", lambda: accepting("gzip, br;q=0", "br"), set()),
    ("http.header.retry-after", lambda: failing("Wait.", ("retry-after", "0.5 s")), set()),
    ("http.header.rate-limit", lambda: chat(HELLO, 200, ("x-ratelimit-reset-requests", "1732000000")), set()),
    ("http.header.rate-limit", lambda: chat(HELLO, 200, ("anthropic-ratelimit-tokens-reset", "soon")), set()),
    ("http.header.should-retry", lambda: chat(HELLO, 200, ("x-should-retry", "1")), set()),
    ("http.header.cacheable", lambda: chat(HELLO, 200, ("cache-control", "public, max-age=60")), set()),
    (
        "http.header.stream-cache",
        lambda: exchange(MESSAGES, wire.messages_stream(), stream=True, headers=(SSE_TYPE, ("request-id", "r"))),
        set(),
    ),
    ("http.redirect.method", lambda: redirected(301), set()),
    ("http.redirect.method", lambda: redirected(303), set()),
    ("http.redirect.other-place", lambda: redirected(308), set()),
    ("http.redirect.downgrade", lambda: redirected(307, "http://gateway.test/x"), {"http.redirect.other-place"}),
    ("http.secret.own-credential", lambda: failing("Wrong key: $GATEWAY_API_KEY"), set()),
    ("http.secret.own-credential", lambda: chat(HELLO, 200, ("x-debug", "Bearer $GATEWAY_API_KEY")), set()),
    ("http.secret.foreign-credential", lambda: failing(f"Incorrect API key provided: {KEY}. See the docs."), set()),
    ("http.secret.foreign-credential", lambda: chat(HELLO, 200, ("x-upstream-auth", f"Bearer {KEY}")), set()),
    ("http.secret.foreign-credential", lambda: failing("No route: {'api_key': 'abcd1234efgh5678'}"), set()),
    ("http.secret.foreign-credential", lambda: stream(chat_error_stream(f"Key {KEY} was refused.")), set()),
    ("http.secret.foreign-credential", lambda: failing(f"Key Hash (Token) ={'0123456789abcdef' * 4}"), set()),
    (
        "http.leak.trace",
        lambda: failing('It failed.\nTraceback (most recent call last):\n  File "x.py", line 3'),
        set(),
    ),
    ("http.leak.trace", lambda: failing("It failed.\n    at Router.handle (/srv/index.js:10:5)"), set()),
    ("http.leak.trace", lambda: failing("panic: oh no\n\ngoroutine 1 [running]:"), set()),
    ("http.leak.trace", lambda: failing("It failed in /usr/lib/python3/site-packages/gateway/main.py"), set()),
    ("http.leak.trace", lambda: failing("It failed.\n\tat java.base/java.lang.Thread.run(Thread.java:833)"), set()),
    ("http.leak.trace", lambda: typed("text/plain", "panic: oh no", 500), {"http.error.json"}),
    (
        "http.leak.trace",
        lambda: stream(chat_stream() + "Traceback (most recent call last):\n\n"),
        {"sse.framing.stray-line"},
    ),
    (
        "http.leak.address",
        lambda: failing("dial tcp 10.12.0.7:8000: connection refused", status=500),
        {"error.type.agrees"},
    ),
    ("http.leak.address", lambda: failing("Cannot reach http://localhost:11434/v1", status=500), {"error.type.agrees"}),
    ("http.leak.address", lambda: failing("No answer of llm.prod.svc.cluster.local here."), set()),
    ("http.leak.address", lambda: chat(HELLO, 200, ("x-upstream", "http://192.168.1.4:8080")), set()),
]


def chat_error_stream(message: str) -> str:
    return wire.unnamed([*wire.chat_events()[:2], wire.openai_error(message)]) + "data: [DONE]\n\n"


@pytest.mark.parametrize(("rule", "make", "others"), DAMAGED, ids=[f"{i}-{row[0]}" for i, row in enumerate(DAMAGED)])
def test_a_damaged_exchange_breaks_its_rule(rule: str, make: Callable[[], Exchange], others: set[str]) -> None:
    assert broken(make()) == {rule, *others}


def test_every_rule_is_broken_here() -> None:
    assert {rule for rule in SHARED if rule.startswith("http.")} == {row[0] for row in DAMAGED}


USUAL: list[Callable[[], Exchange]] = [
    lambda: chat(),
    lambda: stream(),
    lambda: typed("application/json; charset=utf-8"),
    lambda: typed('Application/JSON; Charset="UTF-8"'),
    lambda: exchange(MESSAGES, wire.messages_answer()),
    lambda: exchange(MESSAGES, wire.messages_stream(), stream=True),
    lambda: chat(json.dumps(chat_answer(), indent=2)),
    lambda: chat(HELLO, 200, ("content-length", str(len(HELLO)))),
    lambda: chat(HELLO, 200, ("content-length", f"00{len(HELLO)}")),
    lambda: chat(HELLO, 200, ("content-length", "7"), ("content-encoding", "gzip")),
    lambda: chat(HELLO, 200, ("content-length", "9999"), ended="not_recorded"),
    lambda: accepting("gzip, deflate", "gzip"),
    lambda: accepting("*", "br"),
    lambda: accepting("identity", "identity"),
    lambda: chat(HELLO, 200, ("retry-after", "16")),
    lambda: chat(HELLO, 200, ("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT")),
    lambda: chat(HELLO, 200, ("x-ratelimit-reset-requests", "6m0s"), ("x-ratelimit-reset-tokens", "8.64s")),
    lambda: chat(HELLO, 200, ("anthropic-ratelimit-tokens-reset", "2026-01-02T03:04:05Z")),
    lambda: chat(HELLO, 200, ("cache-control", "no-cache, must-revalidate")),
    lambda: chat(HELLO, 200, ("set-cookie", f"session={KEY}")),
    lambda: chat(HELLO, 200, ("Date", "now"), ("Date", "then")),
    lambda: failing("Incorrect API key provided: sk-proj-********************a1B2."),
    lambda: failing("Incorrect API key provided: test_api_key. You can find your API key in the settings."),
    lambda: asking(failing(f"Unknown parameter: {KEY}"), KEY),
    lambda: asking(failing("Cannot download http://10.0.0.1:80/cat.png"), "http://10.0.0.1:80/cat.png"),
    lambda: chat(chat_answer(f"Here is one: {KEY}, http://localhost:80, panic: Traceback (most recent call last)")),
    lambda: chat(chat_answer("Stopped in the middle of \ufffd")),
    lambda: stream(chat_stream("Stopped in", " the middle of \ufffd\ufffd")),
    lambda: asking(chat(chat_answer("U+FFFD is \ufffd here.")), "What is \ufffd?"),
    lambda: asking(chat(chat_answer("Caf\u00c3\u00a9 is Café.")), "What is Caf\u00c3\u00a9?"),
    lambda: chat(json.dumps(chat_answer("Ça va, « CAFÉ » à É»? 😀 \u2028"), ensure_ascii=False)),
    lambda: chat(chat_answer("😀 as two escapes, NaN and Infinity in a text")),
    lambda: exchange(CHAT, chat_stream(), ask={"stream": "yes"}, headers=(SSE_TYPE, ID)),
    lambda: exchange(CHAT, HELLO, ask={"stream": "yes"}),
    lambda: exchange(CHAT, b"", 204, headers=(ID,), request=Request("HEAD", "https://h/v1/chat/completions")),
]


@pytest.mark.parametrize("make", USUAL, ids=range(len(USUAL)))
def test_usual_exchanges_break_nothing(make: Callable[[], Exchange]) -> None:
    assert broken(make()) - {"http.status.plain-success"} == set()


def test_no_finding_repeats_a_credential() -> None:
    for found in (failing(f"Bad key {KEY}"), chat(wire.openai_error(KEY)), typed("text/plain", f"Bearer {KEY}", 500)):
        texts = [finding.got + finding.expected for finding in contract.findings(found)]
        assert texts
        assert not any(KEY in text for text in texts)


def test_headers_that_were_not_recorded_are_not_judged() -> None:
    assert broken(exchange(CHAT, HELLO, headers=(), lacks=frozenset({"headers"}))) == set()


def test_a_damaged_character_is_found_in_its_event() -> None:
    found = stream(chat_stream("Hel", "l\ufffd\ufffd", "o"))
    places = [f.where for f in contract.findings(found) if f.rule == "http.text.replacement-character"]
    assert [(where.event, where.pointer) for where in places] == [(3, "/choices/0/delta/content")]


def test_a_key_removed_from_a_recording_does_not_make_the_length_wrong() -> None:
    """The placeholder is shorter or longer than the text that it replaces."""
    body = json.dumps(chat_answer(f"Your key is {redaction.OWN}"))
    rules = {finding.rule for finding in contract.findings(chat(body, 200, ("content-length", "7")))}
    assert "http.secret.own-credential" in rules
    assert "http.header.content-length" not in rules


@pytest.mark.parametrize(
    ("method", "path", "rule"),
    [
        ("GET", "/v1/responses/resp_1", "http.body.empty"),
        ("POST", "/v1/responses/resp_1/cancel", "http.body.empty"),
        ("GET", "/openai/v1/responses/resp_1", "http.body.empty"),
        ("POST", "/v1/no-such-endpoint", "elsewhere.error-json"),
        ("POST", "/chat/completions", "elsewhere.error-json"),
        ("POST", "/v1/v1/chat/completions", "elsewhere.error-json"),
        ("PUT", "/v1/messages", "elsewhere.error-json"),
    ],
)
def test_an_error_may_be_empty_only_where_no_vendor_has_an_endpoint(method: str, path: str, rule: str) -> None:
    request = Request(method, f"https://h{path}")
    assert elsewhere(b"", 404, request) == {rule}
    assert elsewhere(PAGE, 404, request) == {rule.replace("empty", "html")}


def test_a_success_is_never_empty() -> None:
    assert "http.body.empty" in elsewhere(b"", 200, Request("POST", "https://h/v1/no-such-endpoint"))


def elsewhere(body: bytes | str, status: int, request: Request) -> set[str]:
    """The rules that an answer at another place than an endpoint breaks."""
    found = replace(exchange(CHAT, body, status, headers=(ID, JSON_TYPE), request=request), family="elsewhere")
    return {finding.rule for finding in contract.findings(found)}
