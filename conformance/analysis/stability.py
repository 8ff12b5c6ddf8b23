"""How often a repeated case had the same outcome, for gateways that do not always answer alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from conformance.core.case_id import without_repetition
from conformance.records.run_format import VerdictEntry


@dataclass(frozen=True, slots=True)
class Stability:
    """The most frequent outcome of a repeated case: `count` of `times`."""

    id: str
    outcome: str
    count: int
    times: int

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.id}: {self.outcome} {self.count} of {self.times} times"


def stability(verdicts: Sequence[VerdictEntry]) -> tuple[Stability, ...]:
    """The stability of each repeated case, the least stable first; cases that ran once are left out."""
    outcomes: dict[str, list[str]] = defaultdict(list)
    for entry in verdicts:
        if without_repetition(entry["id"]) != entry["id"]:
            outcomes[without_repetition(entry["id"])].append(entry["outcome"])
    found = [Stability(name, *Counter(ended).most_common(1)[0], len(ended)) for name, ended in outcomes.items()]
    return tuple(sorted(found, key=lambda one: (one.count / one.times, one.id)))
