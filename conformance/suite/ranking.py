"""Ranks the cases by the faults that they notice and by what they ask for.

The order has to hold for defects that are not among the faults. So a feature of a request counts, too, as a fault that
each case with the feature might notice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from conformance.core.model import Case
from conformance.suite import greedy
from conformance.suite.features import features
from conformance.suite.greedy import Candidate
from conformance.suite.notices import Notices

FEATURE = 0.3
"""The weight of a feature; a fault has 1."""


def ranked(cases: Sequence[Case], found: Notices, faults: Collection[str]) -> Iterator[Candidate]:
    """Yields the cases, the one that tells most first, by these faults alone. Raises KeyError for an unknown case."""
    own = {case.id: features(case) for case in cases}
    weights = {name: FEATURE for names in own.values() for name in names} | dict.fromkeys(faults, 1.0)
    noticed: dict[str, set[str]] = {id_: set(names) for id_, names in own.items()}
    for fault in faults:
        for id_ in found.noticed[fault]:
            noticed[id_].add(fault)
    return greedy.order([_candidate(id_, found, names) for id_, names in noticed.items()], weights)


def _candidate(id_: str, found: Notices, notices: Collection[str]) -> Candidate:
    cost = found.costs[id_]
    return Candidate(id_, cost.requests, cost.tokens, frozenset(cost.controls), frozenset(notices))
