"""What a run says of itself: a plugin, `-p benchmarks.where`, that writes it to the file it is told.

`parts` are seconds of CPU by what they went into, `megabytes` the most memory at once: what the system tells whoever
waits for a process counts the one that started it as well.

The exchanges have a thread of their own, whose clock says what sending takes. On the thread of the tests the calls
that judge and those that report are timed; what is left of it, from the first test on, is pytest's.
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
    ("reporting", Run, "keep"),
    ("reporting", Run, "document"),
    ("reporting", files, "write"),
)
_spent: Counter[str] = Counter()


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop() -> Generator[None, object, object]:
    """The whole loop; what begins before and comes after it is no test's."""
    _spent["pytest"] -= time.thread_time()
    result = yield
    _spent["pytest"] += time.thread_time()
    _spent["sending"] = sum(_clock(thread) for thread in threading.enumerate() if thread.name == "exchanges")
    return result


def pytest_unconfigure() -> None:
    """Writes it down."""
    Path(os.environ[VARIABLE]).write_text(json.dumps({"parts": _parts(), "megabytes": _megabytes()}), "utf-8")


def _parts() -> dict[str, float]:
    timed = _spent["judging"] + _during["reporting"]
    parts = {**_spent, "pytest": _spent["pytest"] - timed}
    return {name: parts.get(name, 0.0) for name in PARTS}


def _megabytes() -> float:
    """The peak of what is resident, of this program alone. Source: proc_pid_status(5)."""
    status = Path("/proc/self/status").read_text("utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) / 1024


def _clock(thread: threading.Thread) -> float:
    return time.clock_gettime(time.pthread_getcpuclockid(thread.ident or 0))


_during: Counter[str] = Counter()
"""Of what was timed, that within the loop."""


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
