"""The order in which tests run: the cases that tell most first, so that a run that ends early has sent those.

Long cases begin earlier than that, because the run would wait for one that is started last. Exclusive cases come last.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TypeVar

from conformance.core.case_id import case_id
from conformance.core.model import Case
from conformance.run.scheduler import EXCLUSIVE, Scheduler
from conformance.suite.order import Order

SLOW = "slow"
"""The mark of cases that ask for a long answer."""

LONG = 4
"""A case with at least this number of steps begins in the first half of the run."""

T = TypeVar("T")


def ordered(
    items: Sequence[T], case_of: Callable[[T], Case | None], expected: Mapping[str, float], order: Order
) -> list[T]:
    """The tests with their cases sorted; tests without a case stay at their places.

    `expected` is seconds by case id, from an earlier run; the longest cases come first. Without it, cases marked as
    slow come first, then the cases in their `order`; those that it does not have come last, the ones with more steps
    first.
    """
    cases = [(item, case) for item in items if (case := case_of(item)) is not None]
    in_order = iter(sorted(cases, key=lambda pair: _sort_key(pair[1], expected, order)))
    return [item if case_of(item) is None else next(in_order)[0] for item in items]


def _sort_key(case: Case, expected: Mapping[str, float], order: Order) -> tuple[bool, float, bool, int, int]:
    seconds = expected.get(case_id(case.id, case.route), 0.0)
    number = order.place(case).number
    if len(case.steps) >= LONG:
        number = min(number, len(order.places) // 2)
    return EXCLUSIVE in case.marks, -seconds, SLOW not in case.marks, number, -len(case.steps)


def execution_order(
    items: Sequence[T], case_of: Callable[[T], Case | None], scheduler: Scheduler
) -> Iterator[tuple[T, T | None]]:
    """Yields each test and one that runs later, which pytest needs to keep the fixtures that both use.

    Of consecutive cases, yields the one whose exchanges end first; all other tests keep their order.
    """
    rows = [list(row) for _, row in groupby(items, key=lambda item: case_of(item) is None)]
    ended = _EndedCases(scheduler)
    for index, row in enumerate(rows):
        after = rows[index + 1][0] if index + 1 < len(rows) else None
        left = {_key(case_of(item), position): item for position, item in enumerate(row)}
        while left:
            key = next(iter(left))
            if isinstance(key, str):
                key = ended.first_of(left)
            item = left.pop(key)
            yield item, next(iter(left.values()), after)


def _key(case: Case | None, position: int) -> str | int:
    """The id of a case that is started ahead of its test; the position of every other test."""
    return position if case is None or EXCLUSIVE in case.marks else case.id


class _EndedCases:
    """The started cases in the order in which their exchanges end."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._early: list[str] = []

    def first_of(self, ids: Collection[str | int]) -> str:
        """The first of these cases to end; blocks until then. Cases of later rows that end before are remembered."""
        if early := [id_ for id_ in self._early if id_ in ids]:
            self._early.remove(early[0])
            return early[0]
        while (id_ := self._scheduler.wait_any()) not in ids:
            self._early.append(id_)
        return id_
