"""Every excuse of a verdict is narrow: faults that look like a weak model or like a busy server fail their cases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance.reference.faults import FAULTS
from tests.support.proof import Proof, chosen, in_process, told

pytestmark = pytest.mark.proof

HIDING = [*(id_ for id_ in FAULTS if id_.startswith("excusable-")), "messages-fails-after-end"]


@pytest.fixture(scope="module")
def proof() -> Iterator[Proof]:
    with in_process() as running:
        yield running


@pytest.mark.parametrize("id_", HIDING)
def test_a_fault_that_looks_excusable_fails_its_cases(proof: Proof, id_: str) -> None:
    cases = FAULTS[id_].cases
    found = proof.verdicts(chosen(cases), id_)
    assert {verdict.outcome for verdict in found} == {"failed"}, told(found)
