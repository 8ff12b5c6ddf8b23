"""Control requests: one plain request to each endpoint, and a few that show what the model can do.

Their results keep the gateway from being blamed for an endpoint that it does not offer, and for a model that ignores
instructions. Each is sent once per run, when the first case needs it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.core.canary import canary
from conformance.core.model import Case, Exchange, Step
from conformance.judge.abilities import ABILITIES, Ability, bodies, step
from conformance.judge.control import ASSUMED, Control, answered, judge_control
from conformance.judge.inconclusive import arrival
from conformance.protocol.family import load_family
from conformance.protocol.outage import is_outage
from conformance.protocol.reading import Reading
from conformance.suite.applies import endpoints
from conformance.target.profile import Profile
from conformance.target.target import Target


@dataclass(frozen=True, slots=True)
class SentControl:
    """A control request that was sent: its name in cases/_controls.yaml, the endpoint, and the exchange.

    A step of a case that was sent again has the id of the `case`, and one of the names in `judge/abilities.py`.
    """

    name: str
    endpoint: str
    exchange: Exchange
    case: str = ""


class Controls:
    """The control requests of a run, for one gateway."""

    def __init__(self, send: Callable[[Step, str], Awaitable[Exchange]], target: Target) -> None:
        self._send = send
        self._target = target
        self._plain: dict[str, asyncio.Task[Control]] = {}
        self._abilities: dict[str, asyncio.Task[bool]] = {}
        self._counts: dict[str, asyncio.Task[bool]] = {}
        self.sent: deque[SentControl] = deque()

    async def get(self, endpoint: str) -> Control:
        """The result of an endpoint's plain control request; all callers wait for the same request."""
        if endpoint not in bodies("plain"):
            return replace(ASSUMED, offered=await self._sibling_is_offered(endpoint))
        if endpoint not in self._plain:
            self._plain[endpoint] = asyncio.create_task(self._send_plain(endpoint))
        return await asyncio.shield(self._plain[endpoint])

    async def get_for_steps(self, endpoint: str, steps: Sequence[Step]) -> Control:
        """As `get`, with the abilities that these steps rely on; those that no step relies on are assumed."""
        control = await self.get(endpoint)
        needed = [name for name, ability in ABILITIES.items() if any(map(ability.needed, steps))]
        shown: dict[str, Any] = {name: await self.shows(name) for name in needed}
        return replace(control, **shown)

    async def shows(self, ability: str) -> bool:
        """Whether the model has shown the ability at any endpoint; at another one the gateway may be what loses it."""
        if ability not in self._abilities:
            self._abilities[ability] = asyncio.create_task(self._find(ABILITIES[ability]))
        return await asyncio.shield(self._abilities[ability])

    async def is_up(self, endpoint: str) -> bool:
        """Whether an endpoint answers a plain request now; for one without a model, whether the model list is sent.

        Any error of the API is an answer.
        """
        if endpoint in bodies("plain"):
            exchange = (await self._exchange(endpoint, "plain"))[0].exchange
        else:
            exchange = await self._kept("models", Step(request={}, expect={"outcome": "success"}), "models")
        return exchange.status is not None and not is_outage(exchange)

    def answered_plain_step(self) -> tuple[str, Step] | None:
        """An endpoint that has answered its plain control request, and this request; None if none has."""
        ended = {endpoint: task for endpoint, task in self._plain.items() if task.done() and not task.cancelled()}
        for endpoint, task in ended.items():
            if task.exception() is None and task.result().answers:
                return endpoint, plain_step(endpoint, self._target)
        return None

    async def _sibling_is_offered(self, endpoint: str) -> bool:
        """Whether the gateway offers an endpoint that this one, which uses no model, belongs to."""
        siblings = load_family(endpoint).beside
        claims = {name: self._target.profile.offers(name) for name in siblings}
        if not siblings or True in claims.values():
            return True
        unclaimed = [name for name, claim in claims.items() if claim is None]
        return any([(await self.get(name)).offered for name in unclaimed])

    async def _find(self, ability: Ability) -> bool:
        for stream in ability.streams:
            for endpoint in bodies(ability.request):
                if self._target.profile.offers(endpoint) is not False:
                    reading, word = await self._exchange(endpoint, ability.request, stream)
                    if (answer := answered(reading, stream)) and ability.shown(answer, word):
                        return True
        return False

    async def _send_plain(self, endpoint: str) -> Control:
        """The plain control; a model that answers without text gets a second chance in a stream.

        An endpoint that is not there is asked twice: hundreds of cases would not apply because of one wrong answer.
        """
        control = judge_control(*await self._exchange(endpoint, "plain"))
        if not control.offered:
            control = judge_control(*await self._exchange(endpoint, "plain"))
        if not control.speaks and judge_control(*await self._exchange(endpoint, "plain", True), stream=True).obeys:
            return replace(control, obeys=True, speaks=True)
        return control

    async def counts(self, endpoint: str) -> bool:
        """Whether the endpoint counts more tokens for a longer prompt."""
        if endpoint not in self._counts:
            self._counts[endpoint] = asyncio.create_task(self._compare_counts(endpoint))
        return await asyncio.shield(self._counts[endpoint])

    async def _compare_counts(self, endpoint: str) -> bool:
        short = (await self.get(endpoint)).exchange
        if short is None:
            return False
        word = arrival.longer(canary(f"control plain {endpoint}"))
        long = await self._send(self._step(endpoint, "plain", word), endpoint)
        return arrival.grew(Reading(short).answer, Reading(long).answer) is True

    async def _exchange(self, endpoint: str, name: str, stream: bool = False) -> tuple[Reading, str]:
        """The answer to a control request, and the word that it asks for."""
        word = canary(f"control {name} {endpoint}")
        return Reading(await self._kept(name, self._step(endpoint, name, word, stream), endpoint)), word

    def _step(self, endpoint: str, name: str, word: str, stream: bool = False) -> Step:
        return step(endpoint, name, self._target.model(endpoint), word, stream)

    async def _kept(self, name: str, asked: Step, endpoint: str) -> Exchange:
        """The exchange of a control request, which the report needs: `lacks` follows from it."""
        exchange = await self._send(asked, endpoint)
        self.sent.append(SentControl(name, endpoint, exchange))
        return exchange


def needed(case: Case) -> frozenset[str]:
    """The names of the control requests that a case needs at a gateway whose profile says nothing.

    If the model has an ability, the first request shows it.
    """
    served = [one for endpoint in endpoints(case) for one in (endpoint, *load_family(endpoint).beside)]
    plain = {f"plain/{endpoint}" for endpoint in served if endpoint in bodies("plain")}
    return frozenset(plain | {name for name, ability in ABILITIES.items() if any(map(ability.needed, case.steps))})


def plain_endpoints(profile: Profile) -> Sequence[str]:
    """The endpoints that have a plain control request, and that the profile does not deny."""
    return [endpoint for endpoint in bodies("plain") if profile.offers(endpoint) is not False]


def plain_step(endpoint: str, target: Target, word: str = "") -> Step:
    """The plain control request of an endpoint; `word` is the word that it asks for."""
    return step(endpoint, "plain", target.model(endpoint), word or canary(f"control plain {endpoint}"))
