"""The scenarios with the SDKs: what the table says, and that each fails on its fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.real_clients.kits import Kit, Process, certificates, kits
from conformance.real_clients.place import Place
from conformance.real_clients.scenario import Scenario, result
from conformance.real_clients.table import SCENARIOS
from conformance.reference import reference_gateway
from conformance.reference.faults import FAULTS
from conformance.reference.switch import HEADER, Switch

FAMILIES = ("chat_completions", "responses", "messages")


def test_there_are_enough() -> None:
    assert len(SCENARIOS) >= 60
    assert {each.sdk for each in SCENARIOS.values()} == {"openai", "anthropic"}


@pytest.mark.parametrize("kit", kits(), ids=lambda kit: kit.name)
def test_every_fault_exists(kit: Kit) -> None:
    assert set(kit.faults.values()) <= set(FAULTS)


@pytest.mark.parametrize("each", SCENARIOS.values(), ids=SCENARIOS)
def test_a_scenario_says_what_it_shows(each: Scenario) -> None:
    assert each.sentence.endswith(".")


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    """A reference gateway whose faults are chosen by a header."""
    with reference_gateway(pace=0, around=Switch(haste=100)) as running, pytest.MonkeyPatch.context() as patch:
        assert running.provider is not None
        models = dict.fromkeys(FAMILIES, running.models[0])
        place = Place(running.base_url, running.key, models, {}, running.provider.url, running.provider.control_key)
        for name, value in certificates(place).items():
            patch.setenv(name, value)
        yield place


def test_only_a_gateway_on_this_machine_without_tls_needs_no_certificates() -> None:
    near, far = (
        [certificates(Place(f"{scheme}://{host}/v1", "", {})) for scheme, host in places]
        for places in (
            [("http", "127.0.0.1:8080"), ("http", "localhost"), ("http", "[::1]:80")],
            [("https", "127.0.0.1"), ("http", "gateway.example.com"), ("https", "gateway.example.com")],
        )
    )
    assert all(found["SSL_CERT_FILE"] == "" for found in near)
    assert all(Path(found["SSL_CERT_DIR"]).is_dir() for found in near)
    assert far == [{}] * 3


@pytest.mark.sdk
@pytest.mark.parametrize("each", SCENARIOS.values(), ids=SCENARIOS)
def test_a_scenario_fails_on_its_fault(each: Scenario, place: Place) -> None:
    ended = result(each, replace(place, headers={HEADER: each.fault}))
    assert ended.outcome == "failed", f"{each.name} passes with {each.fault}"


JAVASCRIPT = next(kit for kit in kits() if kit.name == "javascript")


@pytest.fixture(scope="module")
def node(place: Place) -> Iterator[Process]:
    """The process that runs the scenarios in Node."""
    if reason := JAVASCRIPT.missing():
        pytest.skip(reason)
    with JAVASCRIPT.running(place) as process:
        yield process


def test_there_are_enough_in_javascript() -> None:
    assert len(JAVASCRIPT.faults) >= 25


@pytest.mark.sdk
@pytest.mark.parametrize("name", JAVASCRIPT.faults)
def test_a_scenario_in_javascript_fails_on_its_fault(name: str, node: Process) -> None:
    ended = node.run(name, {HEADER: JAVASCRIPT.faults[name]})
    assert ended.outcome == "failed", f"{name} passes with {JAVASCRIPT.faults[name]}"
