"""Runs of a tier: how many requests they send, and how they go together with other options."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.client.retry import NO_LIMITS
from conformance.core.model import Case
from conformance.core.yaml_input import InputError
from conformance.records.journal import Journal
from conformance.run.config import Settings
from conformance.run.connect import Options
from conformance.run.run import Run
from conformance.suite import tier
from conformance.suite.shard import Shard
from conformance.target.profile import Profile
from tests.support.counting import counting_gateway
from tests.support.proof import library_cases, one_sided_cases
from tests.support.suite import report, run

URL = "http://gateway.test/v1"


def cases(*urls: str, claims: Profile = Profile(), **settings: object) -> list[Case]:  # noqa: B008 - it is frozen
    options = Options(urls or (URL,), claims)
    return list(Run(options, Settings(8, NO_LIMITS, **settings), library_cases()).cases)  # type: ignore[arg-type]


def test_a_run_without_a_tier_has_all_cases() -> None:
    assert cases() == list(one_sided_cases())


def test_a_tier_is_split_into_shards() -> None:
    shards = [case.id for index in (1, 2, 3) for case in cases(tier="quick", shard=Shard(index, 3))]
    assert sorted(shards) == sorted(case.id for case in cases(tier="quick"))


def test_a_tier_is_repeated_and_sent_by_each_route() -> None:
    once = len(cases(tier="quick"))
    assert len(cases(tier="quick", repeat=2)) == 2 * once
    assert len(cases(URL, "http://other.test/v1", tier="quick")) == 2 * once


def test_a_tier_leaves_out_what_the_profile_excludes() -> None:
    found = cases(tier="standard", claims=Profile(endpoints=("messages",)))
    assert {case.endpoint for case in found} <= {"messages", "elsewhere"}


def test_a_run_is_resumed_with_its_own_tier(tmp_path: Path) -> None:
    def started(name: str, resume: bool) -> Run:
        settings = Settings(8, NO_LIMITS, tier=name, folder=tmp_path, resume=resume)
        return Run(Options((URL,)), settings, library_cases())

    fingerprint = started("quick", resume=False)._fingerprint()
    Journal(tmp_path / "verdicts.jsonl", {"fingerprint": fingerprint}).close()  # type: ignore[typeddict-item]
    started("quick", resume=True).resume()
    with pytest.raises(InputError, match="is of other cases or another gateway"):
        started("standard", resume=True).resume()


@pytest.mark.e2e
def test_a_quick_run_sends_at_most_40_requests(tmp_path: Path) -> None:
    with counting_gateway() as counted:
        result = run(f"--gateway-url={counted.url}", "--gateway-tier=quick", f"--gateway-report-dir={tmp_path}")
    assert result.returncode == 0, result.stdout
    document = report(tmp_path)
    spent = sum(entry["requests"] for entry in document["spent"].values())  # type: ignore[attr-defined]
    assert len(counted.asked) <= spent <= tier.LIMITS["quick"]
    assert spent >= tier.LIMITS["quick"] - 3, "more cases fit"
    assert document["options"] == {"--gateway-tier": "quick"}
    assert len(document["verdicts"]) == len(cases(tier="quick"))  # type: ignore[arg-type]
