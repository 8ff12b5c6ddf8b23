"""Several worker processes, one gateway: who runs which test, and how much of a limit is whose.

pytest-xdist deals tests as workers come free, so that a worker cannot know what comes next. Here each worker
has a fixed share, every n-th test, and can run exchanges ahead. Tests that need the gateway for themselves
are dealt last, one after the other. Source: pytest_xdist_make_scheduler in
https://github.com/pytest-dev/pytest-xdist/blob/master/src/xdist/newhooks.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScheduling
from xdist.workermanage import WorkerController

from conformance.run.worker_share import worker_share

T = TypeVar("T")

QUEUED = 3
"""Tests that a worker has been told of; it runs one only when it knows the next, and more than needed runs on at -x."""


class FixedShareScheduling(LoadScheduling):  # type: ignore[misc]
    """Gives each worker its part of the tests, in small pieces, and the solitary ones last, to one of them."""

    collection: Sequence[str] | None

    def __init__(self, config: pytest.Config, log: Producer, limit: int, alone: Callable[[str], bool]) -> None:
        super().__init__(config, log)
        self._limit = limit
        self._alone = alone
        self._parts: dict[WorkerController, list[int]] = {}
        self._orphans: list[int] = []
        self._last: list[int] = []

    @property
    def has_pending(self) -> bool:
        """Whether any test is still to be told of, or to be run."""
        return self._untold or any(self.node2pending.values())

    @property
    def tests_finished(self) -> bool:
        """Whether every test has been told of, and no worker has more than its last one."""
        told = self.collection_is_completed and not self._untold
        return told and all(len(queue) < 2 for queue in self.node2pending.values())

    @property
    def _untold(self) -> bool:
        return bool(self._last or self._orphans or any(self._parts.values()))

    def schedule(self) -> None:
        """Deals the tests, once all workers have collected the same ones; later, gives work to a new worker."""
        if self.collection is None:
            if not self._check_nodes_have_same_collection():
                return
            collection = next(iter(self.node2collection.values()))
            self.collection = collection
            self._deal(collection)
        for node in self.nodes:
            self.check_schedule(node)

    def _deal(self, collection: Sequence[str]) -> None:
        together = [index for index, test in enumerate(collection) if not self._alone(test)]
        self._last = [index for index, test in enumerate(collection) if self._alone(test)]
        for node in self.nodes:
            place = worker_share(node.gateway.id, self.numnodes, self._limit)
            self._parts[node] = list(place.deal(together))

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:  # noqa: ARG002 (inherited)
        """Gives a worker its next tests, or lets it end; it runs its last one only when it is told to end."""
        closer = next((other for other in self.nodes if not other.shutting_down), None)
        if not node.shutting_down:
            part = self._parts.setdefault(node, [])
            if not part:
                part.extend(self._orphans)
                self._orphans.clear()
            self._send(node, part)
            if not part and (node is not closer or not self._last):
                node.shutdown()
        if closer and self._last and not self._others_work(closer):
            self._send(closer, self._last)
            if not self._last:
                closer.shutdown()

    def _others_work(self, closer: WorkerController) -> bool:
        others = any(self.node2pending[node] for node in self.nodes if node is not closer)
        return others or any(self._parts.values()) or bool(self._orphans)

    def _send(self, node: WorkerController, tests: list[int]) -> None:
        queue = self.node2pending[node]
        chosen = tests[: max(0, QUEUED - len(queue))]
        if chosen:
            del tests[: len(chosen)]
            queue.extend(chosen)
            node.send_runtest_some(chosen)

    def remove_node(self, node: WorkerController) -> str | None:
        """Forgets a worker; what a crashed one has left goes to another. Returns the test that it crashed in."""
        queue = self.node2pending.pop(node)
        self._orphans += [*queue[1:], *self._parts.pop(node, [])]
        for other in self.nodes:
            self.check_schedule(other)
        return self.collection[queue[0]] if queue and self.collection else None
