"""Ranks the cases by the faults that they notice and by what they ask for.

The order has to hold for defects that are not among the faults. So a feature of a request counts, too, as a fault that
each case with the feature might notice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from conformance.core.model import Case
from conformance.suite import greedy
from conformance.suite.features import features
from conformance.suite.greedy import Candidate
from conformance.suite.notices import Notices

REPORTED = 1.0
INVENTED = 0.1
FEATURE = 0.005
"""The weights of a fault that replays a reported defect, of another fault, and of a feature.

The reported defects are the best sample of those that gateways have. The other faults are one or more for each rule.
"""

INVENTED_AGAIN = 0.35
"""The part of its weight that a fault without a report keeps each time, for cases that notice many of them."""


def ranked(cases: Sequence[Case], found: Notices, faults: Mapping[str, str]) -> Iterator[Candidate]:
    """Yields the cases, the one that tells most first. Raises KeyError for a case or a fault that was not tried.

    `faults` are the ids of those to go by, with the URL of the report or "".
    """
    own = {case.id: features(case) for case in cases}
    weights = {name: FEATURE for names in own.values() for name in names}
    weights |= {fault: REPORTED if url else INVENTED for fault, url in faults.items()}
    noticed: dict[str, set[str]] = {id_: set(names) for id_, names in own.items()}
    for fault in faults:
        for id_ in found.noticed[fault]:
            noticed[id_].add(fault)
    again = {fault: INVENTED_AGAIN for fault, url in faults.items() if not url}
    return greedy.order([_candidate(id_, found, names) for id_, names in noticed.items()], weights, again)


def _candidate(id_: str, found: Notices, notices: Collection[str]) -> Candidate:
    cost = found.costs[id_]
    return Candidate(id_, cost.requests, cost.tokens, frozenset(cost.controls), frozenset(notices))
