"""The published reports are reproducible, the comparison is up to date, and no machine or key is named."""

from __future__ import annotations

import gzip
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from conformance.analysis import comparison, problems, rejudge
from conformance.analysis.judgement import judged, load_judgement
from conformance.core import data_files
from conformance.core.model import JSON
from conformance.records.run_file import read_run
from conformance.report import comparison_markdown, findings_page
from conformance.report.html import comparison as html
from tests.support.paths import ROOT

pytestmark = pytest.mark.e2e

FOLDER = ROOT / "reports" / "published"
REPORTS = sorted(FOLDER.glob("*.json.gz"))
[PAGE] = re.findall(r"^```sh\n(.*?)^```", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
"""The commands of the page."""
MAX_BYTES = 3 << 19
MAX_PROBLEMS = 45
"""The most problems that LiteLLM's report may have: a person looks into each."""
STALE = "stale; run: reports/published/pages.sh"
OF_A_MACHINE = re.compile(r"/(?:tmp|home|root|work|usr|opt|var)/|site-packages|\.internal\b|\bpypi\b|npmjs")
KEY = re.compile(r"sk-[0-9a-f]{32}")
"""The keys that make.sh generates."""


def test_there_are_reports_of_six_gateways() -> None:
    assert len({run_of(path)["gateway"]["name"].split(",")[0] for path in REPORTS}) >= 6


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.name)
def test_a_report_has_the_steps_that_made_it(path: Path) -> None:
    """The folder of the gateway, and the row of the report in the table of the page."""
    assert f"| `{path.name}` |" in (FOLDER / "README.md").read_text("utf-8")
    [steps] = [start.parent for start in (ROOT / "docs").glob("*/start.sh") if path.name.startswith(start.parent.name)]
    assert os.access(steps / "start.sh", os.X_OK)
    assert f"docs/{steps.name}/README.md" in (FOLDER / "README.md").read_text("utf-8")
    assert (steps / "README.md").is_file()


@cache
def run_of(path: Path) -> JSON:
    """A report, read once for all tests of this file, which leave it as it is."""
    return problems.with_problems(read_run(path))


@pytest.mark.parametrize("path", [path for path in REPORTS if path.name not in PAGE], ids=lambda path: path.name)
def test_a_report_is_judged_again_to_the_same_verdicts(path: Path) -> None:
    """The report that the page's own commands judge again is left to them, in test_the_commands_of_the_page_run."""
    run = run_of(path)
    found = rejudge.verify(run, rejudge.cases(run, data_files.folder("cases")))
    assert found.differences == (), "stale; run: reports/published/make.sh"
    assert found.same > 400


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.name)
def test_a_report_contains_no_key_and_no_local_path(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()).decode()
    assert path.stat().st_size < MAX_BYTES
    assert OF_A_MACHINE.findall(text) == []
    assert KEY.findall(text) == []
    told = run_of(path)["gateway"]
    assert told["name"]
    assert told["version"]
    assert told["version"] in path.name


def test_the_comparison_is_fresh() -> None:
    found = comparison.compare([run_of(path) for path in REPORTS])
    for name, text in (("comparison.md", comparison_markdown.render(found)), ("comparison.html", html.render(found))):
        there = (FOLDER / name).read_text("utf-8")
        assert there.rstrip("\n") == text.rstrip("\n"), f"{name} is {STALE}"


def test_every_problem_of_litellm_is_explained() -> None:
    """docs/litellm/findings.md explains each problem of the report, and is up to date."""
    judgement = load_judgement(ROOT / "docs" / "litellm" / "judgement.yaml")
    found = judged(run_of(FOLDER / "litellm-1.106.2.json.gz"), judgement)
    assert len(found) <= MAX_PROBLEMS
    there = (ROOT / "docs" / "litellm" / "findings.md").read_text("utf-8")
    assert there.rstrip("\n") == findings_page.render(judgement, found).rstrip("\n"), f"findings.md is {STALE}"


def test_the_commands_of_the_page_run(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "reports").symlink_to(ROOT / "reports")
    done = subprocess.run(
        ["bash", "-eu", "-c", PAGE],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [same] = re.findall(r"^([\d,]+) verdicts reproduced, 0 differ", done.stdout, re.MULTILINE)
    assert int(same.replace(",", "")) > 400
    assert (tmp_path / "litellm.html").is_file()
