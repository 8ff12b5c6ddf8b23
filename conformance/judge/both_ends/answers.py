"""The two answers that are compared: the upstream's, and the one that the client got."""

from __future__ import annotations

from dataclasses import dataclass

from conformance.core.model import Answer
from conformance.judge.both_ends.ends import Ends, once
from conformance.judge.both_ends.failed import failure, is_terminated
from conformance.protocol.common_terms import End, end, values, words
from conformance.protocol.reading import Reading
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


def difference(want: str, got: str) -> tuple[str, str]:
    """Two texts for a finding: from shortly before the place where they differ."""
    pairs = enumerate(zip(want, got, strict=False))
    first = next((index for index, (one, other) in pairs if one != other), min(len(want), len(got)))
    start = max(0, first - _BEFORE)
    at = f" (from character {start + 1})" if start else ""
    return f"{show(want[start:])}{at}, as the upstream wrote", f"{show(got[start:])}{at}"


_BEFORE = 20
