"""Codex and Claude Code against the gateway under test, in a network namespace that reaches nothing else.

These tests run only if they are named: `pytest --pyargs conformance.test_agents`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest

from conformance.real_clients import namespace as namespaces
from conformance.real_clients.agent_scenarios import AGENT_SCENARIOS, AgentScenario
from conformance.real_clients.namespace import Namespace
from conformance.real_clients.place import NotApplicableError, Place

_no_namespace = cache(namespaces.missing)


@pytest.fixture(scope="session")
def namespace(gateway_place: Place) -> Iterator[Namespace]:
    """A namespace from which the gateway is reached."""
    if not gateway_place.url.startswith("http://"):
        pytest.skip("the agents are run for a gateway with an http URL only")
    with namespaces.entered(gateway_place.url) as running:
        yield running


@pytest.fixture
def usable(scenario: AgentScenario) -> None:
    """Skips a scenario whose agent cannot be used here, before the gateway is started."""
    if reason := scenario.agent.missing() or _no_namespace():
        pytest.skip(reason)


@pytest.mark.usefixtures("usable")
@pytest.mark.parametrize("scenario", AGENT_SCENARIOS, ids=lambda each: f"{each.agent.name}-{each.name}")
def test_agent(scenario: AgentScenario, request: pytest.FixtureRequest) -> None:
    """Runs a scenario; it fails if the agent does not do what its users rely on."""
    place: Place = request.getfixturevalue("gateway_place")
    with scenario.agent.desk(place, request.getfixturevalue("namespace")) as desk:
        try:
            scenario.run(desk)
        except NotApplicableError as error:
            pytest.skip(str(error))
