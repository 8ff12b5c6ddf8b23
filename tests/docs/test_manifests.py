"""Runs the commands of the manifests in docs/ci as GitHub and Kubernetes would run them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.counting import Counted, counting_gateway
from tests.support.paths import ROOT
from tests.support.suite import case, environment, library, report

WORKFLOW: Any = yaml.safe_load((ROOT / "docs/ci/github-actions.yaml").read_text("utf-8"))
JOB: Any = yaml.safe_load((ROOT / "docs/ci/kubernetes-job.yaml").read_text("utf-8"))
CASES = 12


@pytest.fixture(scope="module")
def counted() -> Iterator[Counted]:
    with counting_gateway() as running:
        yield running


def shell(script: str, folder: Path, cases: Path, **variables: str) -> None:
    """Runs a command of a manifest in a folder, with the suite installed and only a few cases to judge."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    given = f"-p no:cacheprovider --rootdir={ROOT} --cases={cases} {ROOT / 'conformance' / 'test_gateway.py'}"
    result = subprocess.run(
        ["/bin/sh", "-euc", script], cwd=folder, env=environment(PATH=tools, PYTEST_ADDOPTS=given, **variables),
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout + result.stderr


def judged(folder: Path) -> list[str]:
    verdicts: Any = report(folder)["verdicts"]
    return [entry["id"] for entry in verdicts]


def assert_whole(shards: list[Path], merged: Path) -> None:
    """Every shard ran other cases, and the merged report has all of them."""
    parts = [judged(shard) for shard in shards]
    assert all(parts)
    assert sorted(name for part in parts for name in part) == judged(merged)
    assert len(judged(merged)) == CASES


def few(folder: Path) -> Path:
    return library(folder / "cases", *(case(f"c{number}") for number in range(CASES)))


@pytest.mark.e2e
def test_the_pods_of_the_job_judge_everything_once(counted: Counted, tmp_path: Path) -> None:
    spec = JOB["spec"]
    assert (JOB["apiVersion"], JOB["kind"], spec["completionMode"]) == ("batch/v1", "Job", "Indexed")
    container = spec["template"]["spec"]["containers"][0]
    values = {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}
    (mount,) = (one["mountPath"] for one in container["volumeMounts"])
    shell_, option, script = container["command"]
    assert (shell_, option) == ("/bin/sh", "-c")
    reports = tmp_path / "volume"
    for index in range(spec["completions"]):
        shell(
            script.replace(f"{mount}/", f"{reports}/"), tmp_path, few(tmp_path),
            **{**values, "GATEWAY_URL": counted.url, "JOB_COMPLETION_INDEX": str(index)},
        )  # fmt: skip
    (merging,) = re.findall(r"`(gateway-conformance merge /reports.*?)`", (ROOT / "docs/ci.md").read_text("utf-8"))
    shell(merging.replace(f"{mount}/", f"{reports}/"), tmp_path, few(tmp_path))
    assert_whole([reports / str(index) for index in range(spec["completions"])], reports)


def test_a_pod_with_failures_does_not_stop_the_others() -> None:
    """`backoffLimit` is for the whole Job: with 0, Kubernetes stops all pods when the first one fails."""
    spec = JOB["spec"]
    assert "backoffLimit" not in spec
    assert (spec["backoffLimitPerIndex"], spec["template"]["spec"]["restartPolicy"]) == (0, "Never")


def test_the_volume_is_for_the_user_of_the_image() -> None:
    (user,) = re.findall(r"^USER (\d+)$", (ROOT / "Containerfile").read_text("utf-8"), re.MULTILINE)
    assert JOB["spec"]["template"]["spec"]["securityContext"] == {"fsGroup": int(user)}


def commands(job: str, **values: str) -> str:
    """The commands and variables of a workflow job, without the installation and the secrets."""
    lines = [step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step]
    assert lines[0] == "pip install -e ."
    own = {name: value for step in WORKFLOW["jobs"][job]["steps"] for name, value in step.get("env", {}).items()}
    for name, value in values.items():
        own = {key: text.replace("${{ matrix." + name + " }}", value) for key, text in own.items()}
    script = "\n".join([*(f"{key}={text}" for key, text in own.items() if "${{" not in text), *lines[1:]])
    assert "${{" not in script
    return script


@pytest.mark.e2e
def test_the_matrix_of_the_workflow_judges_everything_once(counted: Counted, tmp_path: Path) -> None:
    numbers = WORKFLOW["jobs"]["judge"]["strategy"]["matrix"]["shard"]
    assert "GATEWAY_URL" in WORKFLOW["env"]
    shards = [tmp_path / "shards" / f"shard-{number}" for number in numbers]
    for number, shard in zip(numbers, shards, strict=True):
        machine = tmp_path / f"machine-{number}"
        machine.mkdir()
        script = commands("judge", shard=str(number)).replace("--gateway-max-rpm=60", "--gateway-max-rpm=6000")
        shell(script, machine, few(tmp_path), GATEWAY_URL=counted.url)
        shard.mkdir(parents=True)  # what upload-artifact and download-artifact do
        for name in KEPT:
            (machine / name).rename(shard / Path(name).name)
    shell(commands("merge"), tmp_path, few(tmp_path))
    assert_whole(shards, tmp_path / "report")


KEPT = ("report/run.json", "report/exchanges.jsonl.gz")
"""The files of a shard that the merge needs."""


def test_the_downloaded_artifacts_are_the_uploaded_ones() -> None:
    up = next(step["with"] for step in WORKFLOW["jobs"]["judge"]["steps"] if "upload" in step.get("uses", ""))
    down = next(step["with"] for step in WORKFLOW["jobs"]["merge"]["steps"] if "download" in step.get("uses", ""))
    assert up == {"name": "shard-${{ matrix.shard }}", "path": "".join(f"{name}\n" for name in KEPT)}
    assert down == {"pattern": "shard-*", "path": "shards"}
    assert "merge shards/*/run.json" in commands("merge")
