"""Runs for a client: which cases they have, how they go together with other options, and the end of a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from conformance.client.retry import NO_LIMITS
from conformance.core.yaml_input import InputError
from conformance.records.journal import Journal
from conformance.run import config
from conformance.run.config import Settings
from conformance.run.connect import Options
from conformance.run.run import Run
from conformance.suite.clients import Client, load_clients, named
from conformance.suite.shard import Shard
from tests.support.in_process import without_sockets
from tests.support.proof import library_cases, one_sided_cases
from tests.support.suite import report, run

URL = "http://gateway.test/v1"


def clients(*ids: str) -> tuple[Client, ...]:
    return named(load_clients(), ids)


def cases(*ids: str, **settings: object) -> list[str]:
    made = Settings(8, NO_LIMITS, clients=clients(*ids), **settings)  # type: ignore[arg-type]
    return [case.id for case in Run(Options((URL,)), made, library_cases()).cases]


def test_a_run_has_what_its_client_needs_and_nothing_else() -> None:
    [codex] = clients("codex")
    assert cases("codex") == [case.id for case in one_sided_cases() if codex.sends(case.id)]
    assert 20 <= len(cases("codex")) <= 100


def test_a_run_for_two_clients_has_what_either_needs() -> None:
    assert set(cases("codex", "aider")) == {*cases("codex"), *cases("aider")}


def test_it_is_split_into_shards_and_cut_to_a_tier() -> None:
    shards = [case for index in (1, 2) for case in cases("codex", shard=Shard(index, 2))]
    assert sorted(shards) == sorted(cases("codex"))
    assert set(cases("codex", tier="quick")) < set(cases("codex"))


def test_a_run_is_resumed_with_its_own_clients(tmp_path: Path) -> None:
    def started(name: str, resume: bool) -> Run:
        settings = Settings(8, NO_LIMITS, clients=clients(name), folder=tmp_path, resume=resume)
        return Run(Options((URL,)), settings, library_cases())

    fingerprint = started("codex", resume=False)._fingerprint()
    Journal(tmp_path / "verdicts.jsonl", {"fingerprint": fingerprint}).close()  # type: ignore[typeddict-item]
    started("codex", resume=True).resume()
    with pytest.raises(InputError, match="is of other cases or another gateway"):
        started("aider", resume=True).resume()


def test_a_list_with_commas_is_several_clients() -> None:
    found = config._clients(["codex, aider", "claude-code"])
    assert {client.id for client in found} == {"codex", "aider", "claude-code"}


def test_an_unknown_client_is_refused() -> None:
    with pytest.raises(InputError, match="--gateway-client codx: there is no client 'codx'; did you mean codex"):
        config._clients(["codx"])


@pytest.mark.e2e
def test_a_run_for_a_client_ends_with_its_readiness(tmp_path: Path) -> None:
    with without_sockets():
        result = run(
            "-q", "--gateway-client=aider,open-webui", f"--gateway-report-dir={tmp_path}", GATEWAY_API_KEY=None
        )
    assert result.returncode == 0, result.stdout
    assert "clients: 2 ready\n  ready       aider, open-webui\n" in result.stdout
    document = report(tmp_path)
    assert document["options"] == {"--gateway-client": "aider,open-webui"}
    assert [(one["client"], one["status"]) for one in document["readiness"]] == [
        ("aider", "ready"),
        ("open-webui", "ready"),
    ]
