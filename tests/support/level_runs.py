"""Whole runs for the tests of levels: a verdict for every case of the suite, made without a gateway.

A gateway is a function that says how it would fare in a case if the case is sent; the profile decides whether it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache

from conformance.core import data_files
from conformance.core.model import JSON, Case, Finding, Outcome, Verdict
from conformance.records import run_document
from conformance.reference.provider import DEFAULT_MODELS
from conformance.run.connect import _REFERENCE_PROFILE
from conformance.suite.applies import TWO_SIDED, denied
from conformance.suite.load import load_cases
from conformance.target.claims import claims_document
from conformance.target.profile import Profile, load_profile

Fate = tuple[Outcome, tuple[str, ...], str]
"""How a case ends: its outcome, the broken `must` rules, and the reason."""
Gateway = Callable[[Case], Fate]

PASSED: Fate = ("passed", (), "")
BROKEN: Fate = ("failed", ("case.accepted",), "")


@cache
def cases() -> tuple[Case, ...]:
    return load_cases(data_files.folder("cases"), claims().serves)


@cache
def claims() -> Profile:
    """The profile of the reference gateway, which denies nothing."""
    return load_profile(_REFERENCE_PROFILE)


def everything_passes(_: Case) -> Fate:
    return PASSED


def run(
    gateway: Gateway = everything_passes,
    profile: Profile | None = None,
    among: Iterable[Case] | None = None,
    both_ends: bool = True,
) -> JSON:
    """The run of a gateway with a profile, over all cases or some; `both_ends` leaves in those from both ends."""
    own = claims() if profile is None else profile
    chosen = [case for case in (cases() if among is None else among) if both_ends or TWO_SIDED not in case.marks]
    entries = [_entry(case, gateway, own) for case in chosen]
    facts: JSON = {
        "base_url": "http://gateway.test/v1",
        "name": "Acme Gateway",
        "version": "2.4",
        "models": {"default": DEFAULT_MODELS[0]},
        "claims": claims_document(own),
    }
    if both_ends:
        facts["provider"] = "http://provider.test"
    count = sum(both_ends or TWO_SIDED not in case.marks for case in cases())
    more: JSON = {"cases": {"set": "none", "count": count, "fingerprint": "0"}, "problems": []}
    return run_document.document(facts, "2026-11-30T00:00:00+00:00", 1.0, entries, more)  # type: ignore[arg-type]


def _entry(case: Case, gateway: Gateway, profile: Profile) -> JSON:
    outcome, rules, reason = ("not_applicable", (), why) if (why := denied(case, profile)) else gateway(case)
    return {**_blank(case.id), "outcome": outcome, "reason": reason, "findings": [_finding(rule) for rule in rules]}


@cache
def _blanks() -> Mapping[str, JSON]:
    return {case.id: run_document.verdict(Verdict(case, "passed")) for case in cases()}


def _blank(id_: str) -> JSON:
    return _blanks()[id_]


@cache
def _finding(rule: str) -> JSON:
    blank = Verdict(cases()[0], "failed", (Finding(rule, "must", "one thing", "another"),))
    return run_document.verdict(blank)["findings"][0]
