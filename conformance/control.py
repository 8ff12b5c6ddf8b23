"""The control: one plain request to each family, before anything is blamed.

A gateway is not blamed for a model that does not do as it is asked, nor for an endpoint that it does not have.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from conformance import data, family, yamls
from conformance.canary import canary
from conformance.fill import fill
from conformance.model import JSON, Answer, Exchange, Step
from conformance.pointer import get
from conformance.reading import Reading
from conformance.target import Target

ABSENT = (404, 405, 501)
"""What gateways answer on a path that they do not serve."""


@dataclass(frozen=True, slots=True)
class Control:
    """What the control showed: whether the endpoint is there, answers, and its model does as it is asked.

    What a model can do, it has to show at any endpoint: `recalls`, that it finds in what was said before what it is
    asked for; `fills`, that it puts named values into the arguments of a call; `abstains`, that it answers in words
    although tools are at hand; `pairs`, that it makes two calls at once. `wordless` is whether the control request was
    answered with no word, which says less of a model than other words do.
    """

    offered: bool
    answers: bool
    obeys: bool
    recalls: bool = True
    fills: bool = True
    abstains: bool = True
    pairs: bool = True
    exchange: Exchange | None = None
    wordless: bool = False

    @property
    def lacks(self) -> tuple[str, ...]:
        """What it did not show, of what a verdict can hang on."""
        return tuple(name for name in _SHOWN if not getattr(self, name))


_SHOWN = ("answers", "obeys", "recalls", "fills", "abstains", "pairs")

ASSUMED = Control(offered=True, answers=True, obeys=True)
"""For endpoints without a model to ask."""


def without(lacks: Iterable[str]) -> Control:
    """A control that showed everything but this, as a verdict keeps it."""
    missing = frozenset(lacks)
    answers, obeys, recalls, fills, abstains, pairs = (name not in missing for name in _SHOWN)
    return Control(True, answers, obeys, recalls, fills, abstains, pairs)


NOTHING_SHOWN = without(_SHOWN)
"""For a run that ended before the model was asked a plain question."""

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
        beside = family.load(endpoint).beside
        claims = {name: self._target.profile.offers(name) for name in beside}
        if not beside or True in claims.values():
            return True
        unsaid = [name for name, claim in claims.items() if claim is None]
        return any([(await self.of(name)).offered for name in unsaid])

    async def recalls(self) -> bool:
        """Whether the model has shown at any endpoint that it recalls: a gateway may lose the history at another."""
        return await self._shown("recall", _says, streams=(False,))

    async def fills(self) -> bool:
        """Whether the model has shown at any endpoint that it puts named values into arguments, streamed or not."""
        return await self._shown("arguments", _says)

    async def abstains(self) -> bool:
        """Whether the model has shown at any endpoint that it calls no tool where none is needed."""
        return await self._shown("tool_at_hand", _abstains)

    async def pairs(self) -> bool:
        """Whether the model has shown at any endpoint that it makes two calls at once where it is asked for both."""
        return await self._shown("two_calls", _pairs)

    async def _shown(self, kind: str, shows: Shows, streams: Sequence[bool] = (False, True)) -> bool:
        if kind not in self._anywhere:
            self._anywhere[kind] = asyncio.create_task(self._shown_anywhere(kind, shows, streams))
        return await asyncio.shield(self._anywhere[kind])

    async def _shown_anywhere(self, kind: str, shows: Shows, streams: Sequence[bool]) -> bool:
        for stream in streams:
            for endpoint in _bodies(kind):
                if self._target.profile.offers(endpoint) is not False:
                    reading, word = await self._ask(endpoint, kind, stream)
                    if (answer := _answered(reading, stream)) and shows(answer, word):
                        return True
        return False

    async def _plain(self, endpoint: str) -> Control:
        """The control; where its answer came without words, the model may show in a stream that it was not to blame."""
        control = judge(*await self._ask(endpoint))
        if control.wordless and judge(*await self._ask(endpoint, stream=True), stream=True).obeys:
            return replace(control, obeys=True)
        return control

    async def _ask(self, endpoint: str, kind: str = "plain", stream: bool = False) -> tuple[Reading, str]:
        """What a control request came to, and the word that it asked for."""
        word = canary(f"control {kind} {endpoint}")
        values = {"model": self._target.model(endpoint), "canary": word}
        body = {**fill(_bodies(kind)[endpoint], values), **({"stream": True} if stream else {})}
        step = Step(request={"body": body}, expect={"outcome": "success"})
        return Reading(await self._send(step, endpoint)), word


def judge(reading: Reading, word: str, stream: bool = False) -> Control:
    """What the exchange of a plain control request shows, which was to be answered as a stream or not."""
    answer = _answered(reading, stream)
    return Control(
        offered=not _absent(reading),
        answers=answer is not None,
        obeys=answer is not None and _says(answer, word),
        exchange=reading.exchange,
        wordless=reading.kind == _kind(stream) and not (answer and answer.text),
    )


def _answered(reading: Reading, stream: bool) -> Answer | None:
    return reading.answer if reading.kind == _kind(stream) else None


def _kind(stream: bool) -> str:
    return "stream" if stream else "json"


def _says(answer: Answer, word: str) -> bool:
    return word.lower() in _words(answer).lower()


def _abstains(answer: Answer, _word: str) -> bool:
    return bool(answer.text) and not answer.tool_calls


def _pairs(answer: Answer, _word: str) -> bool:
    return len(answer.tool_calls) > 1


def _words(answer: Answer) -> str:
    """All that the model wrote by itself: its text, and the arguments of its calls."""
    arguments = (call.arguments for call in answer.tool_calls)
    return answer.text + "".join(value if isinstance(value, str) else json.dumps(value) for value in arguments)


def _absent(reading: Reading) -> bool:
    """Whether the endpoint itself is missing: not its model, which an error names."""
    if reading.exchange.status not in ABSENT:
        return False
    sent = get(reading.sent, "/model", str) or ""
    said = reading.text
    named = bool(sent) and re.search(rf"(?<![\w.-]){re.escape(sent)}(?![\w-])", said) is not None
    return not named and "model" not in said.lower()


@cache
def _bodies(kind: str) -> Mapping[str, JSON]:
    bodies: Mapping[str, JSON] = yamls.parse(data.folder("cases") / "_controls.yaml").value[kind]
    return bodies
