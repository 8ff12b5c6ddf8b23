"""A pytest-xdist scheduler in which every worker knows its tests from the start, so that it can run exchanges ahead.

pytest-xdist's own schedulers assign tests while they run. Here worker i of n gets every n-th test. Exclusive cases
come last, one after the other, on one worker.

Source: pytest_xdist_make_scheduler in https://github.com/pytest-dev/pytest-xdist/blob/master/src/xdist/newhooks.py
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScheduling
from xdist.workermanage import WorkerController

from conformance.core.model import Case
from conformance.run.scheduler import EXCLUSIVE
from conformance.run.worker_share import worker_share

QUEUED = 3
"""Tests that a worker is sent ahead: it runs a test only when it has the next one. With -x it still runs all it has."""


def exclusive_node_ids(node_ids: Iterable[str], cases: Iterable[Case]) -> frozenset[str]:
    """The node ids of tests of exclusive cases; the controller of pytest-xdist knows tests by their node ids only."""
    ids = [case.id.encode("unicode_escape").decode() for case in cases if EXCLUSIVE in case.marks]  # as pytest does
    endings = tuple(f"::test_gateway[{id_}]" for id_ in ids)
    return frozenset(node_id for node_id in node_ids if node_id.endswith(endings))


class FixedShareScheduling(LoadScheduling):  # type: ignore[misc]
    """Assigns each worker a fixed share of the tests, as `WorkerShare.select` does in the worker itself."""

    collection: Sequence[str] | None

    def __init__(self, config: pytest.Config, log: Producer, concurrency: int, cases: Sequence[Case]) -> None:
        super().__init__(config, log)
        self._concurrency = concurrency
        self._cases = cases
        self._shares: dict[WorkerController, list[int]] = {}
        self._left_by_crashed: list[int] = []
        self._exclusive: list[int] = []

    @property
    def has_pending(self) -> bool:
        """Whether any test is not sent to a worker yet, or not finished."""
        return self._has_unsent or any(self.node2pending.values())

    @property
    def tests_finished(self) -> bool:
        """Whether every test is sent, and no worker has more than its last one."""
        all_sent = self.collection_is_completed and not self._has_unsent
        return all_sent and all(len(queue) < 2 for queue in self.node2pending.values())

    @property
    def _has_unsent(self) -> bool:
        return bool(self._exclusive or self._has_unsent_shares)

    @property
    def _has_unsent_shares(self) -> bool:
        return bool(self._left_by_crashed or any(self._shares.values()))

    def schedule(self) -> None:
        """Assigns the tests once all workers have collected the same ones; later, gives work to a new worker."""
        if self.collection is None:
            if not self._check_nodes_have_same_collection():
                return
            collection = next(iter(self.node2collection.values()))
            self.collection = collection
            self._assign(collection)
        for node in self.nodes:
            self.check_schedule(node)

    def _assign(self, collection: Sequence[str]) -> None:
        exclusive = exclusive_node_ids(collection, self._cases)
        self._exclusive = [index for index, node_id in enumerate(collection) if node_id in exclusive]
        others = [index for index, node_id in enumerate(collection) if node_id not in exclusive]
        for node in self.nodes:
            share = worker_share(node.gateway.id, self.numnodes, self._concurrency)
            self._shares[node] = list(share.select(others))

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:  # noqa: ARG002 (inherited)
        """Sends a worker its next tests, or shuts it down; only then does a worker run the last test it has."""
        last_worker = next((other for other in self.nodes if not other.shutting_down), None)
        if not node.shutting_down:
            share = self._shares.setdefault(node, [])
            if not share:
                share.extend(self._left_by_crashed)
                self._left_by_crashed.clear()
            self._send(node, share)
            if not share and (node is not last_worker or not self._exclusive):
                node.shutdown()
        if last_worker and self._exclusive and not self._others_run(last_worker):
            self._send(last_worker, self._exclusive)
            if not self._exclusive:
                last_worker.shutdown()

    def _others_run(self, node: WorkerController) -> bool:
        """Whether any test is left that has to end before exclusive cases may run on this worker."""
        return self._has_unsent_shares or any(self.node2pending[other] for other in self.nodes if other is not node)

    def _send(self, node: WorkerController, tests: list[int]) -> None:
        """Fills a worker's queue, and removes what was sent from `tests`."""
        queue = self.node2pending[node]
        chosen = tests[: max(0, QUEUED - len(queue))]
        if chosen:
            del tests[: len(chosen)]
            queue.extend(chosen)
            node.send_runtest_some(chosen)

    def remove_node(self, node: WorkerController) -> str | None:
        """Removes a worker. Returns the test in which it crashed; its other tests go to another worker."""
        queue = self.node2pending.pop(node)
        self._left_by_crashed += [*queue[1:], *self._shares.pop(node, [])]
        for other in self.nodes:
            self.check_schedule(other)
        return self.collection[queue[0]] if queue and self.collection else None
