"""Sorts cases so that every prefix of the order notices as many faults as possible for its cost.

It is the greedy solution of a weighted cover: the next case is the one with the most weight per cost. A fault that is
noticed already keeps a part of its weight. Otherwise the order would fit these faults and no others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

AGAIN = 0.2
"""The part of its weight that a fault keeps each time that a case notices it."""

TOKENS = 2000
"""The number of tokens that cost as much as one request."""

_NEGLIGIBLE = 1e-6


@dataclass(frozen=True, slots=True)
class Candidate:
    """A case: what it costs, and the ids of the faults that it notices.

    `controls` are the control requests that the case needs. They have no price in the order: each is sent once, for all
    cases, and with a price the cases that combine the most would come too late.
    """

    id: str
    requests: int
    tokens: int
    controls: frozenset[str]
    notices: frozenset[str]


def order(
    candidates: Iterable[Candidate],
    weights: Mapping[str, float],
    again: Mapping[str, float] = MappingProxyType({}),
) -> Iterator[Candidate]:
    """Yields the candidates, the one that tells most first. `weights` are those of the faults; others weigh nothing.

    `again` has the parts that faults keep each time, instead of `AGAIN`.
    Ties go to the case that notices more in all, then to the first id.
    """
    left = {case.id: case for case in sorted(candidates, key=lambda case: case.id)}
    weight = dict(weights)
    noticed_by: dict[str, list[str]] = defaultdict(list)
    for case in left.values():
        for fault in sorted(case.notices & weight.keys()):
            noticed_by[fault].append(case.id)
    breadth = {id_: sum(weight.get(fault, 0.0) for fault in sorted(case.notices)) for id_, case in left.items()}
    gain = dict(breadth)

    def score(id_: str) -> tuple[float, float]:
        case = left[id_]
        cost = case.requests + case.tokens / TOKENS
        return round(gain[id_] / cost, 9), breadth[id_]

    while left:
        case = left.pop(max(left, key=score))
        yield case
        for fault in sorted(case.notices & weight.keys()):
            if weight[fault] > _NEGLIGIBLE:
                lost = weight[fault] * (1 - again.get(fault, AGAIN))
                weight[fault] -= lost
                for id_ in noticed_by[fault]:
                    gain[id_] -= lost
