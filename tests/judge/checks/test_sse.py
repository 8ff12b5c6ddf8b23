"""Every rule of SSE framing is broken by a damaged stream, and unusual but legal streams break no `must`."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from conformance.core.model import Chunk, Exchange
from conformance.judge import contract
from conformance.protocol import rulebook
from tests.support import wire
from tests.support.wire import CHAT, MESSAGES, RESPONSES, broken, chat_stream, exchange, messages_stream


def chat(body: bytes | str) -> Exchange:
    return exchange(CHAT, body, stream=True)


def messages(body: bytes | str) -> Exchange:
    return exchange(MESSAGES, body, stream=True)


def responses(body: bytes | str) -> Exchange:
    return exchange(RESPONSES, body, stream=True)


CREATED = {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1", "object": "response"}}
CHUNK = json.dumps(wire.chat_chunk({"content": "x"}))
PRETTY = json.dumps(wire.chat_chunk({"content": "x"}), indent=2)


def with_first(text: str) -> Callable[[], Exchange]:
    """A chat stream with a text before it."""
    return lambda: chat(text + chat_stream())


DAMAGED: list[tuple[str, Callable[[], Exchange], set[str]]] = [
    ("sse.stream.no-event", lambda: chat(b""), set()),
    ("sse.stream.no-event", lambda: chat(": only a comment\n\n"), set()),
    (
        "sse.stream.no-event",
        lambda: chat(CHUNK),
        {"sse.framing.stray-line", "http.stream.expected", "http.content-type.json"},
    ),
    ("sse.framing.bom", lambda: chat(b"\xef\xbb\xbf" + chat_stream().encode()), set()),
    ("sse.framing.utf8", lambda: chat(chat_stream("XX").encode().replace(b"XX", b"\xc3(")), set()),
    ("sse.framing.unfinished", lambda: chat(chat_stream().removesuffix("\n")), set()),
    ("sse.framing.stray-line", lambda: chat(chat_stream() + CHUNK + "\n\n"), set()),
    ("sse.framing.stray-line", lambda: chat(f"data: {PRETTY}\n\n" + chat_stream()), {"sse.data.json"}),
    ("sse.framing.stray-line", with_first(f"Data: {CHUNK}\n\n"), set()),
    ("sse.framing.stray-line", with_first(f" data: {CHUNK}\n\n"), set()),
    ("sse.framing.stray-line", with_first("Internal Server Error\n\n"), set()),
    ("sse.framing.unknown-field", with_first("trace: 7\n\n"), set()),
    (
        "sse.framing.stray-line",
        lambda: chat("trace: 7\n\n"),
        {"sse.stream.no-event", "http.stream.expected"},
    ),
    (
        "sse.framing.blank-after-id",
        lambda: chat(f"id: 1\ndata: {CHUNK}\n\n: ping\n\n" + chat_stream()),
        {"sse.framing.id"},
    ),
    ("sse.framing.data-lines", lambda: chat(chat_stream().replace('"choices": ', '\ndata: "choices": ')), set()),
    ("sse.framing.space", lambda: chat(chat_stream().replace("data: ", "data:")), set()),
    ("sse.framing.crlf", lambda: chat(chat_stream().replace("\n", "\r\n")), set()),
    ("sse.framing.cr", lambda: chat(chat_stream().replace("\n", "\r")), set()),
    ("sse.framing.mixed-line-ends", lambda: chat(chat_stream().replace("\n", "\r\n", 2)), {"sse.framing.crlf"}),
    ("sse.framing.id", with_first(f"id: 1\ndata: {CHUNK}\n\n"), set()),
    ("sse.framing.id-nul", with_first(f"id: 1\0\ndata: {CHUNK}\n\n"), set()),
    ("sse.framing.retry", with_first(f"retry: 3000\ndata: {CHUNK}\n\n"), set()),
    ("sse.framing.retry-digits", with_first(f"retry: 3s\ndata: {CHUNK}\n\n"), set()),
    ("sse.event.without-data", with_first("event: keepalive\n\n"), set()),
    ("sse.event.without-data", with_first("data:\n\n"), set()),
    ("sse.event.without-data", lambda: responses("event: keepalive\n\n" + wire.named([CREATED])), set()),
    ("sse.event.without-data-messages", lambda: messages("event: ping\n\n" + messages_stream()), set()),
    (
        "sse.event.without-data-named",
        lambda: messages(messages_stream() + "event: message_stop\n\n"),
        set(),
    ),
    (
        "sse.event.without-data-named",
        lambda: messages(messages_stream() + "event: content_block_delta\ndata:\n\n"),
        set(),
    ),
    ("sse.event.name", lambda: messages(messages_stream().replace("event: message_delta", "event: delta")), set()),
    ("sse.event.name", lambda: responses(wire.named([CREATED]).replace("event: response.", "event: ")), set()),
    ("sse.event.unnamed-messages", lambda: messages(wire.unnamed(wire.messages_events())), set()),
    ("sse.event.unnamed-messages", lambda: messages(chat_stream()), {"sse.event.done-messages"}),
    ("sse.event.unnamed-responses", lambda: responses(wire.unnamed([CREATED])), set()),
    ("sse.event.named-chat", lambda: chat(chat_stream().replace("data: {", "event: data\ndata: {", 1)), set()),
    ("sse.event.done-messages", lambda: messages(messages_stream() + "data: [DONE]\n\n"), set()),
    ("sse.event.done-named", lambda: messages(messages_stream() + "event: done\ndata: [DONE]\n\n"), set()),
    ("sse.data.json", with_first("data: : keepalive\n\n"), set()),
    ("sse.data.json", with_first(f"data: data: {CHUNK}\n\n"), set()),
    ("sse.data.json", with_first("data: [done]\n\n"), set()),
    ("sse.data.json", with_first("data:  \n\n"), set()),
    ("sse.data.json", lambda: messages(messages_stream() + "event: content_block_delta\ndata:  \n\n"), set()),
    ("sse.data.json", with_first(f"data: {CHUNK[:-9]}\n\n"), set()),
    ("sse.data.one-document", with_first(f"data: {CHUNK}{CHUNK}\n\n"), set()),
    ("sse.data.one-document", with_first(f"data: {CHUNK}\ndata: {CHUNK}\n\n"), {"sse.framing.data-lines"}),
    ("sse.data.object", with_first("data: null\n\n"), set()),
    ("sse.data.object", with_first("data: []\n\n"), set()),
    ("sse.data.object", lambda: chat(chat_stream().replace("[DONE]", '"[DONE]"')), set()),
    ("sse.data.done", lambda: chat(chat_stream().replace("[DONE]", "[DONE] ")), set()),
]


@pytest.mark.parametrize(("rule", "make", "others"), DAMAGED, ids=[f"{i}-{row[0]}" for i, row in enumerate(DAMAGED)])
def test_a_damaged_stream_breaks_its_rule(rule: str, make: Callable[[], Exchange], others: set[str]) -> None:
    assert broken(make()) == {rule, *others}


def test_every_rule_is_broken_here() -> None:
    assert {rule for rule in rulebook.rules() if rule.startswith("sse.")} == {row[0] for row in DAMAGED}


@pytest.mark.parametrize(
    "found",
    [
        chat(chat_stream()),
        chat("\n\n: hello\n\n" + chat_stream()),
        chat(chat_stream().replace("\n\ndata", "\n\n\ndata")),
        chat(chat_stream("a\u2028b\u0085c")),
        chat('event: error\ndata: {"error": {"message": "It broke.", "type": "server_error"}}\n\ndata: [DONE]\n\n'),
        messages(messages_stream()),
        messages(": ping\n\n" + messages_stream()),
        responses(wire.named([CREATED])),
        responses(wire.named([CREATED]) + "data: [DONE]\n\n"),
    ],
)
def test_usual_exchanges_break_nothing(found: Exchange) -> None:
    assert broken(found) == set()


@pytest.mark.parametrize("end", ["\r", "\r\n"])
@pytest.mark.parametrize("make", [lambda: (chat, chat_stream()), lambda: (messages, messages_stream())])
def test_legal_streams_break_no_must(end: str, make: Callable[[], Any]) -> None:
    judge, body = make()
    odd = body.replace("data: ", "data:").replace(", ", ",\ndata: ").replace("\n", end)
    musts = {finding.rule for finding in contract.findings(judge(odd)) if finding.level == "must"}
    assert {rule for rule in musts if rule.startswith("sse.")} == set()


def test_a_finding_has_its_event_and_offset() -> None:
    body = wire.unnamed([wire.chat_chunk({"content": "x"})])
    (finding,) = (
        found
        for found in contract.findings(chat(body + "data: {\n\ndata: [DONE]\n\n"))
        if found.rule == "sse.data.json"
    )
    assert (finding.where.event, finding.where.offset) == (2, len(body))


def test_a_recording_without_byte_layout_is_not_judged_by_it() -> None:
    crlf = exchange(CHAT, chat_stream().replace("\n", "\r\n"), stream=True, lacks=frozenset({"bytes"}))
    assert broken(crlf) == set()


DAMAGES = [b"", b"\0", b"\xff", b"\r", b"\n\n", b"{", b'"', b"]"]


@pytest.mark.fuzz
@pytest.mark.parametrize("damage", DAMAGES, ids=repr)
@pytest.mark.parametrize("found", [chat(chat_stream()), messages(messages_stream()), responses(wire.named([CREATED]))])
def test_any_damaged_byte_is_judged(found: Exchange, damage: bytes) -> None:
    """With any byte replaced, the judge returns findings and never raises."""
    body = found.chunks[0].data
    noticed = 0
    for at in range(0, len(body), 11):
        bytes_ = body[:at] + damage + body[at + 1 :]
        damaged = Exchange(found.family, found.request, 200, found.headers, (Chunk(0.1, bytes_),))
        noticed += bool(contract.findings(damaged))
    assert noticed > 0
