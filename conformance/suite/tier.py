"""Tiers: the cases that tell most, within a number of requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from conformance.core.model import Case
from conformance.suite.applies import denied
from conformance.suite.order import Order
from conformance.target.profile import Profile

FULL = "full"
"""The tier of all cases."""

LIMITS: Mapping[str, int] = {"quick": 40, "standard": 300}
"""Tier -> the number of requests that a run of it sends, with those that reach the gateway and control requests.

Not counted are retries, and the requests that find out whether a failure is the gateway's fault.
"""

PREFLIGHT = 2
"""The number of requests to reach one address, before any case. Retries there are counted against the budget, too."""

LARGEST_PART = 0.25
"""The cases of one family in a tier, at most, as a share of its requests.

Most reported defects are of one API, which would leave few cases for the others.
"""
FEW = 10
"""This number of cases of a family is never too large a share."""


def chosen(cases: Sequence[Case], requests: int, order: Order, profile: Profile) -> tuple[Case, ...]:
    """The first cases of the order that fit into a number of requests, in their own order.

    Cases that do not apply according to the profile, cases that no longer fit, and those of a family that has enough
    make room for the next ones.
    """
    found: set[str] = set()
    left = Counter({family: max(FEW, int(requests * LARGEST_PART)) for family in {case.family for case in cases}})
    sent: frozenset[str] = frozenset()
    for case in sorted(cases, key=lambda case: order.place(case).number):
        place = order.place(case)
        cost = place.requests + len(place.controls - sent)
        if cost <= requests and left[case.family] and not denied(case, profile):
            found.add(case.id)
            left[case.family] -= 1
            requests -= cost
            sent |= place.controls
    return tuple(case for case in cases if case.id in found)
