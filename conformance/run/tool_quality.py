"""Asks a gateway and its upstream the same prompts with tools, several times each, and judges the answers.

Each try of all prompts is sent to both sides in random order, so that a slow or weak phase of the upstream affects
both.
Every second try is streamed.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from conformance.analysis.tool_quality.compare import MARGIN
from conformance.analysis.tool_quality.judge import SIDES, Quality, judge
from conformance.analysis.tool_quality.tried import Side, Tried, tried
from conformance.client import build_request
from conformance.client.budget import BudgetSpentError
from conformance.client.http import Client
from conformance.client.retry import GatewayDownError, HangingError, Sender, SendLimits, SharedLimits
from conformance.core.canary import canary
from conformance.core.model import Step
from conformance.core.yaml_input import InputError
from conformance.protocol.reading import Reading
from conformance.run import connect
from conformance.run.tool_bodies import MAX_TOKENS, body
from conformance.suite.tier import PREFLIGHT
from conformance.suite.tool_prompts import Prompt, tool_prompts
from conformance.target.profile import Profile
from conformance.target.target import Target

TRIES = 24
"""The usual number of tries: a drop of 5 points from 95 % shows in 95 of 100 runs (analysis/tool_quality/power.py)."""
BYTES_PER_TOKEN = 3
"""A token of JSON in English has about four bytes; this is on the safe side."""


Pair = tuple[str, str]
"""An endpoint of the gateway, and one of the upstream."""
_Asked = tuple[Prompt, Side, Pair]


def send_limits(
    at_once: int, retries: int, per_minute: float | None, requests: int | None, tokens: int | None
) -> SendLimits:
    """The limits for sending, from the options of the command."""
    return SendLimits(at_once, retries, per_minute, requests, tokens)


@dataclass(frozen=True, slots=True)
class Plan:
    """The requests to send: every prompt `tries` times to each side, at each pair of endpoints.

    `margin` is the difference below which two rates are equal.
    """

    endpoints: Sequence[Pair] = (("chat_completions", "chat_completions"),)
    tries: int = TRIES
    seed: str = "1"
    margin: float = MARGIN
    limits: SendLimits = field(default_factory=lambda: SendLimits(at_once=8, retries=2))
    prompts: Sequence[Prompt] = field(default_factory=tool_prompts)

    @property
    def requests(self) -> int:
        """The number of requests without retries, and without those that reach the two addresses."""
        return len(self.prompts) * self.tries * len(SIDES) * len(self.endpoints)

    @property
    def output_tokens(self) -> int:
        """The most output tokens: the sum of the limits of all requests."""
        return self.requests * MAX_TOKENS

    @property
    def input_tokens(self) -> int:
        """An estimate of the input tokens that is seldom exceeded, from the lengths of the bodies."""
        families = [family for pair in self.endpoints for family in pair]
        sizes = (
            len(json.dumps(body(family, "a-model-with-a-name", prompt, canary("a word"), True)))
            for family in families
            for prompt in self.prompts
        )
        return sum(sizes) * self.tries // BYTES_PER_TOKEN


@dataclass(frozen=True, slots=True)
class Measured:
    """The comparison at each pair of endpoints, the models of each side, and the requests and tokens that were used.

    `is_whole` is False if the budget ended the tries early.
    """

    qualities: Mapping[Pair, Quality]
    models: Mapping[Side, Sequence[str]]
    requests: int
    tokens: int
    is_whole: bool


def measure_chosen(plan: Plan, chosen: connect.Options, before: Callable[[str], object]) -> Measured:
    """Measures the gateway and the upstream of these options. `before` is called with both addresses.

    Raises InputError.
    """
    with connect.servers(chosen) as (urls, provider), chosen.client(provider) as client:
        reached = connect.reach(chosen, urls, client, plan.limits.retries)
        upstream = reached.upstream
        if upstream is None:
            assert provider is not None, "the options have neither an upstream nor the reference gateway"
            upstream = Target(f"{provider.url}/v1", Profile(), provider.key, reached.first.models)
        sides: dict[Side, Target] = {"gateway": reached.first, "upstream": upstream}
        _check(plan, sides)
        before(f"asking {reached.first.base_url} and {upstream.base_url}")
        limits, used = plan.limits, reached.requests or PREFLIGHT
        left = None if limits.requests is None else max(0, limits.requests - used)
        return measure(replace(plan, limits=replace(limits, requests=left)), sides, client, used)


def measure(plan: Plan, sides: Mapping[Side, Target], client: Client, used: int = 0) -> Measured:
    """Sends the requests of a plan, and judges the answers; `used` requests were sent before.

    Raises InputError if a side answers none of the first tries.
    """
    limits = SharedLimits(plan.limits)
    asking = _Asking(plan, sides, client, limits)
    work = client.submit(asking.run())
    try:
        found = work.result()
    except KeyboardInterrupt:
        work.cancel()
        raise
    qualities = {pair: judge(tries, len(plan.endpoints), plan.margin) for pair, tries in found.items()}
    models = {
        side: list(dict.fromkeys(sides[side].model(pair[number]) for pair in plan.endpoints))
        for number, side in enumerate(SIDES)
    }
    budget = limits.budget
    return Measured(qualities, models, used + budget.requests, budget.tokens, not asking.is_over)


def _check(plan: Plan, sides: Mapping[Side, Target]) -> None:
    """Raises InputError if the profile of a side denies an endpoint."""
    for pair in plan.endpoints:
        for side, endpoint in zip(SIDES, pair, strict=True):
            if sides[side].profile.offers(endpoint) is False:
                raise InputError(f"--family: the profile of the {side} has no {endpoint}; give another endpoint")


class _Asking:
    """Sends the tries, until they are all sent or the budget is spent."""

    def __init__(self, plan: Plan, sides: Mapping[Side, Target], client: Client, limits: SharedLimits) -> None:
        self._plan = plan
        self._sides = sides
        self._senders = {side: Sender(client, limits) for side in SIDES}
        self.is_over = False

    async def run(self) -> dict[Pair, list[Tried]]:
        """Pair of endpoints -> its tries. Raises InputError if a side answers none of the first ones."""
        chance = random.Random(self._plan.seed)  # noqa: S311 - an order, not a secret
        found: dict[Pair, list[Tried]] = {pair: [] for pair in self._plan.endpoints}
        for number in range(self._plan.tries):
            if self.is_over:
                break
            todo = list(self._round())
            chance.shuffle(todo)
            for pair, one in await self._sent(todo, number):
                found[pair].append(one)
            if number == 0:
                self._check(found)
        return found

    async def _sent(self, todo: Sequence[_Asked], number: int) -> list[tuple[Pair, Tried]]:
        """Sends a try of all prompts. Only as many wait as may be sent at once: a waiting request is paid already."""
        found: list[tuple[Pair, Tried]] = []
        left = iter(todo)

        async def send() -> None:
            for prompt, side, pair in left:
                one = None if self.is_over else await self._try(prompt, side, pair, number)
                found.extend([(pair, one)] if one else [])

        async with asyncio.TaskGroup() as group:
            for _ in range(self._plan.limits.at_once or 1):
                group.create_task(send())
        return found

    def _check(self, found: Mapping[Pair, Sequence[Tried]]) -> None:
        """Raises InputError if all requests of a side failed: further tries would cost time only."""
        for pair, tries in found.items():
            for side, endpoint in zip(SIDES, pair, strict=True):
                own = [one for one in tries if one.side == side]
                if own and all(one.failure for one in own):
                    raise InputError(
                        f"{self._sides[side].base_url}: the {side} answers none of {len(own)} requests with tools at "
                        f"{endpoint} ({own[0].failure}); check the URL, the key, the model and --family"
                    )

    def _round(self) -> Iterator[_Asked]:
        for pair in self._plan.endpoints:
            for prompt in self._plan.prompts:
                yield from ((prompt, side, pair) for side in SIDES)

    async def _try(self, prompt: Prompt, side: Side, pair: Pair, number: int) -> Tried | None:
        """One try; None if the budget is spent."""
        target, family = self._sides[side], pair[SIDES.index(side)]
        word = canary(f"tools {self._plan.seed} {side} {number} {prompt.id}")
        asked = body(family, target.model(family), prompt, word, streamed=number % 2 == 1)
        request = build_request.request(Step({"body": asked}, {"outcome": "success"}), family, target)
        try:
            sent = await self._senders[side].send(family, request, target.key, number, ())
        except BudgetSpentError:
            self.is_over = True
            return None
        except (GatewayDownError, HangingError) as error:
            return Tried(prompt.id, side, failure=str(error))
        return tried(prompt, side, Reading(sent.exchange))
