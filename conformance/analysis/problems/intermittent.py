"""The 95 % interval of the share of an intermittent problem.

Only repeated cases have one: the exchanges of cases that ran once differ in more than chance.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TypedDict

from conformance.analysis import binomial
from conformance.analysis.problems.observations import Observation
from conformance.core.case_id import without_repetition


class Interval(TypedDict, total=False):
    """The ends of a 95 % interval; empty if it is not known."""

    low: float
    high: float


def interval(broken: Iterable[Observation], spared: Iterable[Observation]) -> Interval:
    """The interval of the share of the exchanges that show a problem; `spared` are those of its scope that do not.

    A problem that always shows has none, and neither has one of cases that ran once: those differ in more than chance.
    """
    hits, misses = ([one.entry["id"] for one in each] for each in (broken, spared))
    cases = {name for name in (*hits, *misses) if without_repetition(name) != name}
    if not misses or len(cases) < len({*hits, *misses}):
        return {}
    shown, kept = (Counter(map(without_repetition, names)) for names in (hits, misses))
    counts = [(shown[name], shown[name] + kept[name]) for name in sorted({*shown, *kept})]
    low, high = binomial.clustered(counts)
    return {"low": round(low, 4), "high": round(high, 4)}
