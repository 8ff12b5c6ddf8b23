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
    """Return the answer's text for a finding."""
    return show(answer.text) if answer.text else "no text"


def shown_answer(reading: Reading) -> str:
    """Return the answer, or the start of the body, for a finding."""
    answer = reading.answer
    return f"the answer {text_of(answer)}" if answer else show(reading.body[:120].decode("utf-8", "replace"))


def error_line(reading: Reading) -> str:
    """Return an error's status and message, for a finding."""
    message = pointer.get(reading.json, "/error/message", str)
    words = message if message is not None else reading.body[:160].decode("utf-8", "replace")
    return f"status {reading.exchange.status}: {show(words)}"
