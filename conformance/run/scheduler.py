"""Starts cases ahead of their tests, so that many exchanges run at once while tests run one after the other.

A case is *started* when its first request may be sent, and *finished* when its test takes the verdict. The number of
cases that are started and not finished is limited (the window), so that a run that is stopped has sent few unnecessary
requests. A test whose case is not started yet starts it, and waits until the window has room.

All methods are called on the thread of the tests; exchanges run on the client's event loop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from queue import SimpleQueue

from conformance.client.http import Client
from conformance.core.model import Case, Verdict
from conformance.records.run_format import ControlEntry
from conformance.run.upstream import RunPair, UpstreamComparison

EXCLUSIVE = "exclusive"
"""The mark of cases that run while no other case does, because they measure the gateway's timing."""


class Scheduler:
    """Starts cases in order. `concurrency` is the number of requests that the client sends at once."""

    def __init__(self, comparison: UpstreamComparison, client: Client, concurrency: int) -> None:
        self._comparison = comparison
        self._client = client
        # A quarter more than the concurrency: finished exchanges that wait for their tests leave no gap.
        self._window = max(1, concurrency + concurrency // 4)
        self._waiting: deque[Case] = deque()
        self._started: dict[str, Future[RunPair]] = {}
        self._ended: SimpleQueue[str] = SimpleQueue()

    def schedule(self, cases: Iterable[Case]) -> None:
        """Adds cases in about the order of their tests, and starts the first ones; exclusive ones wait for `result`."""
        self._waiting.extend(case for case in cases if EXCLUSIVE not in case.marks)
        self._fill_window()

    def result(self, case: Case) -> Verdict:
        """The verdict on a case; starts the case if necessary, and blocks until its exchanges have ended."""
        if EXCLUSIVE in case.marks:
            wait(self._started.values())
        elif case.id not in self._started:
            self._make_room(case)
        future = self._started.get(case.id) or self._start(case)
        pair = future.result()
        del self._started[case.id]
        self._fill_window()
        return self._comparison.verdict(pair)

    def take_controls(self) -> list[ControlEntry]:
        """The control requests since the last call; those that a verdict depends on were sent before it."""
        return list(self._comparison.take_controls())

    def abandon(self, case: Case) -> None:
        """Cancels a case whose test ended without calling `result`."""
        if future := self._started.pop(case.id, None):
            future.cancel()
            self._fill_window()

    def wait_any(self) -> str:
        """The id of a started case whose exchanges have ended, each case once; blocks until there is one."""
        return self._ended.get()

    def stop(self) -> None:
        """Starts no more cases, and cancels those that are started."""
        self._waiting.clear()
        for future in self._started.values():
            future.cancel()

    def _fill_window(self) -> None:
        while self._waiting and len(self._started) < self._window:
            self._start(self._waiting.popleft())

    def _start(self, case: Case) -> Future[RunPair]:
        future = self._client.submit(self._comparison.run(case))
        self._started[case.id] = future
        future.add_done_callback(lambda _: self._ended.put(case.id))
        return future

    def _make_room(self, case: Case) -> None:
        """Waits until one more case may be started: one whose test came early, or that was not scheduled."""
        self._waiting = deque(other for other in self._waiting if other.id != case.id)
        running = [future for future in self._started.values() if not future.done()]
        if len(running) >= self._window:
            wait(running, return_when=FIRST_COMPLETED)
