"""Sends the sessions of agents to a gateway, a number of them at once for a long time, and counts what happens.

A session has three to six turns at one endpoint, all streamed. In every fifth session the client leaves in the middle
of the last answer. With the scripted provider behind the gateway, the upstream holds this answer, so that only the
gateway can end the request: if it is still open some seconds later, the gateway has left a connection behind.

Only counts are kept, so that the memory does not grow.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace

from conformance.analysis.soak import Tally, ending
from conformance.analysis.soak_entry import entry
from conformance.client import build_request
from conformance.client.http import Client
from conformance.client.provider import Provider, ProviderAddress, ProviderLostError
from conformance.core.case_format import UpstreamScript
from conformance.core.model import Exchange, Step
from conformance.core.steady_memory import steady_memory
from conformance.core.yaml_input import InputError
from conformance.protocol.family import MAIN
from conformance.protocol.reading import Reading
from conformance.records.run_format import SoakEntry
from conformance.run import connect
from conformance.run.soak_plan import Plan
from conformance.run.soak_talk import Talk, foreign, mark, word
from conformance.target.target import Target

TURNS = (3, 6)
ABORTED_EVERY = 5
HOLD = 30.0
"""Seconds for which the upstream holds an answer whose client leaves; longer than any `grace`."""
_HELD_AFTER = 7
"""Events: enough for a gateway that waits for the first content before it writes."""
_POLL = 0.1
_LAG_EVERY = 0.25
"""Seconds between two measurements of the suite's own delay."""


def soak_chosen(plan: Plan, chosen: connect.Options, before: Callable[[str], object]) -> SoakEntry:
    """Soaks the gateway of these options, as `soaked` does. `before` is called with its address. Raises InputError."""
    with connect.servers(chosen) as (urls, address), chosen.client(address) as client, quiet(chosen):
        reached = connect.reach(chosen, urls, client, provider=address)
        before(reached.first.base_url)
        return soaked(plan, reached.first, client, address)


def soaked(plan: Plan, target: Target, client: Client, address: ProviderAddress | None = None) -> SoakEntry:
    """The entry of a soak for run.json; the rest is as for `soak`."""
    tally, endpoints = soak(plan, target, client, address)
    return entry(tally, endpoints, plan.at_once, plan.seed)


@contextmanager
def quiet(chosen: connect.Options) -> Iterator[None]:
    """Hides that the server of the reference gateway logs each write to a client that has left."""
    log = logging.getLogger("asyncio")
    level = log.level
    if chosen.is_reference:
        log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def soak(
    plan: Plan, target: Target, client: Client, address: ProviderAddress | None = None
) -> tuple[Tally, Sequence[str]]:
    """Soaks a gateway; returns the counts, and the endpoints that were used. `address` is its scripted provider.

    Raises InputError if no endpoint answers, or if the provider is lost.
    """
    provider = Provider(address, client.secrets) if address else None
    try:
        with steady_memory():
            return _result(client.submit(_Soak(plan, target, client, provider).run()))
    except* ProviderLostError as group:
        raise InputError(str(_first(group))) from None
    finally:
        if provider:
            client.submit(provider.close()).result()


def _result(work: Future[tuple[Tally, Sequence[str]]]) -> tuple[Tally, Sequence[str]]:
    """The result of the work; an interrupt ends it."""
    try:
        return work.result()
    except KeyboardInterrupt:
        work.cancel()
        raise


def _first(group: BaseExceptionGroup[ProviderLostError]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


class _Soak:
    def __init__(self, plan: Plan, target: Target, client: Client, provider: Provider | None) -> None:
        self._plan = plan
        self._target = target
        self._client = client
        self._provider = provider
        self._tally = Tally()
        self._begun = 0
        self._start = 0.0

    async def run(self) -> tuple[Tally, Sequence[str]]:
        families = await self._families()
        open_before = await self._open() if self._provider else None
        numbers = itertools.count(1)
        self._start = time.monotonic()

        async def agent() -> None:
            while self._done() < 1:
                number = next(numbers)
                await self._session(number, families[number % len(families)])

        async with asyncio.TaskGroup() as group:
            group.create_task(self._watch_lag())
            for _ in range(self._plan.at_once):
                group.create_task(agent())
        self._tally.seconds = time.monotonic() - self._start
        if open_before is not None:
            self._tally.open_at_end = await self._still_open(open_before)
        return self._tally, families

    async def _watch_lag(self) -> None:
        """Measures how much later than due the suite itself goes on, to know a busy machine from a slow gateway."""
        while (done := self._done()) < 1:
            due = time.monotonic() + _LAG_EVERY
            await asyncio.sleep(_LAG_EVERY)
            self._tally.note_lag(done, time.monotonic() - due)

    def _done(self) -> float:
        """The part of the soak that is over; 1 or more at its end."""
        passed = (time.monotonic() - self._start) / self._plan.seconds
        return max(passed, self._begun / self._plan.requests) if self._plan.requests else passed

    async def _families(self) -> tuple[str, ...]:
        """The endpoints that answer a first request. Raises InputError if none does."""
        problems: list[str] = []
        found: list[str] = []
        for family in MAIN:
            if self._target.profile.offers(family) is False or not self._target.model(family):
                continue
            talk = self._talk(family, 0)
            talk.ask()
            kind, reason = ending(Reading(await self._send(talk)))
            if kind in ("whole", "empty", "cut"):
                found.append(family)
            else:
                problems.append(f"{family}: {reason}")
        if not found:
            tried = "; ".join(problems) or "the profile offers none"
            raise InputError(
                f"{self._target.base_url}: no endpoint answers a streamed request with tools ({tried}); "
                "check the URL, the key and the model"
            )
        return tuple(found)

    def _talk(self, family: str, number: int) -> Talk:
        return Talk(family, self._target.model(family), mark(self._plan.seed, number))

    async def _session(self, number: int, family: str) -> None:
        turns = random.Random(f"{self._plan.seed} {number}").randint(*TURNS)  # noqa: S311 - a load, not a secret
        talk = self._talk(family, number)
        talk.ask()
        self._tally.sessions += 1
        for turn in range(1, turns + 1):
            if self._done() >= 1:
                return
            if turn == turns and number % ABORTED_EVERY == 0:
                await self._leave(talk, number, turn)
                return
            self._begun += 1
            done = self._done()
            reading = Reading(await self._send(talk))
            self._note(reading, done, number, turn)
            if reading.answer is None or not (reading.answer.text or reading.answer.tool_calls):
                return
            talk.go_on(reading.answer)

    def _note(self, reading: Reading, done: float, number: int, turn: int) -> None:
        """Counts a stream that was read to its end."""
        kind, reason = ending(reading)
        self._tally.kinds[kind] += 1
        if kind in ("overloaded", "failed"):
            self._tally.reasons[reason] += 1
        elif reading.kind == "stream" and reading.stream.events:
            self._tally.note_first_event(done, reading.stream.events[0].at)
        if kind not in ("whole", "overloaded"):
            self._tally.note_example(f"{kind}: {reason}", reading, number, turn)
        self._note_foreign(reading, number, turn)

    def _note_foreign(self, reading: Reading, number: int, turn: int) -> None:
        """Counts an answer that has the mark of another session, whole or in pieces."""
        text = f"{reading.body.decode('utf-8', 'replace')}\n{reading.answer}"
        if other := next(foreign(text, self._plan.seed, number), None):
            self._tally.crossed += 1
            self._tally.note_example(f"cross-talk: the mark {other} of another session", reading, number, turn)

    async def _leave(self, talk: Talk, number: int, turn: int) -> None:
        """Leaves the answer after its first event, and looks whether the upstream request ends."""
        token = word(self._plan.seed, number)
        if self._provider:
            await self._provider.register(token, _held(talk.family))
        reading = Reading(await self._send(talk, leaves_after=1))
        has_left = reading.exchange.ended == "left"
        records = await self._provider.take(token, self._plan.grace) if self._provider else ()
        if not has_left:  # it ended before its first event
            self._note(reading, self._done(), number, turn)
            return
        self._tally.aborted += 1
        self._note_foreign(reading, number, turn)
        if records:
            self._tally.followed += 1
            self._tally.left += any(record.ended == "timeout" for record in records)

    async def _send(self, talk: Talk, leaves_after: int = 0) -> Exchange:
        request = build_request.request(Step({"body": talk.body()}, {"outcome": "success"}), talk.family, self._target)
        asked = replace(request, leaves_after=leaves_after) if leaves_after else request
        return await self._client.exchange(talk.family, asked, self._target.key)

    async def _open(self) -> int | None:
        return await self._provider.open_requests() if self._provider else None

    async def _still_open(self, before: int) -> int:
        """The upstream requests that are open, beside those before the soak, when all clients have left."""
        end = time.monotonic() + self._plan.grace
        while True:
            still = max(0, (await self._open() or 0) - before)
            if not still or time.monotonic() > end:
                return still
            await asyncio.sleep(_POLL)


def _held(family: str) -> UpstreamScript:
    """An answer that stops in the middle."""
    hold = {"after": _HELD_AFTER, "seconds": HOLD}
    return {"family": family, "answers": [{"reply": {"text": "word " * 60}, "write": {"hold": hold}}]}
