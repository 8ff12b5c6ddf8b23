"""Every rule is broken by a fault, or has a reason why no running gateway can break it."""

from __future__ import annotations

from collections.abc import Mapping

from conformance.protocol import rulebook
from conformance.reference.faults import FAULTS

RECORDINGS_ONLY: Mapping[str, str] = {
    "http.redirect.downgrade": "the reference gateway speaks plain HTTP, and so nothing leads down from https",
}
"""Rules that only recordings can break, each with the reason why no fault does."""


def named() -> set[str]:
    return {rule for fault in FAULTS.values() for rule in fault.rules}


def test_every_rule_is_tripped_by_a_fault() -> None:
    assert sorted(rulebook.rules().keys() - named() - RECORDINGS_ONLY.keys()) == []


def test_no_fault_names_a_rule_for_recordings() -> None:
    assert RECORDINGS_ONLY.keys() <= rulebook.rules().keys()
    assert sorted(RECORDINGS_ONLY.keys() & named()) == []
    assert all(reason.strip() for reason in RECORDINGS_ONLY.values())
