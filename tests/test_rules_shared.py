"""The shared rules against recorded official traffic, where a checkout has it beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from wire import SHARED

from conformance import checks, contract, recording, rulebook

TRAFFIC = Path(__file__).parent.parent.parent / "shared" / "traffic" / "official-dev.jsonl.gz"


@pytest.mark.skipif(not TRAFFIC.is_file(), reason="no recorded traffic here")
def test_official_traffic_breaks_no_must() -> None:
    found = [
        (name, finding.rule, finding.got)
        for name, exchange in recording.read(TRAFFIC)
        for finding in contract.findings(exchange)
        if finding.level == "must" and finding.rule in SHARED
    ]
    assert found == []


def test_every_shared_rule_has_its_check() -> None:
    assert {rule for check in checks.all_checks() for rule in check.rules} >= SHARED


def test_a_rule_that_breaks_clients_says_which() -> None:
    rules = [rulebook.rules()[name] for name in SHARED]
    assert [rule.id for rule in rules if (rule.impact == "breaks") != bool(rule.breaks)] == []
