"""Each case several times, for gateways that do not always do the same."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from conformance.model import JSON, Case
from conformance.naming import named, timeless


@dataclass(frozen=True, slots=True)
class Stability:
    """How often a repeated case ended as it ended most often: `count` of `times`."""

    id: str
    outcome: str
    count: int
    times: int

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.id}: {self.outcome} {self.count} of {self.times} times"


def repeated(cases: Iterable[Case], times: int) -> tuple[Case, ...]:
    """Every case so many times, each with an id, and so with a canary word, of its own."""
    if times == 1:
        return tuple(cases)
    return tuple(replace(case, id=named(case.id, time=time)) for time in range(1, times + 1) for case in cases)


def stability(verdicts: Sequence[JSON]) -> tuple[Stability, ...]:
    """How stable each repeated case is, the least stable first; nothing of cases that ran once."""
    outcomes: dict[str, list[str]] = defaultdict(list)
    for entry in verdicts:
        if timeless(entry["id"]) != entry["id"]:
            outcomes[timeless(entry["id"])].append(entry["outcome"])
    found = [Stability(name, *Counter(ended).most_common(1)[0], len(ended)) for name, ended in outcomes.items()]
    return tuple(sorted(found, key=lambda one: (one.count / one.times, one.id)))
