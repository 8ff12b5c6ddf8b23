"""Every test is of one kind, and keeps to it: `pytest tests -m unit` runs those without sockets and child processes."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

KINDS = ("unit", "socket", "sdk", "browser", "proof", "e2e")
"""The markers, shortest tests first; every test has one, `unit` where it names none. pyproject.toml explains them.

Workers of xdist begin with the files of the longest tests, so that they end at about the same time.
"""

FORBIDDEN = {
    "unit": {"socket.bind", "socket.connect", "subprocess.Popen"},
    "socket": {"subprocess.Popen"},
    "proof": {"subprocess.Popen"},
}
"""Kind -> the audit events that its tests must not raise."""

_seen: set[str] = set()
"""The audit events since the running test was set up."""

sys.addaudithook(lambda event, _arguments: _seen.add(event) if event.startswith(("socket.", "subprocess.")) else None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    longest = dict.fromkeys((item.path for item in items), 0)
    for item in items:
        kinds = [mark.name for mark in item.iter_markers() if mark.name in KINDS]
        if not kinds:
            item.add_marker("unit")
        elif len(kinds) > 1:
            raise pytest.UsageError(f"{item.nodeid} is marked {' and '.join(kinds)}: a test is of one kind")
        longest[item.path] = max(longest[item.path], KINDS.index((kinds or ["unit"])[0]))
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: -longest[item.path])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    _seen.clear()


@pytest.fixture(autouse=True)
def _of_its_kind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test that does what its kind does not; what a fixture of its module did for it counts as well."""
    yield
    kind = next(mark.name for mark in request.node.iter_markers() if mark.name in KINDS)
    done = _seen & FORBIDDEN.get(kind, set())
    assert not done, f"a test of the kind {kind} must not raise {', '.join(sorted(done))}; mark it with another kind"
