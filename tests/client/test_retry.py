"""Retries, the waits between them, and the end of a run whose gateway is down."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from conformance.client.budget import BudgetSpentError
from conformance.client.http import Client
from conformance.client.retry import MAX_SILENCE, GatewayDownError, Sender, SendLimits, Sent, SharedLimits
from conformance.core.model import Case, Exchange, Request, Step, Verdict
from conformance.run.case_runner import CaseRunner
from conformance.target.profile import Profile
from conformance.target.target import Target
from tests.support.servers import Said, Script, answer, json_answer, raw, says, unused_port
from tests.support.suite import case, library, report, run

OK = json_answer({"id": "x"})


def refused(status: int, *headers: tuple[str, str]) -> Script:
    return says(answer(status, b"{}", (("content-type", "application/json"), *headers)))


def sent(
    client: Client, origin: str, retries: int = 2, expected: Sequence[int] | None = (), sender: Sender | None = None
) -> Sent:
    request = Request("POST", f"{origin}/v1/messages", body=b"{}")
    chosen = sender or Sender(client, SharedLimits(SendLimits(retries=retries)))
    return client.submit(chosen.send("messages", request, "k", 0, expected)).result(30)


@pytest.mark.socket
@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_a_transient_failure_is_retried(status: int, client: Client) -> None:
    with raw(refused(status, ("retry-after-ms", "1")), refused(status, ("retry-after-ms", "1")), says(OK)) as said:
        found = sent(client, said.origin)
    assert found.exchange.status == 200
    assert [(one.got, one.step, one.waited) for one in found.attempts] == [(f"status {status}", 0, 0.001)] * 2
    assert len(said.requests) == 3


def once_busy(status: int, client: Client) -> tuple[Verdict, int]:
    """The verdict on a case that expects an error: the first answer has this status, the next is the error."""
    error = b'{"error": {"message": "No.", "type": "invalid_request_error", "param": null, "code": null}}'
    headers = (("content-type", "application/json"), ("x-request-id", "r"), ("retry-after-ms", "1"))
    scripts = says(answer(status, error, headers)), says(answer(400, error, headers))
    step = Step({"method": "DELETE"}, {"outcome": "refusal"})
    with raw(*scripts) as said:
        target = Target(f"{said.origin}/v1", Profile(endpoints=("elsewhere",)), "k", {"default": "m"})
        probe = Case("e/p/o", "t", "elsewhere", "p", "elsewhere", "must", "https://h", (), (step,), "p.yaml", 1)
        found = CaseRunner(target, client, SharedLimits(SendLimits(retries=2))).run(probe)
    return found, len(said.requests)


@pytest.mark.socket
@pytest.mark.parametrize("status", [429, 500, 501, 502, 503, 504, 529])
def test_where_an_error_is_expected_a_server_error_or_a_busy_moment_is_retried(status: int, client: Client) -> None:
    found, requests = once_busy(status, client)
    assert (found.outcome, requests) == ("passed", 2)
    assert [one.got for one in found.attempts] == [f"status {status}"]


@pytest.mark.socket
@pytest.mark.parametrize("status", [408, 409])
def test_where_an_error_is_expected_other_failures_are_not_retried(status: int, client: Client) -> None:
    found, requests = once_busy(status, client)
    assert (found.outcome, requests) == ("failed", 1)


@pytest.mark.socket
@pytest.mark.parametrize(("status_of_a_plain_request", "outcome"), [(200, "failed"), (503, "unverified")])
def test_a_server_error_instead_of_another_error_counts_if_each_try_gets_it_and_a_plain_request_does_not(
    status_of_a_plain_request: int, outcome: str, client: Client
) -> None:
    error, headers = b"no healthy upstream", (("content-type", "text/plain"), ("retry-after-ms", "1"))

    def by_method(connection: socket.socket, said: Said) -> None:
        plain = said.requests[-1].startswith(b"GET /v1/models ")
        connection.sendall(answer(status_of_a_plain_request if plain else 500, error, headers))

    step = Step({"method": "DELETE"}, {"outcome": "refusal"})
    with raw(by_method) as said:
        target = Target(f"{said.origin}/v1", Profile(endpoints=("elsewhere",)), "k", {"default": "m"})
        probe = Case("e/p/o", "t", "elsewhere", "p", "elsewhere", "must", "https://h", (), (step,), "p.yaml", 1)
        found = CaseRunner(target, client, SharedLimits(SendLimits(retries=2))).run(probe)
    assert found.outcome == outcome
    assert [one.got for one in found.attempts] == ["status 500", "status 500"]
    assert len(said.requests) == (4 if outcome == "failed" else 6)
    if outcome == "unverified":
        assert found.reason == "the gateway answered 500, and a plain request after it got no answer either"


def breaks(connection: socket.socket, _said: Said) -> None:
    """A connection that breaks in the middle of the body."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")


@pytest.mark.socket
def test_a_broken_connection_is_retried(client: Client) -> None:
    with raw(breaks, says(b""), says(b""), says(OK)) as said:  # without a status, it tries again at once
        found = sent(client, said.origin)
    assert found.exchange.status == 200
    assert [(one.status, one.ended) for one in found.attempts] == [(200, "cut"), (None, "cut")]
    assert found.attempts[0].got.startswith("status 200, then: RemoteProtocolError: ")


@pytest.mark.socket
def test_retries_end(client: Client) -> None:
    with raw(refused(503, ("retry-after", "0"))) as said:
        found = sent(client, said.origin, retries=3)
    assert found.exchange.status == 503
    assert len(said.requests) == 4
    assert len(found.attempts) == 3


@pytest.mark.socket
@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_permanent_failure_is_not_retried(status: int, client: Client) -> None:
    with raw(refused(status)) as said:
        assert sent(client, said.origin).attempts == ()
    assert len(said.requests) == 1


@pytest.mark.socket
@pytest.mark.parametrize("expected", [None, (429,)])
def test_an_expected_failure_is_never_retried(expected: Sequence[int] | None, client: Client) -> None:
    with raw(refused(429, ("retry-after", "5"))) as said:
        start = time.monotonic()
        assert sent(client, said.origin, expected=expected).exchange.status == 429
    assert len(said.requests) == 1
    assert time.monotonic() - start < 4


@pytest.mark.socket
def test_a_wait_that_is_too_long_ends_the_retries(client: Client) -> None:
    with raw(refused(429, ("retry-after", "3600"))) as said:
        assert sent(client, said.origin).exchange.status == 429
    assert len(said.requests) == 1


@pytest.mark.socket
def test_without_retry_after_the_wait_grows_and_varies(client: Client) -> None:
    with raw(refused(500), refused(500), says(OK)) as said:
        waited = [one.waited for one in sent(client, said.origin).attempts]
    assert 0 <= waited[0] <= 0.5
    assert 0 <= waited[1] <= 1.0


@pytest.mark.socket
def test_retry_after_of_one_answer_delays_all_requests(client: Client) -> None:
    with raw(refused(429, ("retry-after-ms", "300")), says(OK)) as said:
        allowance = SharedLimits(SendLimits(retries=1))
        sender = Sender(client, allowance)
        request = Request("POST", f"{said.origin}/v1/messages", body=b"{}")

        async def both() -> float:
            first = asyncio.create_task(sender.send("messages", request, "k", 0, ()))
            while not allowance.budget.requests or allowance.in_flight:
                await asyncio.sleep(0.005)
            start = time.monotonic()
            await sender.send("messages", request, "k", 0, ())
            waited = time.monotonic() - start
            await first
            return waited

        assert client.submit(both()).result(30) > 0.15


def breaker(client: Client, answers: bool) -> tuple[Sender, SharedLimits, list[int]]:
    asked: list[int] = []
    exchange = Exchange("models", Request("GET", "http://h/v1/models"), 200 if answers else None, problem="refused")

    async def probe() -> Exchange:
        asked.append(1)
        return exchange

    allowance = SharedLimits()
    return Sender(client, allowance, probe), allowance, asked


@pytest.mark.socket
def test_a_gateway_that_is_down_gets_no_more_requests(client: Client) -> None:
    sender, allowance, asked = breaker(client, answers=False)
    origin = f"http://127.0.0.1:{unused_port()}"
    for _ in range(MAX_SILENCE):
        assert sent(client, origin, sender=sender).exchange.ended == "unreachable"
    with pytest.raises(GatewayDownError, match="has stopped answering"):
        sent(client, origin, sender=sender)
    assert len(asked) == 1
    assert allowance.budget.requests == MAX_SILENCE


@pytest.mark.socket
def test_a_gateway_that_still_answers_is_not_given_up(client: Client) -> None:
    sender, _, asked = breaker(client, answers=True)
    origin = f"http://127.0.0.1:{unused_port()}"
    for _ in range(MAX_SILENCE + 1):
        sent(client, origin, sender=sender)
    assert len(asked) == 1


DOWN = answer(503, b"no healthy upstream", (("content-type", "text/plain"), ("retry-after-ms", "1")))


@pytest.mark.socket
@pytest.mark.parametrize("gone", [b"", DOWN])
def test_an_outage_is_reported_once(gone: bytes, tmp_path: Path) -> None:
    """The gateway answers the preflight and nothing after it, or only a proxy in front of it answers."""
    listing = json_answer({"object": "list", "data": [{"id": "m"}]})
    folder = library(tmp_path / "cases", *(case(f"c{number}") for number in range(40)))
    with raw(says(listing), says(gone)) as said:
        result = run(
            f"--gateway-url={said.origin}/v1", f"--cases={folder}", f"--report-dir={tmp_path}", "--concurrency=2"
        )
    entries: Any = report(tmp_path)["verdicts"]
    assert len(entries) == 40
    unsent = [entry for entry in entries if "has stopped answering" in entry["reason"]]
    assert len(unsent) > 30
    assert {entry["outcome"] for entry in unsent} == {"unverified"}
    summary = result.stdout.partition("gateway conformance ==")[2].partition("short test summary")[0]
    assert summary.count("has stopped answering") == 1
    assert len(said.requests) < 30


@pytest.mark.socket
def test_a_case_that_passed_after_two_retries_lists_them(tmp_path: Path) -> None:
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": "Hello"}],
        "usage": {"input_tokens": 3, "output_tokens": 2},
    }  # fmt: skip
    listing = json_answer({"object": "list", "data": [{"id": "m"}]})
    busy = refused(529, ("retry-after-ms", "2"))
    folder = library(tmp_path / "cases", case("one"))
    good = says(json_answer(message))
    with raw(says(listing), good, busy, busy, good) as said:  # the second is the control
        result = run(f"--gateway-url={said.origin}/v1", f"--cases={folder}", f"--report-dir={tmp_path}", "--model=m")
    [entry] = report(tmp_path)["verdicts"]  # type: ignore[misc]
    assert entry["exchanges"][-1]["status"] == 200, result.stdout
    assert "retried:" in result.stdout
    assert "messages/probe/one" in result.stdout


@pytest.mark.socket
def test_a_received_answer_is_judged_if_the_budget_ends_before_the_retry(client: Client) -> None:
    sender = Sender(client, SharedLimits(SendLimits(retries=2, requests=1)))
    with raw(refused(500, ("retry-after-ms", "1"))) as said:
        found = sent(client, said.origin, sender=sender)
        assert (found.exchange.status, found.attempts) == (500, ())
        with pytest.raises(BudgetSpentError, match="--gateway-max-requests"):
            sent(client, said.origin, sender=sender)
    assert len(said.requests) == 1


@pytest.mark.socket
def test_earlier_attempts_are_listed(client: Client) -> None:
    sender = Sender(client, SharedLimits(SendLimits(retries=3, requests=2)))
    with raw(refused(503, ("retry-after-ms", "1")), refused(500, ("retry-after-ms", "1"))) as said:
        found = sent(client, said.origin, sender=sender)
    assert found.exchange.status == 500
    assert [one.got for one in found.attempts] == ["status 503"]


@pytest.mark.socket
def test_a_received_answer_is_judged_if_the_gateway_goes_down_before_the_retry(client: Client) -> None:
    """Other requests find that it is down while this one waits for its retry."""
    answered = threading.Event()

    async def probe() -> Exchange:
        return Exchange("models", Request("GET", "http://h/v1/models"), None, problem="refused")

    def answers(connection: socket.socket, _said: Said) -> None:
        connection.sendall(answer(500, b"{}", (("retry-after-ms", "1500"),)))
        answered.set()

    def hangs_up(_connection: socket.socket, said: Said) -> None:
        answered.wait(5)
        said.ended.wait(0.2)

    sender = Sender(client, SharedLimits(SendLimits(retries=1)), probe)
    with raw(answers) as said, raw(hangs_up) as gone:
        request, lost = (Request("POST", f"{origin}/v1/messages", body=b"{}") for origin in (said.origin, gone.origin))

        async def all_of_them() -> Sent:
            others = (sender.send("messages", lost, "k", 0, None) for _ in range(MAX_SILENCE))
            found, *_ = await asyncio.gather(sender.send("messages", request, "k", 0, ()), *others)
            return found

        found = client.submit(all_of_them()).result(30)
    assert (found.exchange.status, found.attempts) == (500, ())
    assert len(said.requests) == 1
