"""Runs the commands of docs/reports.md."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conformance.analysis.known_failures import load_known_failures
from conformance.cli import main
from conformance.judge import contract
from conformance.records.jsonl import read_jsonl
from tests.support import example_runs
from tests.support.paths import ROOT
from tests.support.suite import environment

TEXT = (ROOT / "docs" / "reports.md").read_text("utf-8")
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL) for line in block.splitlines()
]
PROGRAMS = {
    "pytest": [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(ROOT / "conformance" / "test_gateway.py")],
    "allure": [path] if (path := shutil.which("allure")) else [],
    "jq": [path] if (path := shutil.which("jq")) else [],
}
"""The programs of the other commands. Allure and jq are optional, because they are not part of the project."""
WRITTEN = (
    "report.html", "comment.md", "comparison.md", "comparison.html", "badge.json", "badge.svg", "known.yaml",
    "history.html", "junit.xml",
    *(("history.jsonl", "allure-report/index.html") if PROGRAMS["allure"] else ()),
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the two runs of the page, and a folder with nightly runs."""
    made = tmp_path_factory.mktemp("docs")
    (made / "nights").mkdir()
    shutil.copytree(ROOT / "docs" / "ci", made / "docs" / "ci")
    for name, document in (("old", example_runs.clean()), ("new", example_runs.worse())):
        (made / f"{name}.json").write_text(json.dumps(document), "utf-8")
        (made / "nights" / f"{name}.json").write_text(json.dumps(document), "utf-8")
    return made


@pytest.mark.e2e
def test_the_commands_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(COMMANDS) >= 10
    monkeypatch.chdir(folder)
    for command in COMMANDS:
        run(command)
    for written in WRITTEN:
        assert (folder / written).stat().st_size > 0, written


def run(command: str) -> None:
    """Runs a command; one of the suite in this process, and a run of pytest with the cases of a tier."""
    program, *arguments = shlex.split(command)
    if program == "gateway-conformance":
        assert main(arguments) == 0, command
    elif PROGRAMS[program]:
        result = subprocess.run(
            [*PROGRAMS[program], *arguments],
            env=environment(PYTHONPATH=str(ROOT), PYTEST_ADDOPTS="--gateway-tier=standard"),
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert result.returncode == 0, command + result.stdout + result.stderr


def test_the_example_list_is_a_list(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(re.findall(r"^```yaml\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)[0], "utf-8")
    problem, entry = load_known_failures(path)
    assert problem.problem
    assert not list(problem.problem.unknown())
    assert entry.sometimes
    assert entry.model == "claude-*"


def test_the_example_line_is_an_exchange(tmp_path: Path) -> None:
    path = tmp_path / "traffic.jsonl"
    path.write_text(re.findall(r"^```json\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)[0], "utf-8")
    [(name, exchange)] = read_jsonl(path)
    assert name == "traffic.jsonl:1"
    assert (exchange.family, exchange.status) == ("chat_completions", 400)
    assert contract.findings(exchange) == ()
