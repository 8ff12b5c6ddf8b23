"""The two answers that are compared: the upstream's, and the one that the client got."""

from __future__ import annotations

import json
from dataclasses import dataclass

from conformance.core.model import JSON, Answer, ToolCall
from conformance.judge.both_ends.ends import Ends, once
from conformance.judge.both_ends.failed import failure, is_terminated
from conformance.protocol.common_terms import End, end, values, words
from conformance.protocol.reading import Reading, parse
from conformance.protocol.schema_check import show


@dataclass(frozen=True, slots=True)
class Side:
    """One of the answers: its exchange, its family and its content."""

    reading: Reading
    family: str
    answer: Answer

    @property
    def end(self) -> End | None:
        """Why the answer ends."""
        return end(self.family, self.answer)

    def values(self, kind: str) -> list[object]:
        """The values that the final object has at the places of a kind (`common_terms.values`)."""
        return values(kind, self.family, self.reading.final)

    def values_of(self, kind: str) -> list[str]:
        """The words that the family has for a kind (`common_terms.words`)."""
        return words(kind, self.family)


@dataclass(frozen=True, slots=True)
class Answers:
    """The upstream's answer, and the client's."""

    up: Side
    down: Side

    @property
    def is_native(self) -> bool:
        """Whether both are of one family, so that nothing has to be translated."""
        return self.up.family == self.down.family

    @property
    def are_refused(self) -> bool:
        """Whether one of them is a refusal."""
        return "refusal" in (self.up.end, self.down.end)


@once
def answers(ends: Ends) -> Answers | None:
    """The two answers; None if one of them is not a complete answer: then there is nothing to compare."""
    if ends.step.expect["outcome"] == "failure":  # `failures_told` judges whether the client is told
        return None
    up, down = _side(ends.last), _side(ends.front)
    return Answers(up, down) if up and down else None


def _side(reading: Reading | None) -> Side | None:
    if reading is None or reading.kind not in ("json", "stream") or failure(reading):
        return None
    is_whole = reading.exchange.ended == "complete" or (reading.kind == "stream" and is_terminated(reading))
    return Side(reading, reading.family.name, reading.answer) if is_whole and reading.answer else None


def emulated(both: Answers, sent: JSON) -> list[ToolCall]:
    """The upstream's calls of tools that the gateway added, and not the client: it emulates a feature with them."""
    if both.is_native:
        return []
    own = values("tools", both.down.family, sent)
    added = [name for name in values("tools", both.up.family, both.up.reading.sent) if name not in own]
    return [call for call in both.up.answer.tool_calls if call.name in added]


def canonical(arguments: JSON) -> str | None:
    """Arguments in a form that is the same for equal ones; None if they are not JSON. "" stands for no arguments."""
    value, problem = parse(arguments or "{}") if isinstance(arguments, str) else (arguments, "")
    return None if problem else json.dumps(_plain(value), sort_keys=True)


def unwrapped(arguments: str) -> JSON:
    """The value of the only argument; None without arguments, and with several."""
    value, _ = parse(arguments)
    return next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else None


def _plain(value: JSON) -> JSON:
    """JSON in which a whole number is always an integer: 3.0 is 3."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def difference(want: str, got: str) -> tuple[str, str]:
    """Two texts for a finding: from shortly before the place where they differ."""
    pairs = enumerate(zip(want, got, strict=False))
    first = next((index for index, (one, other) in pairs if one != other), min(len(want), len(got)))
    start = max(0, first - _BEFORE)
    at = f" (from character {start + 1})" if start else ""
    return f"{show(want[start:])}{at}, as the upstream wrote", f"{show(got[start:])}{at}"


_BEFORE = 20
