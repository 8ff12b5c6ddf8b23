"""The cases of which each level consists (schemas/levels.yaml).

A case belongs to a level by its area, its endpoint, its needs and its marks, whatever a profile claims: what a gateway
denies stays in the set.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from conformance.core import data_files
from conformance.core.globs import any_fits
from conformance.core.model import Case
from conformance.protocol.family import ELSEWHERE
from conformance.suite import applies

STREAMING = "streaming"
"""The mark of cases with a request for a stream."""


@dataclass(frozen=True, slots=True)
class LevelSet:
    """A level: what it means, the percentage of its cases that must apply, and which cases are in its set.

    `areas` are globs of `<family>/<area>`, None for every case. `needs` are the capabilities that its cases may need.
    """

    name: str
    about: str
    applicable: int
    areas: tuple[str, ...] | None
    needs: frozenset[str]
    streamed: bool

    def has(self, case: Case, family: str) -> bool:
        """Whether a case is in the set, apart from the sets of lower levels.

        A gateway may offer one family only, so a case that sends requests to another endpoint is in the last set only.
        """
        if self.areas is None:
            return True
        return (
            case.endpoint == family
            and self.needs.issuperset(case.needs)
            and (self.streamed or STREAMING not in case.marks)
            and any_fits(self.areas, f"{case.family}/{case.area}")
            and {family, ELSEWHERE}.issuperset(applies.endpoints(case))
        )


@cache
def level_sets() -> tuple[LevelSet, ...]:
    """The levels, the lowest first."""
    table = data_files.table("levels.yaml")["levels"]
    return tuple(
        LevelSet(
            name,
            entry["about"],
            entry["applicable"],
            tuple(entry["areas"]) if "areas" in entry else None,
            frozenset(entry.get("needs", ())),
            entry.get("streamed", True),
        )
        for name, entry in table.items()
    )


@cache
def endpoints() -> Mapping[str, Collection[str]]:
    """Family -> the endpoints whose cases count for it."""
    found: Mapping[str, Collection[str]] = data_files.table("levels.yaml")["families"]
    return found


def of_family(family: str, cases: Sequence[Case]) -> list[Case]:
    """The cases that count for a family: those of its last level."""
    return [case for case in cases if case.endpoint in endpoints()[family]]


def cases_of(family: str, cases: Sequence[Case]) -> Mapping[str, tuple[Case, ...]]:
    """Level -> the cases of its set in a family, for the levels from the lowest to the highest."""
    levels = level_sets()
    own = of_family(family, cases)
    first = [next(place for place, level in enumerate(levels) if level.has(case, family)) for case in own]
    return {
        level.name: tuple(case for case, lowest in zip(own, first, strict=True) if lowest <= place)
        for place, level in enumerate(levels)
    }
