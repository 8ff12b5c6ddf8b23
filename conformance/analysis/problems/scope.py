"""The scope of a problem: the narrowest condition that explains in which exchanges it shows.

A condition is a set of literals: a fact, or `!` and a fact that is false. It is found greedily: of the literals that
all affected exchanges share, the one that best separates them from the others is added, until none is left that could.
Between two that separate equally well, the one that explains more (its `weight` in the table of facts) is taken.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from conformance.analysis.problems.observations import Observation
from conformance.judge.facts import Fact, table

NOT = "!"
OR = "|"
ANY_ENDPOINT = "endpoint=*"
MAX_LITERALS = 4
GAIN = 0.02
"""The share of the exchanges inside that a further literal has to exclude."""


@dataclass(frozen=True, slots=True)
class Scope:
    """A condition, and how it fits: `broken` of `inside` exchanges show the problem, none of `outside` do."""

    literals: tuple[str, ...]
    broken: int
    inside: int
    outside: int


def find(affected: Collection[Observation], population: Sequence[Observation]) -> Scope:
    """The scope of a problem that shows in `affected`, which are part of `population`: those in which it could show."""
    shown = set(affected)
    others = [one for one in population if one not in shown]
    shared = _shared(affected)
    chosen = [_endpoints(affected, others)]
    left = [one for one in others if holds(chosen, one.facts)]
    while left and len(chosen) <= MAX_LITERALS:
        best = max(shared, key=lambda literal: _merit(literal, left), default=None)
        if best is None or _excluded(best, left) < max(1, GAIN * (len(left) + len(affected))):
            break
        chosen.append(best)
        left = [one for one in left if holds([best], one.facts)]
    chosen = _without_idle(chosen, others)
    inside = [one for one in others if holds(chosen, one.facts)]
    return Scope(tuple(chosen), len(shown), len(shown) + len(inside), len(others) - len(inside))


def _endpoints(affected: Collection[Observation], others: Collection[Observation]) -> str:
    """The literal for the endpoints: those of the affected exchanges, unless these are all that there are."""
    own = sorted({one.endpoint for one in affected})
    if len(own) > 1 and own == sorted({one.endpoint for one in (*affected, *others)}):
        return ANY_ENDPOINT
    return "endpoint=" + OR.join(name.partition("=")[2] for name in own)


def holds(literals: Iterable[str], facts: Collection[str]) -> bool:
    """Whether a condition is true of facts."""
    return all(_is_true(literal, facts) for literal in literals)


def _is_true(literal: str, facts: Collection[str]) -> bool:
    if literal.startswith(NOT):
        return literal.removeprefix(NOT) not in facts
    name, _, values = literal.partition("=")
    return literal in facts or any(f"{name}={value}" in facts for value in values.split(OR)) or literal == ANY_ENDPOINT


def fact_of(literal: str) -> Fact:
    """The row of the table that describes a literal."""
    return table()[literal.removeprefix(NOT).partition("=")[0]]


def _shared(affected: Collection[Observation]) -> list[str]:
    """The literals that are true of every affected exchange, those that explain most first."""
    every = [one.facts for one in affected]
    true = frozenset.intersection(*every)
    seen = frozenset.union(*every)
    false = [
        NOT + name for name, fact in table().items() if name not in seen and (fact.not_phrase or fact.not_adjective)
    ]
    return sorted([*(fact for fact in true if fact.partition("=")[0] in table()), *false], key=_order)


def _order(literal: str) -> tuple[int, int, str]:
    names = [*table()]
    fact = fact_of(literal)
    return fact.weight + literal.startswith(NOT), names.index(fact.name), literal


def _excluded(literal: str, left: Collection[Observation]) -> int:
    return sum(not holds([literal], one.facts) for one in left)


def _merit(literal: str, left: Collection[Observation]) -> float:
    """How well a literal separates, less what it explains badly."""
    return _excluded(literal, left) / len(left) - 0.03 * (fact_of(literal).weight + literal.startswith(NOT))


def _without_idle(chosen: Sequence[str], others: Collection[Observation]) -> list[str]:
    """The condition without the literals that exclude nothing beside the rest; the endpoint stays."""
    kept = list(chosen)
    for literal in reversed(chosen):
        rest = [other for other in kept if other != literal]
        if literal == chosen[0]:
            continue
        if all(holds([literal], one.facts) for one in others if holds(rest, one.facts)):
            kept = rest
    return kept


CLEAR = 0.8
"""A scope in which the problem shows at least this often is not divided."""
SURE = 0.95
"""How often a problem has to show in a part of a scope that is divided."""
MAX_PARTS = 12


def parts(affected: set[Observation], population: Sequence[Observation]) -> list[set[Observation]]:
    """The affected exchanges, divided where no single condition explains them and several conditions do."""
    found: list[set[Observation]] = []
    left = set(affected)
    while left and len(found) < MAX_PARTS - 1:
        rest = [one for one in population if one not in affected or one in left]
        whole = find(left, rest)
        if whole.broken >= CLEAR * whole.inside:
            break
        part = _best_part(left, rest)
        if part is None:
            break
        found.append(part)
        left -= part
    return [*found, left] if left else found


def _best_part(affected: set[Observation], population: Sequence[Observation]) -> set[Observation] | None:
    """The largest part of the affected exchanges that a condition explains; None if there is none."""
    best: tuple[tuple[float, ...], set[Observation]] | None = None
    for literal in _candidates(affected):
        part = {one for one in affected if holds([literal], one.facts)}
        if len(part) == len(affected):
            continue
        found = find(part, [one for one in population if one in part or one not in affected])
        if found.broken >= SURE * found.inside:
            merit = (float(len(part)), -float(sum(fact_of(literal).weight for literal in found.literals[1:])))
            if best is None or merit > best[0]:
                best = merit, part
    return best[1] if best else None


def _candidates(affected: Collection[Observation]) -> list[str]:
    return sorted({fact for one in affected for fact in one.facts if fact.partition("=")[0] in table()})
