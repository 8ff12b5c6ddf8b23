"""Each client is not ready with a fault that breaks it, and ready with one that breaks a rule which it tolerates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from conformance.analysis import over_run, readiness
from conformance.core.model import JSON, Case, Verdict
from conformance.judge import over_a_run
from conformance.records import run_document
from conformance.records.run_format import ReadinessEntry
from conformance.suite.clients import load_clients
from tests.support.proof import Proof, in_process, one_sided_cases

pytestmark = pytest.mark.proof

CLIENTS = {client.id: client for client in load_clients()}

FAULTS = {
    "aider": ("chat-line-breaks-lost", "chat-created-lost"),
    "anthropic-js": ("messages-index-lost", "messages-id-lost"),
    "anthropic-python": ("messages-start-lost", "messages-role-null"),
    "claude-code": ("messages-tool-name-prefixed", "messages-id-lost"),
    "cline": ("chat-fragment-name-lost", "chat-chunk-created-lost"),
    "codex": ("responses-completed-dropped", "responses-sequence-lost"),
    "langchain": ("chat-fragment-index-null", "chat-id-lost"),
    "litellm": ("chat-role-foreign", "chat-created-lost"),
    "open-webui": ("models-data-lost", "chat-chunk-id-null"),
    "openai-agents": ("responses-call-name-lost", "responses-created-at-lost"),
    "openai-js-chat": ("chat-message-null", "chat-stream-id-changes"),
    "openai-js-responses": ("responses-output-lost", "responses-store-lost"),
    "openai-python-chat": ("chat-message-null", "chat-created-lost"),
    "openai-python-responses": ("responses-message-content-null", "responses-sequence-null"),
    "opencode": ("chat-fragments-null", "chat-stream-model-changes"),
    "vercel-ai-anthropic": ("messages-content-null", "messages-model-lost"),
    "vercel-ai-openai": ("responses-created-at-lost", "responses-tools-lost"),
}
"""Client -> a fault with which it is not ready, and one of a similar kind with which it is ready."""


@dataclass(frozen=True)
class Runs:
    """Runs of cases against the gateway with a fault; several clients share faults and cases, which are run once."""

    proof: Proof
    kept: dict[tuple[str, str], Verdict] = field(default_factory=dict)

    def verdicts(self, cases: Sequence[Case], fault: str) -> list[Verdict]:
        new = [case for case in cases if (fault, case.id) not in self.kept]
        self.kept.update({(fault, verdict.case.id): verdict for verdict in self.proof.verdicts(new, fault)})
        return [self.kept[fault, case.id] for case in cases]


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    with in_process() as running:
        yield Runs(running)


def readiness_with(runs: Runs, name: str, fault: str) -> ReadinessEntry:
    """The readiness of a client in a run of its own cases against the gateway with a fault."""
    client = CLIENTS[name]
    cases = [case for case in one_sided_cases() if client.sends(case.id)]
    verdicts = runs.verdicts(cases, fault)
    exchanges = ((verdict.case.id, exchange) for verdict in verdicts for exchange in verdict.exchanges)
    together = over_a_run.findings(over_run.identities(exchanges), {})
    more: JSON = {"over_run": [over_run.entry(found) for found in together]}
    entries = [run_document.verdict(verdict) for verdict in verdicts]
    document = run_document.document({"base_url": "", "models": {}}, "", 0.0, entries, more)
    [found] = readiness.readiness({**document, "problems": []}, [client], [case.id for case in cases])
    return found


def test_every_client_has_its_faults() -> None:
    assert FAULTS.keys() == CLIENTS.keys()


@pytest.mark.parametrize("name", FAULTS)
def test_a_client_is_not_ready_with_a_fault_that_stops_it(runs: Runs, name: str) -> None:
    found = readiness_with(runs, name, FAULTS[name][0])
    assert found["status"] == "not_ready", found


@pytest.mark.parametrize("name", FAULTS)
def test_a_client_is_ready_with_a_fault_that_it_tolerates(runs: Runs, name: str) -> None:
    found = readiness_with(runs, name, FAULTS[name][1])
    assert found["status"] == "ready", found
    assert runs.proof.acted(FAULTS[name][1])
