"""Shards for several machines, and cases that run several times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from conformance.analysis.stability import stability
from conformance.core.case_id import without_repetition
from conformance.core.model import Case
from conformance.core.yaml_input import InputError
from conformance.suite.repeat import repeated
from conformance.suite.shard import Shard, durations, fingerprint, parse, share
from tests.support.counting import counting_gateway
from tests.support.paths import ROOT
from tests.support.suite import case, library, report, run


def cases(number: int) -> tuple[Case, ...]:
    return tuple(
        Case(f"messages/a/c{index}", "", "messages", "a", "messages", "must", "", (), (), "", 1)
        for index in range(number)
    )


@pytest.mark.parametrize("text", ["", "3", "0/3", "4/3", "1/0", "-1/3", "1/3/5", "one/two", "1 / 3"])
def test_an_invalid_shard_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--gateway-shard"):
        parse(text)


def test_shares_are_whole_disjoint_and_stable() -> None:
    everything = cases(300)
    shares = [share(everything, parse(f"{index}/3"), {}) for index in (1, 2, 3)]
    assert sorted(one.id for part in shares for one in part) == sorted(one.id for one in everything)
    assert all(70 < len(part) < 130 for part in shares)
    assert share(everything[:200], Shard(1, 3), {}) == tuple(one for one in shares[0] if one in everything[:200])


def test_known_durations_balance_the_shares() -> None:
    everything = cases(40)
    seconds = {one.id: 10.0 if index < 4 else 0.5 for index, one in enumerate(everything[:-1])}
    shares = [share(everything, Shard(index, 4), seconds) for index in (1, 2, 3, 4)]
    loads = [sum(seconds.get(one.id, 0.5) for one in part) for part in shares]
    assert sorted(one.id for part in shares for one in part) == sorted(one.id for one in everything)
    assert max(loads) - min(loads) <= 0.5


def test_durations_are_those_of_what_ran() -> None:
    document = {"verdicts": [{"id": "a", "seconds": 2.5}, {"id": "b", "seconds": 0}]}
    assert durations(document) == {"a": 2.5}


def test_a_fingerprint_depends_on_the_cases_and_the_gateway() -> None:
    one = fingerprint(cases(3), {"base_url": "http://h/v1"})
    assert one == fingerprint(cases(3), {"base_url": "http://h/v1"})
    assert len({one, fingerprint(cases(4), {"base_url": "http://h/v1"}), fingerprint(cases(3), {"base_url": "x"})}) == 3


def test_repeated_cases_have_ids_of_their_own() -> None:
    assert repeated(cases(2), 1) == cases(2)
    again = repeated(cases(2), 3)
    assert len({one.id for one in again}) == 6
    assert {without_repetition(one.id) for one in again} == {one.id for one in cases(2)}
    assert without_repetition("messages/a/b[x=#1y]") == "messages/a/b[x=#1y]"


def test_stability_is_k_of_n_with_the_least_stable_first() -> None:
    ended = [("a#1", "passed"), ("a#2", "passed"), ("b#1", "passed"), ("b#2", "failed"), ("b#3", "failed"), ("c", "x")]
    found = stability([{"id": name, "outcome": outcome} for name, outcome in ended])
    assert [str(one) for one in found] == ["b: failed 2 of 3 times", "a: passed 2 of 2 times"]


@pytest.mark.socket
def test_repeat_runs_each_case_and_says_how_stable_it_is(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", case("one"), case("two"))
    with counting_gateway() as counted:
        result = run(f"--gateway-url={counted.url}", f"--cases={folder}", f"--report-dir={tmp_path}", "--repeat=3")
    entries: Any = report(tmp_path)["verdicts"]
    assert {entry["id"] for entry in entries} == {
        f"messages/probe/{name}#{time}" for name in ("one", "two") for time in (1, 2, 3)
    }
    assert "stable: 2 of 2 repeated cases" in result.stdout
    assert [(entry["case"], entry["tries"]) for entry in report(tmp_path)["repeated"]] == [
        ("messages/probe/one", 3), ("messages/probe/two", 3),
    ]  # fmt: skip
    assert len({entry["exchanges"][0]["request"]["body"]["text"] for entry in entries}) == 6


def test_the_manifests_give_each_machine_its_shard() -> None:
    (job,) = yaml.safe_load_all((ROOT / "docs/ci/kubernetes-job.yaml").read_text("utf-8"))
    spec = job["spec"]
    assert (job["apiVersion"], job["kind"], spec["completionMode"]) == ("batch/v1", "Job", "Indexed")
    assert spec["completions"] == spec["parallelism"]
    container = spec["template"]["spec"]["containers"][0]
    script = container["command"][-1]
    assert "$((JOB_COMPLETION_INDEX + 1))" in script
    assert {entry["name"]: entry.get("value") for entry in container["env"]}["SHARDS"] == str(spec["completions"])
    keys = [entry for entry in container["env"] if entry["name"] == "GATEWAY_API_KEY"]
    assert keys[0]["valueFrom"]["secretKeyRef"]
    assert spec["template"]["spec"]["restartPolicy"] == "Never"

    workflow = yaml.safe_load((ROOT / "docs/ci/github-actions.yaml").read_text("utf-8"))
    shards = workflow["jobs"]["judge"]["strategy"]["matrix"]["shard"]
    steps = "\n".join(step.get("run", "") for step in workflow["jobs"]["judge"]["steps"])
    assert f'--gateway-shard="$SHARD/{len(shards)}"' in steps
    assert shards == list(range(1, len(shards) + 1))
    assert workflow["jobs"]["merge"]["needs"] == "judge"
    assert "gateway-conformance merge" in "\n".join(step.get("run", "") for step in workflow["jobs"]["merge"]["steps"])
