"""Faults of time: events that are late or buffered. Tests can speed up those whose ids begin with `slow-`.

This module has the entries that a table cannot express.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import brotli

from conformance.reference.changes import chain, on_answer, on_events
from conformance.reference.changes.answers import STREAM
from conformance.reference.changes.flows import JSON_DATA, end, pause, render
from conformance.reference.changes.frames import Frame
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.wire import first


async def _brotli_at_once(call: Call, answer: Answer) -> Answer:
    """A stream for a client that accepts Brotli, compressed when it has ended."""
    if not STREAM(answer) or "br" not in (first(call.headers, "accept-encoding") or ""):
        return answer

    async def body() -> AsyncIterator[bytes]:
        yield brotli.compress(b"".join([piece async for piece in answer.body]))

    return replace(answer, headers=(*answer.headers, ("content-encoding", "br")), body=body())


FAULTS = (
    Fault(
        id="timing-collected-to-be-compressed",
        family="messages",
        sentence="A stream is buffered and compressed at its end for clients that accept Brotli.",
        rules=("case.incremental",),
        cases="routing/compression/messages-agents-codings",
        apply=chain(on_events(pause(JSON_DATA, 0.008)), on_answer(_brotli_at_once)),
    ),
    Fault(
        id="timing-blank-lines-late",
        family="chat_completions",
        sentence="The blank line of an event is written with the next event, more than a second later.",
        rules=("timing.event.held-back",),
        cases="chat_completions/unicode/emoji[stream=true]",
        apply=on_events(
            *(pause(JSON_DATA, 1.1, number) for number in (2, 3, 4)),
            render(lambda frame: b"\n" + frame.raw[:-1]),
            end(Frame(b"\n")),
        ),
    ),
)
