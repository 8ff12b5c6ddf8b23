"""Recorded runs of the reference gateway, as it is and with faults: no denial raises a level.

The runs have a sample of the cases, which stands for the whole suite here. A denied case is left out, as in a run; the
recordings of all others are judged again under the changed profile.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache

import pytest

from conformance.analysis import levels, rejudge
from conformance.core.model import JSON, Case
from conformance.protocol.family import MAIN
from conformance.records import run_document
from conformance.reference import faults
from conformance.suite import level_sets
from conformance.suite.applies import denied
from conformance.target import capabilities
from conformance.target.claims import claims_document
from conformance.target.profile import Profile
from tests.support.proof import Proof, in_process, one_sided_cases

pytestmark = pytest.mark.proof

FAULTS = (
    "",
    "chat-logprobs-lost",
    "chat-usage-lost",
    "messages-deferred-tool-refused",
    "messages-tool-input-null",
    "responses-call-name-lost",
)
"""Faults that show with a capability, and "" for the gateway as it is."""
FEW = 4
"""The number of cases of each level's set that need no capability, in each family."""


@pytest.fixture(scope="module")
def proof() -> Iterator[Proof]:
    with in_process() as running:
        yield running


@cache
def sample() -> tuple[Case, ...]:
    """Two cases for each capability in each family, and a few without any for each level, in the order of the suite."""
    every = [case for case in one_sided_cases() if "slow" not in case.marks and "exclusive" not in case.marks]
    chosen: set[str] = set()
    for family in MAIN:
        sets = level_sets.cases_of(family, every)
        for name in capabilities.table():
            chosen |= {case.id for case in [case for case in sets["complete"] if name in case.needs][:2]}
        for cases in sets.values():
            chosen |= {case.id for case in [case for case in cases if not case.needs][:FEW]}
    return tuple(case for case in every if case.id in chosen)


@pytest.fixture(scope="module")
def recorded(proof: Proof) -> Callable[[str], JSON]:
    """The run of the sample with a fault, made once; in other families than its own, the gateway is as it is."""

    @cache
    def entries(family: str, fault: str) -> Mapping[str, JSON]:
        cases = [case for case in sample() if case.endpoint == family]
        verdicts = proof.verdicts(cases, *([fault] if fault else []))
        return {verdict.case.id: run_document.verdict(verdict) for verdict in verdicts}

    @cache
    def run(fault: str) -> JSON:
        found: dict[str, JSON] = {}
        for family in dict.fromkeys(case.endpoint for case in sample()):
            is_apart = not fault or (family in MAIN and family != faults.FAULTS[fault].family)
            found |= entries(family, "" if is_apart else fault)
        claims = claims_document(proof.target.profile)
        facts: JSON = {"base_url": "http://gateway.test/v1", "models": dict(proof.target.models), "claims": claims}
        return run_document.document(facts, "", 0.0, [found[case.id] for case in sample()], {"problems": []})

    return run


def denying(own: Profile, *names: str) -> Profile:
    limits = {} if "body_limit" in names else own.limits
    return replace(own, capabilities={**own.capabilities, **dict.fromkeys(names, False)}, limits=limits)


def under(document: JSON, profile: Profile) -> JSON:
    """The run as it would be with another profile."""
    reasons = {case.id: denied(case, profile) for case in sample()}
    verdicts = [
        {**entry, "outcome": "not_applicable", "reason": why, "findings": [], "exchanges": []}
        if (why := reasons[entry["id"]])
        else entry
        for entry in document["verdicts"]
    ]
    return {**document, "verdicts": verdicts}


def ranks(document: JSON) -> list[tuple[int, int]]:
    """(level, number of cases that apply) of each family."""
    found = levels.judged(document, sample())
    return [(levels.rank(entry["level"]), entry["applicable"]) for entry in found]


@pytest.mark.parametrize("fault", FAULTS)
def test_no_denial_raises_a_level(proof: Proof, recorded: Callable[[str], JSON], fault: str) -> None:
    document, own, chance = recorded(fault), proof.target.profile, random.Random(fault)
    honest, names = ranks(document), sorted(capabilities.table())
    assert fault or all(level >= levels.rank("agent") for level, _ in honest), "the gateway passes the sample"
    lowered = 0
    for chosen in [[name] for name in names] + [chance.sample(names, chance.randint(2, 9)) for _ in range(10)]:
        evasive = ranks(under(document, denying(own, *chosen)))
        for one, other in zip(evasive, honest, strict=True):
            assert one[0] <= other[0], chosen
            assert one[1] <= other[1], chosen
        lowered += evasive != honest
    assert lowered, "the denials have an effect"


def test_a_denial_leaves_the_verdicts_on_all_other_cases(proof: Proof, recorded: Callable[[str], JSON]) -> None:
    document, own = recorded("chat-logprobs-lost"), proof.target.profile
    for name in ("logprobs", "tools", "vision", "keys"):
        profile = denying(own, name)
        assert rejudge.verify(under(document, profile), sample(), profile).differences == (), name


def test_a_fault_costs_the_levels_whose_sets_show_it(recorded: Callable[[str], JSON]) -> None:
    """A fault that shows with an optional capability only prevents `complete`; one with tools prevents `agent`."""
    chat, _, _ = ranks(recorded("chat-logprobs-lost"))
    assert chat[0] == levels.rank("agent")
    _, _, messages = ranks(recorded("messages-tool-input-null"))
    assert messages[0] == levels.rank("core")
