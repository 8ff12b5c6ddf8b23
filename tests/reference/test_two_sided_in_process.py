"""Two-sided cases run in this process, and over sockets with the provider's control path at the gateway's port."""

from __future__ import annotations

import pytest

from conformance.analysis import over_run
from conformance.judge import over_a_run
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


@pytest.mark.parametrize("api", ["chat", "messages", "responses"])
def test_scripted_answers_break_no_rule_over_the_run(api: str) -> None:
    """A gateway that passes the ids of the script on is not blamed for them: each answer has its own."""
    with in_process() as proof:
        verdicts = proof.verdicts([*chosen(f"upstream/odd-{api}/*"), *chosen(f"upstream/answers/{api}-*")])
    exchanges = [(verdict.case.id, exchange) for verdict in verdicts for exchange in verdict.exchanges]
    assert len(exchanges) > 10
    assert over_a_run.findings(over_run.identities(exchanges), {}) == []
