"""The scope of a problem: the narrowest condition that explains in which exchanges it shows.

A condition is a list of literals: a fact, or `!` and a fact that is false. It is found greedily: of the literals that
all affected exchanges share, the one that best separates them from the others is added, until none is left that could.
Between two that separate equally well, the one that explains more (its `weight` in the table of facts) is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from conformance.analysis.problems.observations import Bits, Observations
from conformance.judge.facts import Fact, table

NOT = "!"
OR = "|"
ENDPOINT = "endpoint="
ANY_ENDPOINT = "endpoint=*"
MAX_LITERALS = 3
GAIN = 0.02
"""The share of the exchanges inside that a further literal has to exclude."""
PRICE = 0.03
"""The share of the exchanges that a literal has to exclude more than another one, for each unit of its weight."""

CLEAR = 0.66
"""A scope in which the problem shows at least this often is not divided."""
SURE = 0.9
"""How often a problem has to show in a part of a scope that is divided."""
COVERED = 0.9
"""The share of the affected exchanges that the parts together have to explain."""
LEAST = 0.1
"""The share of the affected exchanges that a part has to explain."""
MAX_PARTS = 4
SIMPLE, SIMPLE_OF_CASES = 5, 7
"""The most that a fact may weigh by which two scopes are told apart; rules about cases may differ in their area."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A condition, and how it fits: `broken` of `inside` exchanges show the problem, none of `outside` do.

    `spared` are those inside that do not show it.
    """

    literals: tuple[str, ...]
    broken: int
    inside: int
    outside: int
    spared: Bits = 0

    @property
    def share(self) -> float:
        """The share of the exchanges inside that show the problem."""
        return self.broken / self.inside


def holds(literals: Iterable[str], facts: Collection[str]) -> bool:
    """Whether a condition is true of facts."""
    return all(_is_true(literal, facts) for literal in literals)


def _is_true(literal: str, facts: Collection[str]) -> bool:
    if literal.startswith(NOT):
        return literal.removeprefix(NOT) not in facts
    return literal == ANY_ENDPOINT or any(fact in facts for fact in _alternatives(literal))


def _alternatives(literal: str) -> Iterator[str]:
    """The facts of which one has to be true: several endpoints stand in one literal."""
    if not literal.startswith(ENDPOINT):
        yield literal
        return
    yield from (ENDPOINT + value for value in literal.removeprefix(ENDPOINT).split(OR))


def fact_of(literal: str) -> Fact:
    """The row of the table that describes a literal."""
    return table()[literal.removeprefix(NOT).partition("=")[0]]


def _place(literal: str) -> tuple[int, str]:
    """The place of a literal in a scope: that of its fact in the table."""
    return [*table()].index(fact_of(literal).name), literal


@cache
def weight(literal: str) -> int:
    """How little a literal explains."""
    return fact_of(literal).weight + literal.startswith(NOT)


class Scopes:
    """Finds scopes for one rule: among the exchanges that could break it."""

    def __init__(
        self, observed: Observations, population: Bits, without: Collection[str] = (), simple: int = SIMPLE
    ) -> None:
        """`without` are names of facts that must not explain the rule, `simple` is the most that a fact may weigh by
        which two scopes are told apart.
        """
        self._simple = simple
        self._observed = observed
        self._population = population
        self._names = [name for name in table() if name not in without]
        self._facts = {fact: bits for fact, bits in observed.facts.items() if fact.partition("=")[0] in self._names}
        self._ends = {fact: bits for fact, bits in observed.facts.items() if fact.startswith(ENDPOINT)}

    def find(self, affected: Bits, population: Bits | None = None) -> Scope:
        """The scope of a problem that shows in `affected`, which are part of `population`."""
        everything = (self._population if population is None else population) | affected
        others = everything & ~affected
        chosen = [self._endpoint(affected)]
        left = others & self._where(chosen[0])
        shared = self._shared(affected)
        while left and len(chosen) <= MAX_LITERALS:
            size = left.bit_count()
            merits = ((self._excluded(literal, left) / size - PRICE * weight(literal), literal) for literal in shared)
            _, best = max(merits, key=lambda pair: pair[0], default=(0.0, ""))
            if not best or self._excluded(best, left) < max(1.0, GAIN * (size + affected.bit_count())):
                break
            chosen.append(best)
            left &= self._where(best)
        chosen = self._without_idle(chosen, others)
        chosen[1:1] = self._context(chosen, everything)
        inside = others & self._all_of(chosen)
        broken = affected.bit_count()
        literals = chosen[0], *sorted(chosen[1:], key=_place)
        return Scope(literals, broken, broken + inside.bit_count(), (others & ~inside).bit_count(), inside)

    def _context(self, chosen: Sequence[str], population: Bits) -> list[str]:
        """The facts that are true wherever the rule can be broken, but not in all of the run."""
        names = [name for name in self._names if table()[name].context and name not in chosen]
        return [
            name for name in names if not population & ~self._where(name) and self._all_of(chosen) & ~self._where(name)
        ]

    def _endpoint(self, affected: Bits) -> str:
        """The literal for the endpoints: those of the affected exchanges, unless the run has hardly any other."""
        own = sorted(fact for fact, bits in self._ends.items() if bits & affected)
        excluded = sum(bits.bit_count() for fact, bits in self._ends.items() if fact not in own)
        if len(own) > 1 and excluded <= GAIN * len(self._observed.items):
            return ANY_ENDPOINT
        return ENDPOINT + OR.join(fact.removeprefix(ENDPOINT) for fact in own)

    def _shared(self, affected: Bits) -> list[str]:
        """The literals that are true of every affected exchange, those that explain most first."""
        true = [fact for fact, bits in self._facts.items() if affected & ~bits == 0 and not fact.startswith(ENDPOINT)]
        false = [NOT + name for name in self._names if _has_opposite(name) and not self._facts.get(name, 0) & affected]
        return sorted([*true, *false], key=lambda literal: (weight(literal), literal))

    def _where(self, literal: str) -> Bits:
        if literal == ANY_ENDPOINT:
            return self._observed.all
        if literal.startswith(NOT):
            return self._observed.all & ~self._observed.facts.get(literal.removeprefix(NOT), 0)
        found = 0
        for fact in _alternatives(literal):
            found |= self._observed.facts.get(fact, 0)
        return found

    def _all_of(self, literals: Iterable[str]) -> Bits:
        found = self._observed.all
        for literal in literals:
            found &= self._where(literal)
        return found

    def _excluded(self, literal: str, left: Bits) -> int:
        return (left & ~self._where(literal)).bit_count()

    def _without_idle(self, chosen: Sequence[str], others: Bits) -> list[str]:
        """The condition without the literals that exclude nothing beside the rest; the endpoint stays."""
        kept = list(chosen)
        for literal in reversed(chosen[1:]):
            rest = [other for other in kept if other != literal]
            if not others & self._all_of(rest) & ~self._where(literal):
                kept = rest
        return kept

    def is_clear(self, affected: Bits) -> bool:
        """Whether one condition explains the affected exchanges."""
        return self.find(affected).share >= CLEAR

    def parts(self, affected: Bits) -> list[Bits]:
        """The affected exchanges, divided where no single condition explains them and a few simple ones do."""
        if self.is_clear(affected):
            return [affected]
        found: list[Bits] = []
        left = affected
        while left and len(found) < MAX_PARTS:
            part = self._best_part(left, affected)
            if not part:
                break
            found.append(part)
            left &= ~part
        if not found or left.bit_count() > (1 - COVERED) * affected.bit_count():
            return [affected]
        return [found[0] | left, *found[1:]] if left else found

    def _best_part(self, left: Bits, affected: Bits) -> Bits:
        """The largest part that one more literal explains; 0 if no literal does."""
        best, most = 0, (0, 0)
        population = self._population & ~affected | left
        for fact, bits in self._facts.items():
            part = left & bits
            if not part or weight(fact) > self._simple or part.bit_count() < max(2, LEAST * affected.bit_count()):
                continue
            found = self.find(part, population & ~(left & ~part))
            merit = (part.bit_count(), -sum(map(weight, found.literals[1:])))
            if found.share >= SURE and all(weight(one) <= self._simple for one in found.literals[1:]) and merit > most:
                best, most = part, merit
        return best


@cache
def _has_opposite(name: str) -> bool:
    fact = table()[name]
    return bool(fact.not_phrase or fact.not_adjective)
