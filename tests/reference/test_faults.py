"""Every fault breaks exactly the rules that it names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.core.model import Finding, Verdict
from conformance.judge import timing_limits
from conformance.protocol import rulebook
from conformance.reference.faults import FAULTS, Fault
from tests.support.proof import Proof, chosen, opened, told

HASTE = 60.0
"""Slow faults, and the time limits that they break, are this many times faster."""
SLOW = ("SILENCE_SECONDS", "ABORT_SECONDS", "FIRST_BYTE_SECONDS", "LINGER_SECONDS")
"""The time limits that the tests shorten."""
BURST_AFTER_SECONDS = timing_limits.BURST_AFTER_SECONDS

TIMED = [fault for fault in FAULTS.values() if fault.id.startswith(("timing-", "slow-"))]
UNTIMED = [fault for fault in FAULTS.values() if fault not in TIMED]


@pytest.fixture(scope="module")
def proof() -> Iterator[Proof]:
    with opened() as running:
        yield running


def findings(verdicts: list[Verdict], fault: Fault) -> list[tuple[Verdict, Finding]]:
    """The findings that count. Informational findings only count if the fault names them."""
    return [
        (verdict, finding)
        for verdict in verdicts
        for finding in verdict.findings
        if finding.level in ("must", "should") or finding.rule in fault.rules
    ]


def assert_noticed(proof: Proof, fault: Fault) -> None:
    verdicts = proof.verdicts(chosen(fault.cases), fault.id)
    found = findings(verdicts, fault)
    assert {finding.rule for _, finding in found} == set(fault.rules), told(verdicts, found)


@pytest.mark.parametrize("fault", UNTIMED, ids=lambda fault: fault.id)
def test_a_fault_is_noticed_for_what_it_is(proof: Proof, fault: Fault) -> None:
    assert_noticed(proof, fault)


@pytest.mark.parametrize("fault", TIMED, ids=lambda fault: fault.id)
def test_a_fault_of_time_is_noticed_for_what_it_is(fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    haste = HASTE if fault.id.startswith("slow-") else 1.0
    with opened(haste) as proof:
        monkeypatch.setattr(timing_limits, "BURST_AFTER_SECONDS", BURST_AFTER_SECONDS)
        for name in SLOW:
            monkeypatch.setattr(timing_limits, name, getattr(timing_limits, name) / haste)
        assert_noticed(proof, fault)


def test_faults_name_rules_that_there_are() -> None:
    named = {rule for fault in FAULTS.values() for rule in fault.rules}
    assert named <= rulebook.rules().keys()
    assert all(fault.rules for fault in FAULTS.values())
