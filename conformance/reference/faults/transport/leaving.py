"""A client that disconnects breaks later calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

from conformance.reference.changes import Change
from conformance.reference.changes.replies import refuse
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Answering, Call

Then = Callable[[Answering, Call, Call], Awaitable[Answer]]

"""Answers a later call, given the faithful gateway and the call whose client has left."""

PACE = 0.05

"""Seconds before an answer and before each write of it: who leaves must find the answer unfinished, as a model's is."""


def after_leaving(then: Then) -> Change:
    """For each call whose client went away before its end, one later call is answered by `then`.

    The calls are remembered for the life of the process, because each call gets its own copy of the changed gateway.
    """
    left: list[Call] = []

    def change(answering: Answering) -> Answering:
        async def changed(call: Call) -> Answer:
            if left:
                return await then(answering, left.pop(), call)
            try:
                await asyncio.sleep(PACE)
                answer = await answering(call)
            except asyncio.CancelledError:
                left.append(call)
                raise
            return _watched(answer, lambda: left.append(call))

        return changed

    return change


def _watched(answer: Answer, leave: Callable[[], None]) -> Answer:
    """The answer; `leave` is called where it is closed before its last piece."""
    ended: list[bool] = []

    async def body() -> AsyncIterator[bytes]:
        async for piece in answer.body:
            await asyncio.sleep(PACE)
            yield piece
        ended.append(True)

    async def close() -> None:
        if not ended:
            leave()
        await answer.close()

    return replace(answer, body=body(), close=close)


async def _fails(answering: Answering, _left: Call, later: Call) -> Answer:
    return await refuse(502, "The connection to the model was lost.")(answering)(later)


async def _answers_the_left_one(answering: Answering, left: Call, later: Call) -> Answer:
    """The answer to the abandoned call, streamed or not as the later call asks."""
    asked = {**json.loads(left.body), "stream": json.loads(later.body).get("stream", False)}
    return await answering(replace(left, body=json.dumps(asked).encode()))


FAULTS = (
    Fault(
        id="leaving-breaks-the-next-call",
        family="chat_completions",
        sentence="A client that disconnects in the middle of a stream breaks the connection of the next call.",
        rules=("case.accepted",),
        cases="http/leaving/chat-in-the-middle",
        apply=after_leaving(_fails),
    ),
    Fault(
        id="leaving-breaks-the-next-call-unsent",
        family="responses",
        sentence="A client that disconnects before its answer begins breaks the connection of the next call.",
        rules=("case.accepted",),
        cases="http/leaving/responses-before-the-answer[stream=true]",
        apply=after_leaving(_fails),
    ),
    Fault(
        id="leaving-answers-the-left-call",
        family="messages",
        sentence="The next client gets the answer to the call whose client disconnected.",
        rules=("case.answer-text",),
        cases="http/leaving/messages-in-the-middle",
        apply=after_leaving(_answers_the_left_one),
    ),
)
