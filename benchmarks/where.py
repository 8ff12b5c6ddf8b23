"""A pytest plugin (`-p benchmarks.where`) that measures a run and writes the result to the file in `BENCHMARK_PARTS`.

`parts` are CPU seconds by activity. `megabytes` is the peak memory of this process alone; the value from `wait4` would
include the parent process.

Exchanges run in their own thread, whose CPU clock measures the sending. In the thread of the tests, the calls that
judge and report are timed; the remaining time since the first test is pytest's.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator
from functools import wraps
from pathlib import Path
from typing import Any

import pytest

from conformance.records import run_document
from conformance.report import files
from conformance.run.case_runner import CaseRunner
from conformance.run.run import Run

VARIABLE = "BENCHMARK_PARTS"
PARTS = ("sending", "judging", "reporting", "pytest")
_TIMED: tuple[tuple[str, Any, str], ...] = (
    ("judging", CaseRunner, "verdict"),
    ("reporting", run_document, "verdict"),
    ("reporting", Run, "add"),
    ("reporting", Run, "document"),
    ("reporting", files, "write"),
)
_spent: Counter[str] = Counter()


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """Measures the test loop only; time before and after it belongs to no test."""
    _spent["pytest"] -= time.thread_time()
    result = yield
    _spent["pytest"] += time.thread_time()
    _spent["sending"] = sum(_clock(thread) for thread in threading.enumerate() if thread.name == "exchanges")
    return result


def pytest_unconfigure() -> None:
    """Writes the result."""
    Path(os.environ[VARIABLE]).write_text(json.dumps({"parts": _parts(), "megabytes": _megabytes()}), "utf-8")


def _parts() -> dict[str, float]:
    timed = _spent["judging"] + _during["reporting"]
    parts = {**_spent, "pytest": _spent["pytest"] - timed}
    return {name: parts.get(name, 0.0) for name in PARTS}


def _megabytes() -> float:
    """The peak resident memory of this process. Source: proc_pid_status(5)."""
    status = Path("/proc/self/status").read_text("utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024


def _clock(thread: threading.Thread) -> float:
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0))


_during: Counter[str] = Counter()
"""The part of `_spent` that was measured within the test loop."""


def _timed(part: str, work: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(work)
    def timed(*arguments: Any, **named: Any) -> Any:
        began = time.thread_time()
        try:
            return work(*arguments, **named)
        finally:
            took = time.thread_time() - began
            _spent[part] += took
            _during[part] += took if _spent["pytest"] < 0 else 0.0

    return timed


for _part, _owner, _name in _TIMED:
    setattr(_owner, _name, _timed(_part, getattr(_owner, _name)))
