"""One change between two recordings, and its class by the table schemas/drift.yaml."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from conformance.analysis.drift import facts, table
from conformance.analysis.drift.facts import NO_DEPENDENTS, Dependents, Facts
from conformance.analysis.drift.table import Class, Row
from conformance.analysis.drift.tally import Example
from conformance.analysis.drift.traits import Trait

Kind = Literal["lost", "rarer", "retyped", "new"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `trials` exchanges."""

    hits: int
    trials: int


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one trait, with its shares in both recordings; `proven` if chance is an unlikely explanation.

    A retyped place has a change for each of its new types, or else for each type that it lost: `was` and `now` are all
    of its types. `example` is an exchange of the old recording for what is lost, and else of the new one.
    """

    kind: Kind
    trait: Trait
    before: Share
    after: Share
    proven: bool
    example: Example
    facts: Facts
    was: tuple[str, ...] = ()
    now: tuple[str, ...] = ()

    @property
    def outcome(self) -> Class:
        """The class of the change."""
        return self._row.outcome

    @property
    def because(self) -> str:
        """The reason for the class."""
        return self._row.because

    @property
    def rule(self) -> str:
        """The rule that the change breaks, or that recommends what is lost; "" without one."""
        is_gain = self.kind == "new" or (self.kind == "retyped" and self.trait.name in self.now)
        return self.facts.refused if is_gain else self.facts.required

    @property
    def dependents(self) -> Dependents:
        """The clients that depend on the rules in question; none if the change is harmless."""
        return self._dependents if self.outcome != "harmless" else NO_DEPENDENTS

    @property
    def _dependents(self) -> Dependents:
        return facts.dependents(self.facts.rules or frozenset({self.rule}))

    @property
    def _row(self) -> Row:
        return next(row for row in table.rows() if row.fits(self._told))

    @property
    def _told(self) -> Mapping[str, str]:
        """The facts by which the table decides."""
        return {
            "change": self.kind,
            "aspect": self.trait.aspect,
            "known": "yes" if self.facts.known else "no",
            "required": facts.level(self.facts.required),
            "refused": facts.level(self.facts.refused),
            "clients": self._dependents.effect,
            "types": _types(self.was, self.now) if self.kind == "retyped" else "",
        }


def _types(was: Collection[str], now: Collection[str]) -> str:
    """How the types of a place changed, as the table names it."""
    gained = set(now) - set(was)
    if set(now) == {"null"}:
        return "emptied"
    if not gained:
        return "fewer"
    if set(was) == {"null"}:
        return "filled"
    if gained == {"null"}:
        return "nullable"
    return "wider" if gained <= {"integer", "number"} and {"integer", "number"} & set(was) else "other"
