"""Soaks of the reference gateway: a correct one has no finding, and each seeded defect has its own."""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from functools import partial

import pytest

from conformance.analysis.soak import Judged, Tally, judge
from conformance.client.http import Client
from conformance.client.provider import ProviderAddress
from conformance.core.canary import TOKEN
from conformance.core.model import Answer as Said
from conformance.core.model import ToolCall
from conformance.core.yaml_input import InputError
from conformance.protocol.family import MAIN
from conformance.reference import reference_gateway
from conformance.reference.gateway import Answer, Answering, Call
from conformance.reference.gateway.wire import nothing, whole
from conformance.run.soak import Plan, soak
from conformance.run.soak_talk import Talk, foreign, mark
from conformance.target.profile import Profile
from conformance.target.target import Target
from tests.support.servers import unused_port

Around = Callable[[Answering], Answering]
WITHIN = Plan(seconds=60, at_once=8, requests=44)


def soaked(
    around: Around = lambda answering: answering, plan: Plan = WITHIN, *, is_scripted: bool = True
) -> tuple[Tally, Judged]:
    """Soaks a reference gateway whose answers `around` changes; `is_scripted` is whether the provider holds answers."""
    with reference_gateway(around=around, pace=0) as running, Client(20) as client:
        own = running.provider
        assert own
        address = ProviderAddress(own.url, own.key, own.control_key)
        target = Target(running.base_url, Profile(), running.key, {"default": running.models[0]})
        tally, families = soak(plan, target, client, address if is_scripted else None)
    assert tuple(families) == MAIN
    return tally, judge(tally)


@pytest.mark.socket
def test_a_correct_gateway_has_no_finding() -> None:
    tally, judged = soaked(plan=replace(WITHIN, requests=100, at_once=24))
    assert judged.found == (), tally.examples
    assert tally.kinds == {"whole": tally.streams}
    assert tally.streams == 100
    assert tally.sessions > 24
    assert tally.open_at_end == 0


def emptied(answering: Answering, chance: random.Random) -> Answering:
    """6.6 % of the streams have no events."""

    async def answer(call: Call) -> Answer:
        found = await answering(call)
        if chance.random() < 0.066:
            await found.close()
            return replace(found, body=whole(b""), close=nothing)
        return found

    return answer


@pytest.mark.socket
def test_a_seeded_share_of_empty_streams_is_found_within_44_requests() -> None:
    tally, judged = soaked(partial(emptied, chance=random.Random(1)))
    assert judged.found == ("streams",)
    assert tally.streams == 44
    assert judged.bad.hits == tally.kinds["empty"] > 0
    assert judged.bad.low < 0.066 < judged.bad.high
    assert tally.examples[0].what == "empty: no event"


def leaking(answering: Answering, kept: list[asyncio.Task[None]]) -> Answering:
    """The gateway goes on reading from its upstream when its client has left."""

    async def answer(call: Call) -> Answer:
        found = await answering(call)
        pieces: asyncio.Queue[bytes | None] = asyncio.Queue()

        async def read() -> None:
            try:
                async for piece in found.body:
                    pieces.put_nowait(piece)
            finally:
                pieces.put_nowait(None)
                await found.close()

        kept.append(asyncio.create_task(read()))

        async def body() -> AsyncIterator[bytes]:
            while (piece := await pieces.get()) is not None:
                yield piece

        return replace(found, body=body(), close=nothing)

    return answer


@pytest.mark.socket
def test_a_connection_that_is_left_behind_by_each_abort_is_found() -> None:
    tally, judged = soaked(partial(leaking, kept=[]), replace(WITHIN, at_once=3, grace=0.5))
    assert judged.found == ("connections",)
    assert tally.left == tally.followed == tally.aborted > 0
    assert tally.open_at_end == tally.left


def swapped(answering: Answering, said: list[bytes]) -> Answering:
    """Every fifth answer is the one to the prompt of another session at the same endpoint."""

    def session(body: bytes) -> str:
        return str(re.findall(TOKEN, body.decode())[-1])

    async def answer(call: Call) -> Answer:
        body = call.body
        if call.method == "POST" and re.search(TOKEN, body.decode()):
            others = [one for one in said if session(one) != session(body)]
            others = [one for one in others if json.loads(one).keys() == json.loads(body).keys()]
            said.append(body)
            body = others[-1] if others and len(said) % 5 == 0 else body
        return await answering(replace(call, body=body))

    return answer


@pytest.mark.socket
def test_an_answer_to_another_session_is_found() -> None:
    # An answer that is held for the abort of one session would also hold the swapped request of another one.
    tally, judged = soaked(partial(swapped, said=[]), is_scripted=False)
    assert judged.found == ("cross-talk",)
    assert tally.crossed > 0
    assert "of another session" in tally.examples[0].what


@pytest.mark.socket
def test_a_gateway_that_refuses_everything_is_one_sentence() -> None:
    def refusing(answering: Answering) -> Answering:
        async def answer(call: Call) -> Answer:
            return replace(await answering(call), status=500)

        return answer

    with pytest.raises(InputError) as error:
        soaked(refusing)
    assert "no endpoint answers a streamed request with tools (chat_completions: status 500; " in str(error.value)


@pytest.mark.socket
def test_a_provider_that_is_lost_is_one_sentence() -> None:
    with reference_gateway(pace=0) as running, Client(20) as client:
        target = Target(running.base_url, Profile(), running.key, {"default": running.models[0]})
        lost = ProviderAddress(f"http://127.0.0.1:{unused_port()}", "sk-provider", "control")
        with pytest.raises(InputError, match="the scripted provider does not answer"):
            soak(WITHIN, target, client, lost)


def test_the_mark_of_another_session_is_recognised() -> None:
    own, other = mark("1", 7), mark("1", 12)
    assert list(foreign(f"{own} and {other}, {other}", "1", 7)) == [other, other]
    assert not list(foreign(f"{own} {mark('2', 12)} {other[:-1]} {other[1:]} {mark('1', 7)[:-1]}8", "1", 7))


@pytest.mark.parametrize("family", MAIN)
def test_a_talk_has_the_calls_and_their_results(family: str) -> None:
    talk = Talk(family, "some-model", "Zqmark-1")
    talk.ask()
    talk.go_on(Said("Sure.", (ToolCall("call_1", "look_up", '{"key": "Zqmark-1"}'),)))
    talk.go_on(Said("The value is Zqmark-1."))
    text = json.dumps(talk.body())
    assert text.count("call_1") == 2
    assert "Call look_up with key: Zqmark-1" in text
    assert "Reply with exactly: Zqmark-1" in text
    assert talk.body()["stream"] is True
