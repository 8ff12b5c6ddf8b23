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

_FREE: tuple[Aspect, ...] = ("text", "header", "header value")
"""Aspects whose names no schema lists."""


@dataclass(frozen=True, slots=True)
class Example:
    """The first exchange with a trait; `event` is the number of the event in it."""

    name: str
    event: int | None = None


@dataclass(slots=True)
class Tally:
    """A recording: its exchanges, and for each trait the number of exchanges, the base, the facts and an example.

    `varied` are the (base, aspect) whose names differ each time. The exchange is the unit because the members of one
    answer are not independent of each other.
    """

    exchanges: int = 0
    hits: Counter[Trait] = field(default_factory=Counter)
    bases: dict[Trait, Trait] = field(default_factory=dict)
    facts: dict[Trait, Facts] = field(default_factory=dict)
    examples: dict[Trait, Example] = field(default_factory=dict)
    varied: set[tuple[Trait, Aspect]] = field(default_factory=set)
    _unknown: Counter[tuple[Trait, Aspect]] = field(default_factory=Counter)

    def add(self, name: str, exchange: Exchange) -> None:
        """Counts one more exchange."""
        seen: set[Trait] = set()
        for found in of_exchange(exchange):
            trait = found.trait
            if trait in seen:
                continue
            seen.add(trait)
            if trait not in self.facts and not self._meets(found, name):
                continue
            self.hits[trait] += 1
        self.exchanges += bool(seen)

    def _meets(self, found: Sighting, name: str) -> bool:
        """Keeps what is known about a new trait; False if the names at its place differ each time."""
        known, place = facts.of_sighting(found), (found.base, found.trait.aspect)
        if not known.known or found.trait.aspect in _FREE:
            self._unknown[place] += 1
            if self._unknown[place] > MAX_UNKNOWN:
                self.varied.add(place)
                return False
        self.facts[found.trait] = known
        self.bases[found.trait] = found.base
        self.examples[found.trait] = Example(name, found.number)
        return True


def count(recording: Iterable[tuple[str, Exchange]]) -> Tally:
    """The tally of (name, exchange) pairs."""
    tally = Tally()
    for name, exchange in recording:
        tally.add(name, exchange)
    return tally
