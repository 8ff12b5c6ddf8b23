"""Runs cases ahead of the tests that wait for them: so many at once, each one's steps in order.

A case is *begun* when its first request may go, and *taken* when its test runs. What is begun as planned and not
yet taken is never more than the window, so that a run which is stopped has sent little that nobody judges; a test
that comes before its turn only waits until fewer than that are under way.
All methods are for the thread of the tests; the exchanges happen on the client's event loop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from queue import SimpleQueue

from conformance.client.http import Client
from conformance.core.model import Case, Verdict
from conformance.run.upstream import RunPair, UpstreamComparison

EXCLUSIVE = "exclusive"
"""The mark of cases that measure the gateway, and so run when nothing else does."""


class Scheduler:
    """Cases on their way. `at_once` is the most that send at once, as the senders see to it."""

    def __init__(self, parties: UpstreamComparison, client: Client, at_once: int) -> None:
        self._parties = parties
        self._client = client
        # A quarter more is begun, so that no place stays empty while answers that came wait for their tests.
        self._window = max(1, at_once + at_once // 4)
        self._ahead: deque[Case] = deque()
        self._begun: dict[str, Future[RunPair]] = {}
        self._done: SimpleQueue[str] = SimpleQueue()

    def schedule(self, cases: Iterable[Case]) -> None:
        """Cases whose tests will come, in about this order; begins the first of them."""
        self._ahead.extend(case for case in cases if EXCLUSIVE not in case.marks)
        self._fill()

    def result(self, case: Case) -> Verdict:
        """The verdict on a case, waiting for its exchanges alone, and beginning them if they are not on their way."""
        if EXCLUSIVE in case.marks:
            wait(self._begun.values())
        elif case.id not in self._begun:
            self._make_room(case)
        future = self._begun.get(case.id) or self._begin(case)
        hearing = future.result()
        del self._begun[case.id]
        self._fill()
        return self._parties.verdict(hearing)

    def abandon(self, case: Case) -> None:
        """Gives up a case whose test has ended without taking it."""
        if future := self._begun.pop(case.id, None):
            future.cancel()
            self._fill()

    def wait_any(self) -> str:
        """The id of a case that was begun as planned and whose exchanges have ended; waits for one."""
        return self._done.get()

    def stop(self) -> None:
        """Sends nothing more: what is on its way is cancelled."""
        self._ahead.clear()
        for future in self._begun.values():
            future.cancel()

    def _fill(self) -> None:
        while self._ahead and len(self._begun) < self._window:
            self._begin(self._ahead.popleft())

    def _begin(self, case: Case) -> Future[RunPair]:
        future = self._client.submit(self._parties.run(case))
        self._begun[case.id] = future
        future.add_done_callback(lambda _: self._done.put(case.id))
        return future

    def _make_room(self, case: Case) -> None:
        """For a case whose test comes before its turn, or was never planned."""
        self._ahead = deque(other for other in self._ahead if other.id != case.id)
        under_way = [future for future in self._begun.values() if not future.done()]
        if len(under_way) >= self._window:
            wait(under_way, return_when=FIRST_COMPLETED)
