"""The rules of all families against recorded official traffic, if it is beside the checkout."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.judge import checks, contract
from conformance.protocol import rulebook
from conformance.records.jsonl import read_jsonl
from tests.support.paths import TRAFFIC
from tests.support.wire import CHAT, SHARED, exchange


@pytest.mark.skipif(not TRAFFIC.is_file(), reason="no recorded traffic here")
def test_official_traffic_breaks_no_must() -> None:
    found = [
        (name, finding.rule, finding.got)
        for name, recorded in read_jsonl(TRAFFIC)
        for finding in contract.findings(recorded)
        if finding.level == "must" and finding.rule in SHARED
    ]
    assert found == []


@pytest.mark.parametrize(("status", "body"), [(200, "OK"), (200, ""), (400, "Disallowed CORS origin")])
def test_the_answer_to_a_cors_preflight_is_not_judged(status: int, body: str) -> None:
    posted = exchange(CHAT, body, status, headers=(("content-type", "text/plain"),))
    assert contract.findings(posted)
    asked = replace(posted, request=replace(posted.request, method="OPTIONS"))
    assert contract.findings(asked) == ()


def test_every_shared_rule_has_its_check() -> None:
    assert {rule for check in checks.all_checks() for rule in check.rules} >= SHARED


def test_a_rule_that_breaks_clients_says_which() -> None:
    rules = [rulebook.rules()[name] for name in SHARED]
    assert [rule.id for rule in rules if (rule.impact == "breaks") != bool(rule.breaks)] == []
