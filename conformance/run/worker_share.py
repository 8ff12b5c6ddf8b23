"""The share that one pytest-xdist worker has of the tests and of the limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from conformance.client.retry import SendLimits

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class WorkerShare:
    """The `index` of a worker, from 0, and the number of workers that share; without xdist 0 of 1.

    A worker whose index is not below `of` has no share.
    """

    index: int = 0
    of: int = 1

    def part(self, limit: int) -> int:
        """This worker's part of a limit; the parts of all workers add up to the limit."""
        if self.index >= self.of:
            return 0
        whole, remainder = divmod(limit, self.of)
        return whole + (1 if self.index < remainder else 0)

    def select(self, items: Sequence[T]) -> Sequence[T]:
        """This worker's items: every `of`-th, from its index on."""
        return items[self.index :: self.of] if self.index < self.of else ()


def share_limits(limits: SendLimits, share: WorkerShare) -> SendLimits:
    """A worker's part of the limits of the whole run."""
    return SendLimits(
        at_once=limits.at_once and max(1, share.part(limits.at_once)),
        retries=limits.retries,
        per_minute=limits.per_minute and limits.per_minute / share.of,
        requests=None if limits.requests is None else share.part(limits.requests),
        tokens=None if limits.tokens is None else share.part(limits.tokens),
    )


def worker_share(worker: str, workers: int, concurrency: int) -> WorkerShare:
    """The share of a worker by its name (gw0, gw1 ...); at most `concurrency` workers have one.

    The replacement of a crashed worker gets a new number, above those of all others, and so has no share.
    """
    return WorkerShare(int(worker.removeprefix("gw")), min(workers, concurrency))
