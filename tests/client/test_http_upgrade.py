"""The client asks to upgrade a connection to WebSockets, and records the status that comes at once."""

from __future__ import annotations

import pytest

from conformance.client.http import Client
from conformance.core.model import Exchange, Request, Step
from conformance.judge.control import ASSUMED
from conformance.judge.verdict import judge_exchanges
from conformance.target.profile import Profile
from tests.support.judging import case
from tests.support.posts import KEY
from tests.support.servers import Script, json_answer, raw, says, stalls

SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nx-request-id: r\r\n\r\n"
FRAME = b"\x81\x02{}"
HEADERS = (("connection", "Upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13"))
ERROR = {"error": {"message": "Use POST.", "type": "invalid_request_error", "param": None, "code": None}}
EXPECTED = {"outcome": "either", "status": [101, 404, 405, 426], "should_be": [426], "within": 3}


def upgraded(*scripts: Script, timeout: float = 5) -> Exchange:
    with Client(timeout) as client, raw(*scripts) as server:
        return client.send("elsewhere", Request("GET", f"{server.origin}/v1/responses", HEADERS, b"", ("bearer",)), KEY)


def findings(exchange: Exchange) -> set[tuple[str, str]]:
    what = case(EXPECTED, family="elsewhere")
    assert what.steps == (Step({}, EXPECTED),)
    found = judge_exchanges(what, [exchange], Profile(), ASSUMED).findings
    return {(finding.level, finding.rule) for finding in found if finding.level in ("must", "should")}


@pytest.mark.socket
@pytest.mark.parametrize("after", [b"", FRAME])
def test_switching_protocols_is_a_complete_answer(after: bytes) -> None:
    exchange = upgraded(stalls(SWITCHED + after))
    assert (exchange.status, exchange.ended) == (101, "complete")
    assert exchange.seconds < 3
    assert findings(exchange) == set()


@pytest.mark.socket
def test_a_status_that_ends_the_session_is_a_finding() -> None:
    assert findings(upgraded(says(json_answer(ERROR, 426)))) == set()
    assert findings(upgraded(says(json_answer(ERROR, 405)))) == {("should", "case.status-usual")}
    assert findings(upgraded(says(json_answer(ERROR, 400)))) == {("must", "case.status")}


@pytest.mark.socket
def test_an_upgrade_without_an_answer_is_a_finding() -> None:
    exchange = upgraded(stalls(), timeout=0.3)
    assert exchange.ended == "timeout"
    assert ("must", "case.answered") in findings(exchange)
