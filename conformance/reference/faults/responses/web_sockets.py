"""Faults of responses over a WebSocket: of the messages, and of the session."""

from __future__ import annotations

from dataclasses import replace

from conformance.reference.changes.asked import if_
from conformance.reference.changes.change import Change, on_answer
from conformance.reference.changes.flows import EVERY, Flow, each, hold, lose, of, on_events
from conformance.reference.changes.frames import event
from conformance.reference.faults.fault import Fault
from conformance.reference.gateway import Answer, Call
from conformance.reference.gateway.web_sockets import BINARY
from conformance.reference.gateway.wire import whole

CASES = "responses/web-sockets/"


def _over_socket(call: Call) -> bool:
    """Whether a call is a request that came as a message."""
    return call.web_socket and call.method == "POST"


def _messages(*flows: Flow) -> Change:
    return if_(on_events(*flows), _over_socket)


async def _nothing(_call: Call, answer: Answer) -> Answer:
    return replace(answer, body=whole(b""))


FAULTS = (
    Fault(
        id="responses-socket-begin-late",
        family="responses",
        sentence="Over a WebSocket, the message with `response.created` comes after that with the first item.",
        rules=("responses.stream.created-first", "responses.stream.created-once", "responses.stream.sequence"),
        cases=f"{CASES}said",
        apply=_messages(hold(of("response.created"), until=of("response.output_item.added"))),
    ),
    Fault(
        id="responses-socket-endless",
        family="responses",
        sentence="Over a WebSocket, the message with the end of a response is lost.",
        rules=("responses.stream.terminal", "case.answer-stop"),
        cases=f"{CASES}said",
        apply=_messages(lose(of("response.completed"))),
    ),
    Fault(
        id="responses-socket-not-json",
        family="responses",
        sentence="Over a WebSocket, a message is only the half of its JSON.",
        rules=("sse.data.json", "responses.stream.sequence", "responses.delta.text"),
        cases=f"{CASES}said",
        apply=_messages(
            each(of("response.output_text.delta"), lambda frame: [event(frame.data[: len(frame.data) // 2])], number=1)
        ),
    ),
    Fault(
        id="responses-socket-binary",
        family="responses",
        sentence="Over a WebSocket, the messages are binary.",
        rules=("sse.data.json", "responses.stream.terminal", "case.answer-text"),
        cases=f"{CASES}said",
        apply=_messages(each(EVERY, lambda frame: [frame.named(BINARY)])),
    ),
    Fault(
        id="responses-socket-empty",
        family="responses",
        sentence="A WebSocket is opened, and closed without an answer to the message.",
        rules=("case.answered",),
        cases=f"{CASES}*",
        apply=if_(on_answer(_nothing), _over_socket),
    ),
    Fault(
        id="responses-socket-arguments-lost",
        family="responses",
        sentence="Over a WebSocket, the messages with the arguments of a call are lost.",
        rules=("responses.delta.arguments", "responses.stream.sequence"),
        cases=f"{CASES}called",
        apply=_messages(lose(of("response.function_call_arguments.delta"))),
    ),
)
