"""The rate limit, and the waiting time that a gateway states in `retry-after`."""

from __future__ import annotations

import asyncio
import email.utils
import socket
import time
from types import SimpleNamespace

import pytest

from conformance.client import rate_limit
from conformance.client.http import Client
from conformance.client.rate_limit import RateLimiter, retry_after
from conformance.client.retry import Sender, SendLimits, SharedLimits
from conformance.core.model import Request
from tests.support.servers import Said, Script, answer, json_answer, raw

NOW = 1_700_000_000.0
OK = json_answer({"id": "x"})


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": email.utils.formatdate(NOW + 30, usegmt=True)}, 30.0),
        ({"retry-after": email.utils.formatdate(NOW - 30, usegmt=True)}, 0.0),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"Retry-After-Ms": "soon", "retry-after": "1"}, 1.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "99999999999999999999 Nov 2023"}, None),
        ({}, None),
    ],
)
def test_both_forms_of_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(tuple(headers.items()), NOW) == seconds


class Clock:
    """A clock that only sleeping moves, so that waits can be compared exactly on a machine of any speed."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        patch.setattr(rate_limit, "time", SimpleNamespace(monotonic=lambda: self.now))
        patch.setattr(rate_limit, "asyncio", SimpleNamespace(sleep=self._sleep))

    async def _sleep(self, seconds: float) -> None:
        end = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, end)


@pytest.mark.socket
def test_requests_are_spread_over_the_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    async def four() -> list[float]:
        limiter, times = RateLimiter(per_minute=600), []
        for index in range(4):
            if index == 3:
                clock.now += 0.05  # half of the interval passes without a wait
            await limiter.acquire()
            times.append(clock.now)
        return times

    assert asyncio.run(four()) == pytest.approx([0.0, 0.1, 0.2, 0.3])


@pytest.mark.socket
def test_a_hold_delays_all_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    async def held() -> list[float]:
        limiter = RateLimiter()
        limiter.pause(0.15)

        async def one() -> float:
            await limiter.acquire()
            return clock.now

        return await asyncio.gather(one(), one())

    assert asyncio.run(held()) == pytest.approx([0.15, 0.15])


@pytest.mark.socket
def test_a_queued_request_respects_a_retry_after_that_arrives_meanwhile(client: Client) -> None:
    times: list[float] = []

    def says(data: bytes) -> Script:
        def script(connection: socket.socket, said: Said) -> None:
            said.ended.wait(0.1)
            times.append(time.monotonic())
            connection.sendall(data)

        return script

    busy = answer(429, b"{}", (("content-type", "application/json"), ("retry-after-ms", "600")))
    with raw(says(busy), says(OK)) as said:
        sender = Sender(client, SharedLimits(SendLimits(at_once=1, retries=1)))
        request = Request("POST", f"{said.origin}/v1/messages", body=b"{}")

        async def both() -> None:
            await asyncio.gather(*(sender.send("messages", request, "k", 0, ()) for _ in range(2)))

        client.submit(both()).result(30)
    assert len(times) == 3
    assert times[1] - times[0] > 0.6
