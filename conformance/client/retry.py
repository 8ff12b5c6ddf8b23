"""Requests sent with manners: paced, within a budget, again where the moment was to blame, and not to who is down."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from contextlib import nullcontext
from dataclasses import dataclass

from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt, wait_random_exponential

from conformance.client.budget import Budget, BudgetSpentError
from conformance.client.http import Client
from conformance.client.rate_limit import MAX_WAIT, Pace, asked_for
from conformance.core.model import Attempt, Exchange, Request
from conformance.core.reasons import STOPPED

PASSING = frozenset({408, 409, 429, *range(500, 600)})
"""Statuses after which the same request may well succeed, as both vendors' SDKs try again after them."""

MOMENTARY = frozenset({429, 502, 503, 504, 529})
"""Those that a refusal may be waiting behind: what answers so has not judged the request, or should not have."""

MAX_SILENCE = 5
"""So many requests without any answer, one after the other, and the gateway is asked whether it is there at all."""

_BACKOFF = wait_random_exponential(multiplier=0.5, max=8.0)
"""Between nothing and 0.5 s, 1 s, 2 s ... at random, so that waiting clients do not come back together."""


class GatewayDownError(Exception):
    """The gateway has stopped answering; the message is the reason why a case is not judged."""


@dataclass(frozen=True, slots=True)
class SendLimits:
    """How gently to send. None is no limit."""

    at_once: int | None = None
    retries: int = 0
    per_minute: float | None = None
    requests: int | None = None
    tokens: int | None = None


NO_LIMITS = SendLimits()
"""Everything once, and at once."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The last exchange of a request, and the tries before it."""

    exchange: Exchange
    attempts: tuple[Attempt, ...] = ()


class SharedLimits:
    """What the senders of a run have together: places, turns, tries, and a budget."""

    def __init__(self, manners: SendLimits = NO_LIMITS) -> None:
        self.budget = Budget(manners.requests, manners.tokens)
        self.in_flight = 0
        self.retries = manners.retries
        self.pace = Pace(manners.per_minute)
        self.places = asyncio.Semaphore(manners.at_once) if manners.at_once else nullcontext()


class Sender:
    """Sends on the client's loop. `probe` asks whether the gateway is there at all."""

    def __init__(
        self, client: Client, allowance: SharedLimits, probe: Callable[[], Awaitable[Exchange]] | None = None
    ) -> None:
        self._client = client
        self._allowance = allowance
        self._tries = stop_after_attempt(allowance.retries + 1)
        self._breaker = Breaker(probe)

    async def send(self, family: str, request: Request, key: str, step: int, expected: Collection[int] | None) -> Sent:
        """Sends, and again after a passing failure, but for the `expected` statuses; once if that is None.

        Raises BudgetSpentError and GatewayDownError before the first try. Where a further try may not be made, what
        the last one came to is the answer.
        """
        attempts: list[Attempt] = []
        came: list[Exchange] = []

        async def once() -> Exchange:
            came.append(await self._once(family, request, key))
            return came[-1]

        def passing(exchange: Exchange) -> bool:
            if expected is None or not self._allowance.retries or not _passing(exchange, expected):
                return False
            self._allowance.pace.hold(asked_for(exchange.headers, time.time()) or 0.0)
            return self._breaker.closed

        def note(state: RetryCallState) -> None:
            attempts.append(Attempt(step, _came(_result(state)), round(state.upcoming_sleep, 3)))

        again = AsyncRetrying(
            sleep=asyncio.sleep,
            stop=self._tries,
            wait=_wait,
            retry=retry_if_result(passing),
            before_sleep=note,
            retry_error_callback=_result,
        )
        try:
            await again(once)
        except (BudgetSpentError, GatewayDownError):
            if not came:
                raise
        return Sent(came[-1], tuple(attempts[: len(came) - 1]))

    async def _once(self, family: str, request: Request, key: str) -> Exchange:
        self._breaker.check()
        self._allowance.budget.take(family)
        async with self._allowance.places:
            # Only who has a place takes a turn: who waits for one may be told by others' answers to wait longer.
            await self._allowance.pace.turn()
            self._breaker.check()
            self._allowance.in_flight += 1
            try:
                exchange = await self._client.exchange(family, request, key)
            finally:
                self._allowance.in_flight -= 1
        self._allowance.budget.count(family, exchange)
        await self._breaker.saw(exchange)
        return exchange


class Breaker:
    """Notices that a gateway has gone: a row of silence, and then no answer to a plain question either."""

    def __init__(self, probe: Callable[[], Awaitable[Exchange]] | None) -> None:
        self._probe = probe
        self._silent = 0
        self._reason = ""

    @property
    def closed(self) -> bool:
        """Whether requests may go."""
        return not self._reason

    def check(self) -> None:
        """Raises GatewayDownError once the gateway is known to be down."""
        if self._reason:
            raise GatewayDownError(self._reason)

    async def saw(self, exchange: Exchange) -> None:
        """Learns from an exchange; asks the gateway where there was too much silence."""
        if exchange.ended == "left":
            return
        self._silent = self._silent + 1 if exchange.status is None else 0
        if self._silent < MAX_SILENCE or self._probe is None or not self.closed:
            return
        self._silent = 0
        answer = await self._probe()
        if answer.status is None:
            self._reason = f"{STOPPED} ({answer.problem})"


def _passing(exchange: Exchange, expected: Collection[int]) -> bool:
    """Whether the moment may be to blame, and the gateway does not ask for more patience than there is."""
    if (asked_for(exchange.headers, time.time()) or 0.0) > MAX_WAIT:
        return False
    return exchange.ended == "unreachable" or (exchange.status in PASSING and exchange.status not in expected)


def _wait(state: RetryCallState) -> float:
    """What the gateway asks for, else longer each time."""
    asked = asked_for(_result(state).headers, time.time())
    return _BACKOFF(state) if asked is None else asked


def _result(state: RetryCallState) -> Exchange:
    if state.outcome is None:
        raise AssertionError("asked before anything came")
    exchange: Exchange = state.outcome.result()
    return exchange


def _came(exchange: Exchange) -> str:
    return f"status {exchange.status}" if exchange.status is not None else exchange.problem
