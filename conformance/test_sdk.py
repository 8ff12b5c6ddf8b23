"""The official SDKs against the gateway under test, as their users call them.

These tests run only if they are named: `pytest --pyargs conformance.test_sdk --gateway-url=...`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from conformance.real_clients.kits import Kit, Process, kits
from conformance.real_clients.place import Place

PARAMS = [pytest.param(kit, name, id=f"{kit.name}-{name}") for kit in kits() for name in kit.faults]

Running = Callable[[Kit], Process]


@pytest.fixture(scope="session")
def running(gateway_place: Place) -> Iterator[Running]:
    """Starts the process of a kit when its first scenario runs."""
    started: dict[str, Process] = {}
    with ExitStack() as stack:

        def start(kit: Kit) -> Process:
            if kit.name not in started:
                started[kit.name] = stack.enter_context(kit.running(gateway_place))
            return started[kit.name]

        yield start


@pytest.mark.parametrize(("kit", "name"), PARAMS)
def test_sdk(kit: Kit, name: str, running: Running) -> None:
    """Runs a scenario; it fails if the SDK does not do what its users rely on."""
    if reason := kit.missing():
        pytest.skip(reason)
    ended = running(kit).run(name)
    if ended.outcome == "skipped":
        pytest.skip(ended.text)
    if ended.outcome == "failed":
        pytest.fail(ended.text, pytrace=False)
