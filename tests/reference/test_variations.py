"""Unusual but legal behaviour is not reported as a fault: no variation causes findings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.reference.variations import VARIATIONS, Variation
from tests.support.proof import USUAL, Proof, chosen, in_process, on_the_wire, opened, over_the_run, told

pytestmark = pytest.mark.proof


@pytest.fixture(scope="module")
def proofs() -> Iterator[dict[bool, Proof]]:
    """The gateway over sockets (True), and in this process."""
    with opened() as sockets, in_process() as here:
        yield {True: sockets, False: here}


@pytest.fixture
def proof(proofs: dict[bool, Proof], variation: Variation) -> Proof:
    return proofs[on_the_wire(variation)]


@pytest.mark.parametrize("sockets", [True, False])
def test_the_faithful_gateway_runs_clean(proofs: dict[bool, Proof], sockets: bool) -> None:
    """The reference for the variations: the plain gateway has no findings of its own."""
    proof = proofs[sockets]
    cases = chosen(" ".join(USUAL.values()))
    verdicts = proof.verdicts(cases)
    assert {verdict.outcome for verdict in verdicts} == {"passed"}, told(verdicts)


@pytest.mark.parametrize("variation", VARIATIONS.values(), ids=lambda variation: variation.id)
def test_a_variation_runs_clean(proof: Proof, variation: Variation) -> None:
    verdicts = proof.verdicts(chosen(variation.cases or USUAL[variation.family]), variation.id)
    wrong = [
        (verdict, finding)
        for verdict in verdicts
        for finding in verdict.findings
        if finding.level in ("must", "should") and finding.rule not in variation.remarks
    ]
    assert {verdict.outcome for verdict in verdicts} <= {"passed", "warned"}, told(verdicts, wrong)
    assert not wrong, told(verdicts, wrong)
    assert over_the_run(verdicts) <= set(variation.remarks)
    assert proof.acted(variation.id), "the variation changed no answer"
    made = {finding.rule for verdict in verdicts for finding in verdict.findings}
    assert made >= set(variation.remarks), "a variation only lists remarks that it causes"


def test_there_are_at_least_sixty_variations() -> None:
    assert len(VARIATIONS) >= 60
    assert all(variation.why.strip() for variation in VARIATIONS.values())
