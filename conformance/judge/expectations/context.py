"""The context of an expectation, and texts for its findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from conformance.core import pointer
from conformance.core.model import JSON, Answer, Breach, Case
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show
from conformance.target.profile import Profile


@dataclass(frozen=True, slots=True)
class Context:
    """The facts that an expectation may use besides the answer: case, profile, and the readings of earlier steps."""

    case: Case
    profile: Profile
    earlier: Sequence[Reading] = ()


Keyword = Callable[[JSON, Reading, Context], Iterator[Breach]]


def text_of(answer: Answer) -> str:
    """Return the answer's text for a finding; without text, what the answer has instead."""
    if answer.text:
        return show(answer.text)
    if answer.tool_calls:
        return (
            f"no text, but a call to {' and '.join(call.name or 'a tool without a name' for call in answer.tool_calls)}"
        )
    return f"no text, but the refusal {show(answer.refusal)}" if answer.refusal else "no text"


def error_inside(reading: Reading) -> str:
    """Return the first error inside an answer with status 2xx, for a finding; "" without one."""
    if reading.kind not in ("json", "stream") or not reading.errors:
        return ""
    error = reading.errors[0]
    message = error.fields.get("message")
    words = show(message if isinstance(message, str) else error.error)
    return f"event {error.event} is an error: {words}" if error.event else f"it contains an error: {words}"


def shown_answer(reading: Reading) -> str:
    """Return the answer, or the start of the body, for a finding."""
    answer = reading.answer
    return f"the answer {text_of(answer)}" if answer else show(reading.body[:120].decode("utf-8", "replace"))


def error_line(reading: Reading) -> str:
    """Return an error's status and message, for a finding."""
    message = pointer.get(reading.json, "/error/message", str)
    words = message if message is not None else reading.body[:160].decode("utf-8", "replace")
    return f"status {reading.exchange.status}: {show(words)}"
