"""Measures the time that gateways add: the same requests through them and directly to their provider.

Requests are sent in rounds: a number of them at once to one side, and then the same ones to the others. The order of
the rounds, of the streamed and unstreamed form, and of the sides is random, so that a slow phase of the machine
affects all sides. Each round has a prompt of its own, so that a cache of the gateway cannot answer.
"""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from conformance.analysis.overhead import Sample
from conformance.analysis.quantiles import MIN_ROUNDS
from conformance.client.stopwatch import Stopwatch, Timed
from conformance.core.canary import canary
from conformance.core.model import JSON, Request
from conformance.core.yaml_input import InputError
from conformance.protocol.family import load_family
from conformance.protocol.reading import Reading

TIMEOUT = 60.0
"""Seconds for a whole exchange."""
MAX_TOKENS = 64
FORMS = (False, True)
"""Unstreamed and streamed."""


@dataclass(frozen=True, slots=True)
class Server:
    """A side: `base_url` ends in /v1. `named` says in messages where its address and key come from."""

    base_url: str
    model: str
    key: str = field(repr=False)
    named: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests to send: `requests` is their number for each side, form and number at once."""

    family: str = "chat_completions"
    requests: int = 400
    at_once: Sequence[int] = (1, 8, 32)
    seed: int = 1

    def rounds(self, at_once: int) -> int:
        """The number of rounds: enough for `requests`, and for an interval if they can be."""
        return max(math.ceil(self.requests / at_once), min(self.requests, MIN_ROUNDS))

    def total(self, sides: int = 2) -> int:
        """All requests to the sides, with those that are not measured: one round of each kind to warm up."""
        kinds = sides * len(FORMS)
        return sum((self.rounds(number) + 1) * number * kinds for number in self.at_once) + _PROBES * kinds


_PROBES = 2
"""Requests of each kind that check the addresses; the last of them shows how long a request takes."""


def measure(
    plan: Plan,
    sides: Mapping[str, Server],
    before: Callable[[int, float], object] = lambda _requests, _seconds: None,
) -> list[Sample]:
    """Sends the requests of a plan, and returns the times of their answers; those to warm up are left out.

    `before` is called once with the number of requests and the least duration in seconds.
    Raises InputError if a side does not answer the first requests.
    """
    return asyncio.run(_measure(plan, sides, before))


async def _measure(plan: Plan, sides: Mapping[str, Server], before: Callable[[int, float], object]) -> list[Sample]:
    chance = random.Random(plan.seed)  # noqa: S311 - an order, not a secret
    async with Stopwatch(TIMEOUT) as watch:
        together = await _probe(plan, sides, watch)
        before(plan.total(len(sides)), together * sum(map(plan.rounds, plan.at_once)))
        samples: list[Sample] = []
        for at_once in plan.at_once:
            todo = [(number, streamed) for number in range(1, plan.rounds(at_once) + 1) for streamed in FORMS]
            chance.shuffle(todo)
            for number, streamed in [*((0, form) for form in FORMS), *todo]:  # round 0 warms up
                found: list[Sample] = []
                for side in chance.sample(list(sides), k=len(sides)):
                    timed = await _burst(plan, sides[side], watch, at_once, number, streamed)
                    found += [_sample(at_once, streamed, number, side, each) for each in timed]
                samples += found if number else []
    return samples


async def _probe(plan: Plan, sides: Mapping[str, Server], watch: Stopwatch) -> float:
    """The seconds of one request of each kind to each side. Raises InputError if one is not answered."""
    seconds = 0.0
    for server in sides.values():
        for streamed in FORMS:
            for number in range(_PROBES):
                [timed] = await _burst(plan, server, watch, 1, -1 - number, streamed)
                if problem := failure(timed):
                    raise InputError(
                        f"{server.named}{timed.exchange.request.url}: a plain request with the model {server.model} "
                        f"fails ({problem}); check the URL, the key and the model"
                    )
            seconds += timed.exchange.seconds
    return seconds


async def _burst(
    plan: Plan, server: Server, watch: Stopwatch, at_once: int, number: int, streamed: bool
) -> list[Timed]:
    """Sends the requests of one round to one side."""
    requests = [
        request(plan.family, server, canary(f"overhead {plan.seed} {at_once} {number} {index}"), streamed)
        for index in range(at_once)
    ]
    return await asyncio.gather(*(watch.send(plan.family, each, server.key) for each in requests))


def request(family: str, server: Server, word: str, streamed: bool) -> Request:
    """A short request to an endpoint; its prompt has the word."""
    told = load_family(family)
    body = {"model": server.model, "stream": streamed, **_BODIES[family](f"Reply with exactly: {word}")}
    own = {"accept-encoding": "identity", "content-type": "application/json", "user-agent": "gateway-conformance"}
    return Request(
        told.method,
        server.base_url + told.path,
        headers=tuple({**own, **told.headers}.items()),
        body=json.dumps(body).encode(),
        auth=("bearer",),
    )


_BODIES: Mapping[str, Callable[[str], dict[str, JSON]]] = {
    "chat_completions": lambda text: {"messages": [{"role": "user", "content": text}], "max_tokens": MAX_TOKENS},
    "responses": lambda text: {"input": text, "max_output_tokens": MAX_TOKENS, "store": False},
    "messages": lambda text: {"messages": [{"role": "user", "content": text}], "max_tokens": MAX_TOKENS},
}
"""Family -> the members of the body for a prompt, beside the model and `stream`."""


def _sample(at_once: int, streamed: bool, number: int, side: str, timed: Timed) -> Sample:
    problem = failure(timed)
    return Sample(at_once, streamed, number, side, {} if problem else _times(timed), problem)


def _times(timed: Timed) -> dict[str, float]:
    reading = Reading(timed.exchange)
    first = {"first event": reading.stream.events[0].at} if reading.asked_stream else {}
    return {"headers": timed.headers_at, **first, "total": timed.exchange.seconds}


def failure(timed: Timed) -> str:
    """Why an answer is not measured; "" if it is. A refusal or half an answer may be faster than an answer."""
    exchange, reading = timed.exchange, Reading(timed.exchange)
    if exchange.status is None or exchange.ended != "complete":
        return exchange.problem
    if not 200 <= exchange.status < 300:
        return f"status {exchange.status}"
    if reading.asked_stream and (reading.kind != "stream" or not reading.stream.events):
        return "not a stream with events"
    if reading.errors:
        return f"an error with status {exchange.status}"
    return "" if reading.answer else "not an answer of its API"
