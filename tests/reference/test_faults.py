"""Every fault breaks exactly the rules that it names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from conformance.core.model import Finding, Verdict
from conformance.judge import held, timing_limits
from conformance.protocol import rulebook, sse
from conformance.reference.faults import FAULTS, Fault
from tests.support.proof import Proof, chosen, in_process, on_the_wire, opened, over_the_run, told

pytestmark = pytest.mark.proof

HASTE = 60.0
"""Slow faults, and the time limits that they break, are this many times faster."""
SLOW = ("SILENCE_SECONDS", "ALIVE_SECONDS", "ABORT_SECONDS", "FIRST_BYTE_SECONDS", "LINGER_SECONDS")
"""The time limits that the tests shorten."""
BURST_AFTER_SECONDS = timing_limits.BURST_AFTER_SECONDS

TIMED = [fault for fault in FAULTS.values() if fault.id.startswith(("timing-", "slow-"))]
SENT = [fault for fault in FAULTS.values() if on_the_wire(fault) and fault not in TIMED]
CONTENT = [fault for fault in FAULTS.values() if not on_the_wire(fault)]


@pytest.fixture(scope="module")
def over_sockets() -> Iterator[Proof]:
    with opened() as running:
        yield running


@pytest.fixture(scope="module")
def in_this_process() -> Iterator[Proof]:
    with in_process() as running:
        yield running


@contextmanager
def hastened(fault: Fault) -> Iterator[Proof]:
    """A gateway for a fault of timing, in which everything slow is faster, and so are the limits for it."""
    haste = HASTE if fault.id.startswith("slow-") else 1.0
    with opened(haste) as proof, pytest.MonkeyPatch.context() as patch:
        patch.setattr(timing_limits, "BURST_AFTER_SECONDS", BURST_AFTER_SECONDS)
        for name in SLOW:
            patch.setattr(timing_limits, name, getattr(timing_limits, name) / haste)
        yield proof


def findings(verdicts: list[Verdict], fault: Fault) -> list[tuple[Verdict, Finding]]:
    """The findings that count. Informational findings only count if the fault names them."""
    return [
        (verdict, finding)
        for verdict in verdicts
        for finding in verdict.findings
        if finding.level in ("must", "should") or finding.rule in fault.rules
    ]


def assert_noticed(proof: Proof, fault: Fault) -> None:
    retries = 1 if "case.intermittent" in fault.rules else 0
    verdicts = proof.verdicts(chosen(fault.cases), fault.id, retries=retries)
    found = findings(verdicts, fault)
    broken = {finding.rule for _, finding in found} | over_the_run(verdicts)
    assert broken == set(fault.rules), told(verdicts, found)
    assert_held(verdicts)


def assert_held(verdicts: list[Verdict]) -> None:
    """Every broken rule is one that its exchange was held against; else the scope of a problem would be wrong."""
    for verdict in verdicts:
        for finding in verdict.findings:
            groups = verdict.observed[finding.step].held
            assert any(finding.rule in held.rules(group) for group in groups), (verdict.case.id, finding.rule, groups)


@pytest.mark.parametrize("fault", CONTENT, ids=lambda fault: fault.id)
def test_a_fault_breaks_exactly_its_rules(in_this_process: Proof, fault: Fault) -> None:
    assert_noticed(in_this_process, fault)


@pytest.mark.parametrize("fault", SENT, ids=lambda fault: fault.id)
def test_a_fault_on_the_wire_is_noticed_for_what_it_is(over_sockets: Proof, fault: Fault) -> None:
    assert_noticed(over_sockets, fault)


@pytest.mark.parametrize("fault", CONTENT[::40], ids=lambda fault: fault.id)
def test_over_sockets_is_found_what_is_found_in_process(
    over_sockets: Proof, in_this_process: Proof, fault: Fault
) -> None:
    """Both ways come to the same verdicts, findings and answers."""
    cases = chosen(fault.cases)
    here, there = (proof.verdicts(cases, fault.id) for proof in (in_this_process, over_sockets))
    assert list(map(comparable, here)) == list(map(comparable, there))


@pytest.mark.parametrize("fault", TIMED, ids=lambda fault: fault.id)
def test_a_timing_fault_breaks_exactly_its_rules(fault: Fault) -> None:
    with hastened(fault) as proof:
        assert_noticed(proof, fault)


def test_every_fault_is_tried() -> None:
    assert {fault.id for fault in (*CONTENT, *SENT, *TIMED)} == FAULTS.keys()


_RANDOM = re.compile(r"(?<=[a-z]_)\w{20,}")
"""The part of an id that differs in every run."""


def comparable(verdict: Verdict) -> object:
    """The parts of a verdict that are the same in every run: no ids, padding, times or chunk boundaries."""
    return (
        verdict.case.id,
        verdict.outcome,
        [(finding.rule, finding.level, _RANDOM.sub("", finding.expected)) for finding in verdict.findings],
        [
            (
                exchange.family,
                exchange.status,
                exchange.ended,
                exchange.http_version,
                [name for name, _ in exchange.headers],
                [name for name, _ in exchange.request.headers],
                [event.name for event in sse.read(exchange.chunks).events],
            )
            for exchange in verdict.exchanges
        ],
    )


def test_faults_name_existing_rules() -> None:
    named = {rule for fault in FAULTS.values() for rule in fault.rules}
    assert named <= rulebook.rules().keys()
    assert all(fault.rules for fault in FAULTS.values())
