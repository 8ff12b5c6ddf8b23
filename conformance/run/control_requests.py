"""The control: one plain request to each family, before anything is blamed.

A gateway is not blamed for a model that does not do as it is asked, nor for an endpoint that it does not have.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache

from conformance.core import data_files, yaml_input
from conformance.core.canary import canary
from conformance.core.model import JSON, Answer, Exchange, Step
from conformance.judge.control import ASSUMED, Control, abstains, answered, judge_control, pairs, says
from conformance.protocol.family import load_family
from conformance.protocol.reading import Reading
from conformance.suite.template import fill
from conformance.target.target import Target

Shows = Callable[[Answer, str], bool]
"""Whether an answer shows an ability, given the word that was asked for."""


class Controls:
    """The controls of a run, each made when it is first asked for."""

    def __init__(self, send: Callable[[Step, str], Awaitable[Exchange]], target: Target) -> None:
        self._send = send
        self._target = target
        self._tasks: dict[str, asyncio.Task[Control]] = {}
        self._anywhere: dict[str, asyncio.Task[bool]] = {}

    async def of(self, endpoint: str) -> Control:
        """The control of an endpoint's family; all who ask wait for the same one."""
        if endpoint not in _bodies("plain"):
            return replace(ASSUMED, offered=await self._is_beside_one(endpoint))
        if endpoint not in self._tasks:
            self._tasks[endpoint] = asyncio.create_task(self._plain(endpoint))
        return await asyncio.shield(self._tasks[endpoint])

    async def _is_beside_one(self, endpoint: str) -> bool:
        """Whether the gateway has one of the endpoints that this one, which no model answers, belongs to."""
        beside = load_family(endpoint).beside
        claims = {name: self._target.profile.offers(name) for name in beside}
        if not beside or True in claims.values():
            return True
        unsaid = [name for name, claim in claims.items() if claim is None]
        return any([(await self.of(name)).offered for name in unsaid])

    async def recalls(self) -> bool:
        """Whether the model has shown at any endpoint that it recalls: a gateway may lose the history at another."""
        return await self._shown("recall", says, streams=(False,))

    async def fills(self) -> bool:
        """Whether the model has shown at any endpoint that it puts named values into arguments, streamed or not."""
        return await self._shown("arguments", says)

    async def abstains(self) -> bool:
        """Whether the model has shown at any endpoint that it calls no tool where none is needed."""
        return await self._shown("tool_at_hand", abstains)

    async def pairs(self) -> bool:
        """Whether the model has shown at any endpoint that it makes two calls at once where it is asked for both."""
        return await self._shown("two_calls", pairs)

    async def _shown(self, kind: str, shows: Shows, streams: Sequence[bool] = (False, True)) -> bool:
        if kind not in self._anywhere:
            self._anywhere[kind] = asyncio.create_task(self._shown_anywhere(kind, shows, streams))
        return await asyncio.shield(self._anywhere[kind])

    async def _shown_anywhere(self, kind: str, shows: Shows, streams: Sequence[bool]) -> bool:
        for stream in streams:
            for endpoint in _bodies(kind):
                if self._target.profile.offers(endpoint) is not False:
                    reading, word = await self._ask(endpoint, kind, stream)
                    if (answer := answered(reading, stream)) and shows(answer, word):
                        return True
        return False

    async def _plain(self, endpoint: str) -> Control:
        """The control; where its answer came without words, the model may show in a stream that it was not to blame."""
        control = judge_control(*await self._ask(endpoint))
        if control.empty and judge_control(*await self._ask(endpoint, stream=True), stream=True).obeys:
            return replace(control, obeys=True)
        return control

    async def _ask(self, endpoint: str, kind: str = "plain", stream: bool = False) -> tuple[Reading, str]:
        """What a control request came to, and the word that it asked for."""
        word = canary(f"control {kind} {endpoint}")
        values = {"model": self._target.model(endpoint), "canary": word}
        body = {**fill(_bodies(kind)[endpoint], values), **({"stream": True} if stream else {})}
        step = Step(request={"body": body}, expect={"outcome": "success"})
        return Reading(await self._send(step, endpoint)), word


@cache
def _bodies(kind: str) -> Mapping[str, JSON]:
    bodies: Mapping[str, JSON] = yaml_input.parse(data_files.folder("cases") / "_controls.yaml").value[kind]
    return bodies
