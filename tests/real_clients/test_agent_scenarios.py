"""The scenarios with Codex and Claude Code: each fails on its fault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from conformance.real_clients import namespace as namespaces
from conformance.real_clients.agent_scenarios import AGENT_SCENARIOS, AgentScenario
from conformance.real_clients.namespace import Namespace
from conformance.real_clients.place import Place
from conformance.reference import reference_gateway
from conformance.reference.faults import FAULTS
from conformance.reference.switch import HEADER, Switch

FAMILIES = ("chat_completions", "responses", "messages")
OF_SCENARIO: Mapping[str, Mapping[str, str]] = {
    "codex": {
        "plain-answer": "responses-lifecycle-missing",
        "answer-in-several-scripts": "sse-latin-1",
        "instructions-of-the-folder": "responses-last-system-dropped",
        "long-context": "responses-lifecycle-missing",
        "resumed-session": "responses-lifecycle-missing",
        "tool-loop": "responses-call-arguments-cut",
        "tool-loop-of-many-turns": "responses-call-arguments-cut",
        "several-calls-in-one-answer": "responses-call-arguments-cut",
        "thought-before-a-call": "responses-item-done-dropped",
        "rate-limit-once": "upstream-error-all-400",
        "overloaded-once": "upstream-error-all-400",
        "stream-cut-once": "upstream-cut-completed",
        "error-in-a-stream-once": "upstream-failure-as-text",
        "silence-in-a-stream": "responses-lifecycle-missing",
        "request-refused": "upstream-words-dropped",
        "parameter-refused": "upstream-words-dropped",
        "with-web-sockets": "responses-agent-upgrade-refused",
        "answer-by-a-schema": "responses-format-dropped",
        "picture": "responses-lifecycle-missing",
    },
    "claude": {
        "plain-answer": "messages-block-type-foreign",
        "answer-in-several-scripts": "messages-text-as-latin-1",
        "instructions-of-the-folder": "messages-last-block-only",
        "long-context": "messages-large-request-refused",
        "resumed-session": "messages-history-dropped",
        "tool-loop": "messages-tool-input-whole-pieces",
        "tool-loop-of-many-turns": "messages-tool-input-whole-pieces",
        "several-calls-in-one-answer": "messages-second-call-lost",
        "thought-before-a-call": "messages-second-stop-wrong",
        "rate-limit-once": "messages-failure-hidden",
        "overloaded-once": "messages-failure-hidden",
        "stream-cut-once": "upstream-failure-as-text",
        "error-in-a-stream-once": "upstream-failure-as-text",
        "silence-in-a-stream": "messages-block-type-foreign",
        "request-refused": "upstream-words-dropped",
        "field-refused-in-the-vendors-words": "messages-failure-hidden",
        "file-written-and-read": "messages-tool-input-whole-pieces",
        "streamed-output": "messages-block-type-foreign",
    },
}
"""Agent -> scenario -> a fault of the gateway with which it fails."""


def test_every_scenario_has_a_fault() -> None:
    scenarios = {(each.agent.name, each.name) for each in AGENT_SCENARIOS}
    assert scenarios == {(agent, name) for agent, faults in OF_SCENARIO.items() for name in faults}
    assert {fault for faults in OF_SCENARIO.values() for fault in faults.values()} <= FAULTS.keys()


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A reference gateway whose faults are chosen by a header."""
    with reference_gateway(pace=0, around=Switch(haste=100)) as running:
        assert running.provider is not None
        models = dict.fromkeys(FAMILIES, running.models[0])
        yield Place(running.base_url, running.key, models, {}, running.provider.url, running.provider.control_key)


@pytest.fixture(scope="module")
def namespace(place: Place) -> Iterator[Namespace]:
    if reason := next(filter(None, (each.agent.missing() for each in AGENT_SCENARIOS)), namespaces.missing()):
        pytest.skip(reason)
    with namespaces.entered(place.url) as running:
        yield running


@pytest.mark.sdk
@pytest.mark.parametrize("scenario", AGENT_SCENARIOS, ids=lambda each: f"{each.agent.name}-{each.name}")
def test_a_scenario_fails_on_its_fault(scenario: AgentScenario, place: Place, namespace: Namespace) -> None:
    fault = OF_SCENARIO[scenario.agent.name][scenario.name]
    with (
        scenario.agent.desk(replace(place, headers={HEADER: fault}), namespace) as desk,
        pytest.raises((AssertionError, OSError, ValueError)),
    ):
        scenario.run(desk)
