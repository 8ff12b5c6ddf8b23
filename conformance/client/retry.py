"""Sends requests with rate limit, budget, retries and a circuit breaker."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import nullcontext
from dataclasses import dataclass

from conformance.client.budget import Budget, BudgetSpentError
from conformance.client.http import Client
from conformance.client.patience import HANGS, Patience, kind_of
from conformance.client.rate_limit import MAX_WAIT, RateLimiter, retry_after
from conformance.core.model import Attempt, Exchange, Request
from conformance.core.reasons import NOT_AWAITED, STOPPED
from conformance.protocol.outage import RETRYABLE_STATUSES, is_outage

REFUSING_STATUSES = frozenset({408, 409})
"""Those of them that may judge the request. They are not retried where a case expects an error.

A 5xx does not judge it: the error has to be the same at each try before the gateway is blamed for it.
"""

CONFIRMATIONS = 2
"""How often a request is sent again in addition to the retries if the connection broke at each try: a busy moment may
outlast the retries. The waits are longer then, too."""

BELIEVED = 5
"""After this many requests that broke at each of these tries, the gateway is believed to break them always."""

MAX_SILENCE = 5
"""After this many requests in a row without an answer of the API, a probe asks whether the gateway is still there."""

BACKOFF = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Upper bounds in seconds for the wait before the first, second, ... retry; the last one applies to all further ones.

The wait is random between 0 and the bound ("full jitter"), so that waiting clients do not return at the same moment.
"""


class GatewayDownError(Exception):
    """The gateway has stopped answering. The message is the reason why a case is not judged."""


class HangingError(Exception):
    """Requests of this kind hang, so this one got less time. The message is the reason why a case is not judged."""


@dataclass(frozen=True, slots=True)
class SendLimits:
    """Limits for sending. None means no limit.

    `at_once` is the number of requests in flight, `retries` how often one request is repeated, `per_minute` the rate
    limit, `requests` and `tokens` (input and output) the budget of the run.
    """

    at_once: int | None = None
    retries: int = 0
    per_minute: float | None = None
    requests: int | None = None
    tokens: int | None = None


NO_LIMITS = SendLimits()
"""One attempt, no limits."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The last exchange of a request, and the attempts before it."""

    exchange: Exchange
    attempts: tuple[Attempt, ...] = ()


class SharedLimits:
    """The limits that all senders of a run share, and what is used of them."""

    def __init__(self, limits: SendLimits = NO_LIMITS) -> None:
        self.budget = Budget(limits.requests, limits.tokens)
        self.in_flight = 0
        self.retries = limits.retries
        self.rate_limiter = RateLimiter(limits.per_minute)
        self.slots = asyncio.Semaphore(limits.at_once) if limits.at_once else nullcontext()


class Sender:
    """Sends requests within the limits, on the client's event loop.

    `probe` sends a request that every gateway answers; without it, the sender never assumes that the gateway is down.
    """

    def __init__(
        self, client: Client, limits: SharedLimits, probe: Callable[[], Awaitable[Exchange]] | None = None
    ) -> None:
        self._client = client
        self._limits = limits
        self._breaker = CircuitBreaker(probe)
        self._patience = Patience(client.timeout)
        self._always_cut = 0

    async def send(
        self,
        family: str,
        request: Request,
        key: str,
        step: int,
        expected: Collection[int] | None,
        patient: bool = False,
    ) -> Sent:
        """Send a request, and retry after transient failures.

        `expected` are statuses that are never retried; None means one attempt only. A `patient` request always gets the
        whole timeout. Raises BudgetSpentError or GatewayDownError if not even the first attempt may be made, and
        HangingError if it was not waited for in full. If a retry may not be made, the result of the attempt before it
        counts.
        """
        exchange = await self._send_once(family, request, key, patient)
        attempts: list[Attempt] = []
        while expected is not None and self._limits.retries and _is_retryable(exchange, expected):
            self._limits.rate_limiter.pause(retry_after(exchange.headers, time.time()) or 0.0)
            if len(attempts) >= self._tries(exchange) or not self._breaker.closed:
                break
            wait = _retry_wait(exchange, len(attempts))
            await asyncio.sleep(wait)
            try:
                retried = await self._send_once(family, request, key, patient)
            except (BudgetSpentError, GatewayDownError, HangingError):
                break
            attempts.append(Attempt(step, _result(exchange), round(wait, 3), exchange.status, exchange.ended))
            exchange = retried
        self._always_cut += exchange.ended == "cut" and len(attempts) > self._limits.retries
        return Sent(exchange, tuple(attempts))

    def _tries(self, exchange: Exchange) -> int:
        """How often a request is sent again after this exchange."""
        confirms = exchange.ended == "cut" and self._always_cut < BELIEVED
        return self._limits.retries + (CONFIRMATIONS if confirms else 0)

    async def _send_once(self, family: str, request: Request, key: str, patient: bool) -> Exchange:
        kind = kind_of(family, request)
        self._breaker.check()
        self._limits.budget.take(family)
        async with self._limits.slots:
            # The rate limit comes after the slot: while a request waits for a slot, an answer to another one may ask
            # all clients to wait.
            await self._limits.rate_limiter.acquire()
            self._breaker.check()
            seconds = self._patience.timeout if patient else self._patience.seconds(kind)
            self._limits.in_flight += 1
            try:
                exchange = await self._client.exchange(family, request, key, seconds)
            finally:
                self._limits.in_flight -= 1
        self._limits.budget.count(family, exchange)
        self._patience.record(kind, exchange)
        await self._breaker.record(exchange)
        if exchange.ended == "timeout" and seconds < self._patience.timeout:
            raise HangingError(
                f"{NOT_AWAITED}{HANGS} {kind} in a row had no end within {self._patience.timeout:g} s, "
                f"and this one had none within {seconds:g} s"
            )
        return exchange


class CircuitBreaker:
    """Opens when the gateway is down: several requests in a row without an answer of the API, and none to a probe.

    An error of a proxy is not an answer of the API (`is_outage`). A gateway that answers one kind of request with such
    an error is not down: the probe gets its answer.
    """

    def __init__(self, probe: Callable[[], Awaitable[Exchange]] | None) -> None:
        self._probe = probe
        self._silent = 0
        self._reason = ""

    @property
    def closed(self) -> bool:
        """Whether requests may be sent."""
        return not self._reason

    def check(self) -> None:
        """Raises GatewayDownError if the gateway is known to be down."""
        if self._reason:
            raise GatewayDownError(self._reason)

    async def record(self, exchange: Exchange) -> None:
        """Count an exchange without an answer of the API, and send the probe after MAX_SILENCE of them."""
        if exchange.ended == "left":
            return
        self._silent = self._silent + 1 if exchange.status is None or is_outage(exchange) else 0
        if self._silent < MAX_SILENCE or self._probe is None or not self.closed:
            return
        self._silent = 0
        answer = await self._probe()
        if answer.status is None:
            self._reason = f"{STOPPED} ({answer.problem})"
        elif is_outage(answer):
            self._reason = f"{STOPPED} (status {answer.status}, to a plain request as well)"


def _is_retryable(exchange: Exchange, expected: Collection[int]) -> bool:
    """Whether the failure may be transient, and the gateway does not ask for a longer wait than MAX_WAIT."""
    if (retry_after(exchange.headers, time.time()) or 0.0) > MAX_WAIT:
        return False
    return exchange.ended in ("unreachable", "cut") or (
        exchange.status in RETRYABLE_STATUSES and exchange.status not in expected
    )


def _retry_wait(exchange: Exchange, retry: int) -> float:
    """Return the seconds before a retry (counted from 0): what the gateway asks for, else a random backoff."""
    asked = retry_after(exchange.headers, time.time())
    if asked is not None:
        return asked
    return random.uniform(0.0, BACKOFF[min(retry, len(BACKOFF) - 1)])  # noqa: S311 - not for security


def _result(exchange: Exchange) -> str:
    if exchange.status is None:
        return exchange.problem
    status = f"status {exchange.status}"
    return status if exchange.ended == "complete" else f"{status}, then: {exchange.problem}"
