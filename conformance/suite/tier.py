"""Tiers: the cases that tell most, within a number of requests."""

from __future__ import annotations

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


def chosen(cases: Sequence[Case], requests: int, order: Order, profile: Profile) -> tuple[Case, ...]:
    """The first cases of the order that fit into a number of requests, in their own order.

    Cases that do not apply according to the profile, and cases that no longer fit, make room for the next ones.
    """
    found: set[str] = set()
    sent: frozenset[str] = frozenset()
    for case in sorted(cases, key=lambda case: order.place(case).number):
        place = order.place(case)
        cost = place.requests + len(place.controls - sent)
        if cost <= requests and not denied(case, profile):
            found.add(case.id)
            requests -= cost
            sent |= place.controls
    return tuple(case for case in cases if case.id in found)
