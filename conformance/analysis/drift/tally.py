"""Counts in how many exchanges of a recording each trait was seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from conformance.analysis.drift import facts
from conformance.analysis.drift.facts import Facts
from conformance.analysis.drift.sightings import of_exchange
from conformance.analysis.drift.traits import Aspect, Sighting, Trait
from conformance.core.model import Exchange

MAX_UNKNOWN = 100
"""More unknown names at one place are ids or texts that differ each time: the place is then not compared by names."""


@dataclass(frozen=True, slots=True)
class Example:
    """The first exchange with a trait; `event` is the number of the event in it."""

    name: str
    event: int | None = None


@dataclass(slots=True)
class Tally:
    """A recording: the number of its exchanges, and for each trait the number, the first sighting and its exchange.

    `varied` are the (base, aspect) whose names differ each time. The exchange is the unit because the members of one
    answer are not independent of each other.
    """

    exchanges: int = 0
    hits: Counter[Trait] = field(default_factory=Counter)
    first: dict[Trait, Sighting] = field(default_factory=dict)
    examples: dict[Trait, Example] = field(default_factory=dict)
    varied: set[tuple[Trait, Aspect]] = field(default_factory=set)
    _unknown: Counter[tuple[Trait, Aspect]] = field(default_factory=Counter)
    _facts: dict[Trait, Facts] = field(default_factory=dict)

    def facts(self, trait: Trait) -> Facts:
        """The facts about a trait. They take much longer than the counting, and few of them are needed."""
        if trait not in self._facts:
            self._facts[trait] = facts.of_sighting(self.first[trait])
        return self._facts[trait]

    def add(self, name: str, exchange: Exchange) -> None:
        """Counts one more exchange."""
        seen: set[Trait] = set()
        for found in of_exchange(exchange):
            trait = found.trait
            if trait in seen:
                continue
            seen.add(trait)
            if trait not in self.first and not self._meets(found, name):
                continue
            self.hits[trait] += 1
        self.exchanges += bool(seen)

    def _meets(self, found: Sighting, name: str) -> bool:
        """Keeps the first sighting of a trait; False if the names at its place, or at that of its base, vary."""
        if found.base not in self.first and found.base != found.trait:
            return False
        if not facts.is_known(found):
            place = found.base, found.trait.aspect
            self._unknown[place] += 1
            if self._unknown[place] > MAX_UNKNOWN:
                self.varied.add(place)
                return False
        self.first[found.trait] = found
        self.examples[found.trait] = Example(name, found.number)
        return True


def count(recording: Iterable[tuple[str, Exchange]]) -> Tally:
    """The tally of (name, exchange) pairs."""
    tally = Tally()
    for name, exchange in recording:
        tally.add(name, exchange)
    return tally
