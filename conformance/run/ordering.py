"""In which order tests run: the longest cases first, those that need the gateway for themselves last.

A case that is begun last should be a short one, or everybody waits for it in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

from conformance.core.case_id import case_id
from conformance.core.model import Case
from conformance.run.scheduler import EXCLUSIVE, Scheduler

LONG = "slow"
"""The mark of cases that ask for a long answer, which is begun early so that other cases run beside it."""

T = TypeVar("T")


def ordered(items: Sequence[T], case_of: Callable[[T], Case | None], expected: Mapping[str, float]) -> list[T]:
    """The tests with the cases among them in order of their weight; other tests stay where they are.

    `expected` is seconds by case id, where an earlier run is known; else what is marked as long comes first, and a
    case counts by its steps.
    """
    cases = [(item, case) for item in items if (case := case_of(item)) is not None]
    sorted_cases = iter(sorted(cases, key=lambda pair: _weight(pair[1], expected)))
    return [item if case_of(item) is None else next(sorted_cases)[0] for item in items]


def _weight(case: Case, expected: Mapping[str, float]) -> tuple[bool, float, bool, int]:
    known = expected.get(case_id(case.id, case.route), 0.0)
    return EXCLUSIVE in case.marks, -known, LONG not in case.marks, -len(case.steps)


def run_order(
    items: Sequence[T], case_of: Callable[[T], Case | None], engine: Scheduler
) -> Iterator[tuple[T, T | None]]:
    """Each test with the one after it, as pytest's main loop wants them: of cases in a row, whichever is ready first.

    The second is one that is still to come, in the same row or after it: pytest keeps for it what both use.
    """
    rows = [list(row) for _, row in groupby(items, key=lambda item: case_of(item) is None)]
    early = set[object]()  # cases of later rows that are ready already: all rows are begun together
    for index, row in enumerate(rows):
        after = rows[index + 1][0] if index + 1 < len(rows) else None
        left = {_key(item, case_of): item for item in row}
        while left:
            item = left.pop(_next(left, early, case_of, engine))
            yield item, next(iter(left.values()), after)


def _key(item: T, case_of: Callable[[T], Case | None]) -> object:
    case = case_of(item)
    return item if case is None else case.id


def _next(
    left: Mapping[object, T], early: set[object], case_of: Callable[[T], Case | None], engine: Scheduler
) -> object:
    """Which of what is left in a row has its turn; what is ready and of another row is added to `early`."""
    first = next(iter(left))
    case = case_of(left[first])
    if case is None or EXCLUSIVE in case.marks:
        return first
    if (waiting := next((name for name in early if name in left), None)) is not None:
        return waiting
    while (ready := engine.wait_any()) not in left:
        early.add(ready)
    return ready
