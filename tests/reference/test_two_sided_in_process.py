"""Two-sided cases run in this process, and over sockets with the provider's control path at the gateway's port."""

from __future__ import annotations

import pytest

from tests.support.proof import Proof, chosen, in_process, opened

pytestmark = pytest.mark.proof


def outcomes(proof: Proof, *faults: str) -> set[str]:
    return {verdict.outcome for verdict in proof.verdicts(chosen("upstream/request-texts/chat-history[*]"), *faults)}


def test_a_two_sided_case_is_judged_without_sockets() -> None:
    with in_process() as proof:
        assert outcomes(proof) == {"passed"}
        assert outcomes(proof, "upstream-last-turn-only") == {"failed"}


def test_a_two_sided_case_is_judged_over_sockets() -> None:
    with opened() as proof:
        assert outcomes(proof) == {"passed"}
