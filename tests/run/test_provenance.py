"""run.json describes the run, keeps order and ids, and has no secret; verdicts.jsonl has the same verdicts."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.analysis import scores
from conformance.analysis.diff import diff
from conformance.core import data_files
from conformance.core.model import JSON
from conformance.records import observed_names
from conformance.run import provenance
from conformance.run.provenance import Provenance
from tests.support import suite
from tests.support.paths import ROOT

CASES = ROOT / "cases"
CHOICE = "(messages/text or matrix) and not long"
GITHUB = {
    "GITHUB_ACTIONS": "true", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "example/gateway",
    "GITHUB_RUN_ID": "4711", "GITHUB_TOKEN": "ghs_not-for-anybody",
}  # fmt: skip
JQ = shutil.which("jq")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs of some of the suite's cases against the reference gateway, the second with two workers and in CI."""
    folder = tmp_path_factory.mktemp("runs")
    for name in ("messages/_fragments.yaml", "messages/text.yaml", "matrix", "sets"):
        copy = shutil.copytree if (CASES / name).is_dir() else shutil.copyfile
        (folder / "cases" / name).parent.mkdir(parents=True, exist_ok=True)
        copy(CASES / name, folder / "cases" / name)
    profile = folder / "profile.yaml"
    profile.write_text(
        "models: {default: reference-large}\nserves: {reference-mini: [chat_completions, responses, messages]}\n",
        "utf-8",
    )
    for number, more in ((1, ()), (2, ("-n", "2", "--retries=1"))):
        few = f"--gateway-cases={folder / 'cases'}"
        arguments = (f"--gateway-profile={profile}", few, "-k", CHOICE, f"--report-dir={folder / str(number)}", *more)
        result = suite.run(*arguments, **(GITHUB if more else {}))
        assert result.returncode == 0, result.stdout + result.stderr
    return folder / "1", folder / "2"


def document(folder: Path) -> JSON:
    return suite.report(folder)


@pytest.mark.e2e
def test_says_where_it_comes_from(runs: tuple[Path, Path]) -> None:
    first, second = map(document, runs)
    for run in (first, second):
        Draft202012Validator(data_files.schema("report.schema.json")).validate(run)
        assert run["cases"]["set"] == max(path.stem for path in (CASES / "sets").glob("*.yaml"))
        assert run["cases"]["count"] > len(run["verdicts"])
        assert run["environment"]["packages"].keys() == set(provenance.PACKAGES)
    given = {"-k": CHOICE, "--cases": str(runs[0].parent / "cases")}
    assert first["options"] == given
    assert second["options"] == {**given, "-n": 2, "--retries": 1}
    assert first["cases"] == second["cases"]
    assert "ci" not in first["environment"]
    address = "https://github.com/example/gateway/actions/runs/4711"
    assert second["environment"]["ci"] == {"name": "GitHub Actions", "url": address}
    assert GITHUB["GITHUB_TOKEN"] not in json.dumps(second)


@pytest.mark.e2e
def test_two_runs_compare_line_by_line(runs: tuple[Path, Path]) -> None:
    first, second = map(document, runs)
    assert [entry["id"] for entry in first["verdicts"]] == [entry["id"] for entry in second["verdicts"]]
    assert [list(entry) for entry in first["verdicts"]] == [list(entry) for entry in second["verdicts"]]
    assert list(first) == list(second)
    ids = [entry["id"] for entry in first["verdicts"]]
    assert ids == sorted(set(ids))
    assert diff(first, second).changes == ()
    lines = (runs[0] / "run.json").read_text("utf-8").splitlines()
    assert sum(line.startswith('{"id":') for line in lines) == len(ids)


@pytest.mark.e2e
def test_a_verdict_lists_its_tokens_and_its_own_model(runs: tuple[Path, Path]) -> None:
    entries = {entry["id"]: entry for entry in document(runs[0])["verdicts"]}
    text = entries["messages/text/system-and-user[stream=true]"]
    assert text["tokens"]["input"] > 0
    assert text["tokens"]["output"] > 0
    assert "model" not in text
    own = {entry["model"] for entry in entries.values() if entry["family"] == "matrix"}
    assert own == {"reference-mini"}
    table = {(share.endpoint, share.model) for share in scores.by_endpoint(document(runs[0]))}
    assert {("messages", "reference-large"), ("messages", "reference-mini")} <= table


@pytest.mark.e2e
def test_the_lines_beside_it_say_the_same(runs: tuple[Path, Path]) -> None:
    for folder in runs:
        head, *entries = [
            json.loads(line) for line in (folder / "verdicts.jsonl").read_text("utf-8").splitlines()
        ]  # fmt: skip
        run = json.loads((folder / "run.json").read_text("utf-8"))
        observed_names.restore(run)
        assert (head["format"], head["started"]) == (run["format"], run["started"])
        controls = [control for entry in entries for control in entry.pop("controls", [])]
        assert controls == run.get("controls", [])
        assert sorted(entries, key=lambda entry: str(entry["id"])) == run["verdicts"]


@pytest.mark.e2e
@pytest.mark.skipif(JQ is None, reason="no jq is installed; apt-get install jq")
def test_jq_reads_both(runs: tuple[Path, Path]) -> None:
    assert JQ is not None
    run = document(runs[0])
    for query, file, expected in (
        (".summary.passed", "run.json", [str(run["summary"]["passed"])]),
        (".verdicts[].id", "run.json", [entry["id"] for entry in run["verdicts"]]),
        ("select(.outcome == \"failed\") | .id", "verdicts.jsonl", []),
    ):  # fmt: skip
        found = subprocess.run([JQ, "-r", query, str(runs[0] / file)], capture_output=True, text=True, check=True)
        assert found.stdout.splitlines() == expected


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, None),
        (
            {"GITLAB_CI": "true", "CI_JOB_URL": "https://gitlab.example/j/1"},
            ("GitLab CI", "https://gitlab.example/j/1"),
        ),
        (
            {"JENKINS_URL": "x", "BUILD_URL": "https://me:secret@ci.example/1?t=s#f"},
            ("Jenkins", "https://ci.example/1"),
        ),
        ({"CIRCLECI": "true"}, ("CircleCI", "")),
        ({"BUILDKITE": "true", "BUILDKITE_BUILD_URL": "javascript:alert(1)"}, ("Buildkite", "")),
        ({"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "1"}, ("GitHub Actions", "")),
    ],
)
def test_where_the_run_is_seen(variables: dict[str, str], expected: tuple[str, str] | None) -> None:
    found = provenance.environment(variables)
    assert found.get("ci") == (expected and {"name": expected[0], "url": expected[1]})


def test_the_key_is_in_no_option() -> None:
    key = "sk-secret-4711-canary"
    told = Provenance("none", {"-k": f"not {key}", "--retries": 3}, {"ci": {"url": f"https://h/{key}"}}).document(key)
    assert key not in json.dumps(told)
    assert told["options"]["--retries"] == 3
