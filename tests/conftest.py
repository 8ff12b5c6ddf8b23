"""Every test has one kind. `pytest tests -m unit` runs the tests without sockets and child processes."""

from __future__ import annotations

import gc
import os
import platform
import signal
import sys
import tempfile
from collections.abc import Iterator

import pytest

KINDS = ("unit", "socket", "sdk", "browser", "fuzz", "proof", "e2e")
"""The markers, from short to long tests. A test without a marker is `unit`. pyproject.toml explains them.

xdist's workers start with the files that have the longest tests, so that all workers end at about the same time.
"""

FORBIDDEN = {
    "unit": {"socket.bind", "socket.connect", "subprocess.Popen"},
    "fuzz": {"socket.bind", "socket.connect", "subprocess.Popen"},
    "socket": {"subprocess.Popen"},
    "proof": {"subprocess.Popen"},
}
"""Kind -> audit events that must not occur in its tests."""

_WATCHED = frozenset().union(*FORBIDDEN.values())
_seen: set[str] = set()
"""The audit events of these since the setup of the running test."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell starts a process in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)  # also for child processes, which some tests interrupt

platform.platform()  # runs `uname` once in a process; later calls, in a run of the suite, do not


def _note(event: str, _arguments: object, watched: frozenset[str] = _WATCHED, seen: set[str] = _seen) -> None:
    """Python calls it until its very end, when the names of this module are gone; so the sets are its arguments."""
    if event in watched:
        seen.add(event)


sys.addaudithook(_note)


def pytest_configure(config: pytest.Config) -> None:
    """Where Python must not write compiled files, child processes share a folder of this session for them.

    Otherwise each of them would compile the whole suite.
    """
    if not hasattr(config, "workerinput") and os.environ.get("PYTHONDONTWRITEBYTECODE"):
        compiled = tempfile.TemporaryDirectory(prefix="pycache-")
        patch = pytest.MonkeyPatch()
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", compiled.name)
        config.add_cleanup(compiled.cleanup)
        config.add_cleanup(patch.undo)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    longest = dict.fromkeys((item.path for item in items), 0)
    for item in items:
        kinds = [mark.name for mark in item.iter_markers() if mark.name in KINDS]
        if not kinds:
            item.add_marker("unit")
        elif len(kinds) > 1:
            raise pytest.UsageError(f"{item.nodeid} is marked {' and '.join(kinds)}; keep one of these markers")
        longest[item.path] = max(longest[item.path], KINDS.index((kinds or ["unit"])[0]))
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: -longest[item.path])


def pytest_collection() -> None:
    """The collection of thousands of tests leaves hardly any garbage; to look for it takes a fifth of the time."""
    gc.disable()


def pytest_collection_finish() -> None:
    """The tests and their parameters stay until the end; the garbage collector need not visit them again."""
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 10, 10)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    _seen.clear()


@pytest.fixture(autouse=True)
def _of_its_kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that uses sockets or child processes that its kind excludes, also in its fixtures."""
    yield
    kind = next(mark.name for mark in request.node.iter_markers() if mark.name in KINDS)
    done = _seen & FORBIDDEN.get(kind, set())
    assert not done, f"a {kind} test must not cause {', '.join(sorted(done))}; use another marker (see pyproject.toml)"
