"""The time limit of requests whose kind hangs."""

from __future__ import annotations

from conformance.client.patience import HANGS, RECHECK, SHARE, Kind, Patience, kind_of
from conformance.core.model import Ending, Exchange, Request

STREAM, PLAIN = Kind("messages", True), Kind("messages", False)


def exchange(status: int | None, ended: Ending = "complete") -> Exchange:
    return Exchange("messages", Request("POST", "http://h/v1/messages"), status, ended=ended)


def test_a_request_asks_for_a_stream_or_not() -> None:
    def kind(body: bytes) -> Kind:
        return kind_of("messages", Request("POST", "http://h/v1/messages", body=body))

    assert kind(b'{"stream": true}') == STREAM
    for body in (b'{"stream": false}', b'{"stream": "true"}', b'["stream"]', b'{"stream": ', b""):
        assert kind(body) == PLAIN


def test_only_the_kind_that_hangs_gets_less_time() -> None:
    patience = Patience(60.0)
    for _ in range(HANGS):
        assert patience.seconds(STREAM) == 60.0
        patience.record(STREAM, exchange(200, "timeout"))
    assert patience.seconds(STREAM) == 60.0 * SHARE
    assert patience.seconds(PLAIN) == patience.seconds(Kind("responses", True)) == 60.0


def test_an_answer_restores_the_time_and_an_error_does_not() -> None:
    patience = Patience(60.0)
    for _ in range(HANGS):
        patience.record(STREAM, exchange(None, "timeout"))
        patience.record(STREAM, exchange(400))
    assert patience.seconds(STREAM) < 60.0
    patience.record(STREAM, exchange(200))
    assert patience.seconds(STREAM) == 60.0


def test_hangs_with_an_answer_between_them_change_nothing() -> None:
    patience = Patience(60.0)
    for _ in range(3 * HANGS):
        patience.record(STREAM, exchange(200, "timeout"))
        patience.record(STREAM, exchange(200))
    assert patience.seconds(STREAM) == 60.0


def test_a_few_requests_still_get_the_whole_time() -> None:
    patience = Patience(60.0)
    for _ in range(HANGS):
        patience.record(STREAM, exchange(200, "timeout"))
    given = [patience.seconds(STREAM) for _ in range(3 * RECHECK)]
    assert given.count(60.0) == 3
    assert given[RECHECK - 1] == 60.0
