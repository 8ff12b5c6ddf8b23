"""Two-sided cases run in this process, and over sockets with the provider's control path at the gateway's port."""

from __future__ import annotations

import pytest

from tests.support.proof import Proof, chosen, in_process, opened

pytestmark = pytest.mark.proof


CASES = "upstream/answers-chat/* upstream/request-texts/chat-late-system[*chat_completions]"


def outcomes(proof: Proof, *faults: str) -> set[str]:
    return {verdict.outcome for verdict in proof.verdicts(chosen(CASES), *faults)}


def test_a_two_sided_case_is_judged_without_sockets() -> None:
    with in_process() as proof:
        assert outcomes(proof) == {"passed"}
        assert outcomes(proof, "chat-content-null") == {"failed"}


def test_a_two_sided_case_is_judged_over_sockets() -> None:
    with opened() as proof:
        assert outcomes(proof) == {"passed"}
