"""One worker process among several: its part of the tests and of the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from conformance.client.retry import SendLimits

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkerShare:
    """One worker's place among them: `index` from 0, `of` how many share. The main process alone is 0 of 1."""

    index: int = 0
    of: int = 1

    def part(self, limit: int) -> int:
        """This worker's part of a limit; the parts add up to it."""
        return limit // self.of + (self.index < limit % self.of) if self.index < self.of else 0

    def deal(self, everything: Sequence[T]) -> Sequence[T]:
        """This worker's part of a list."""
        return everything[self.index :: self.of] if self.index < self.of else ()


def share_limits(whole: SendLimits, place: WorkerShare) -> SendLimits:
    """A worker's part of what all may send together."""
    return SendLimits(
        at_once=whole.at_once and max(1, place.part(whole.at_once)),
        retries=whole.retries,
        per_minute=whole.per_minute and whole.per_minute / place.of,
        requests=None if whole.requests is None else place.part(whole.requests),
        tokens=None if whole.tokens is None else place.part(whole.tokens),
    )


def worker_share(worker: str, workers: int, limit: int) -> WorkerShare:
    """The place of a worker by its name (gw0, gw1 ...); no more workers share than the limit has units.

    One that replaces a crashed worker has a name beyond them all, and so no part of its own.
    """
    return WorkerShare(int(worker.removeprefix("gw")), min(workers, limit))
