"""The published reports are reproducible, the comparison is up to date, and no machine or key is named."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from conformance.analysis import comparison, problems
from conformance.analysis.judgement import judged, load_judgement
from conformance.cli import intake
from conformance.core.model import JSON
from conformance.report import comparison_markdown, findings_page
from conformance.report.html import comparison as comparison_page
from tests.support.paths import ROOT

pytestmark = pytest.mark.e2e

FOLDER = ROOT / "reports" / "published"
REPORTS = sorted(FOLDER.glob("*.json.gz"))
[PAGE] = re.findall(r"^```sh\n(.*?)^```", (FOLDER / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
"""The commands of the page."""
MAX_BYTES = 3 << 19
MAX_PROBLEMS = 45
"""The most problems that LiteLLM's report may have: a person looks into each."""
PUT_INSTEAD = {"litellm-1.106.2": "claude-code-router-2.0.0"}
"""A report on the page -> a smaller one in its place; all of them are judged again here, and compared, in any case."""
STALE = "stale; run: reports/published/pages.sh"
OF_A_MACHINE = (r"/(?:tmp|home|root|work|usr|opt|var)/", "site-packages", r"\.internal\b", r"pypi\b", "npmjs")
"""Each pattern starts with fixed letters, which `re` finds fast; it finds one pattern of them all much slower."""
KEY = r"sk-[0-9a-f]{32}"
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
    """A report, parsed once for all tests of this file, which leave it as it is. The build of the site validates it."""
    return json.loads(gzip.decompress(path.read_bytes()))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the sites, and of the cache of their builds."""
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def build(folder: Path) -> Callable[[str], Path]:
    """Builds the site of the reports in a process with a hash seed; the first build judges all of them again."""

    @cache
    def built(seed: str) -> Path:
        output = folder / seed
        done = subprocess.run(
            [sys.executable, "-m", "conformance.cli", "site", "build", "reports/published", "-o", str(output)],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "XDG_CACHE_HOME": str(folder / "cache")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"stale; run: reports/published/make.sh\n{done.stdout}{done.stderr}"
        return output

    return built


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.name)
def test_a_report_is_judged_again_to_the_same_verdicts(path: Path, build: Callable[[str], Path]) -> None:
    """The build refuses a report whose verdicts differ."""
    assert (build("1") / "runs" / path.name).read_bytes() == path.read_bytes()
    assert sum(bool(entry["exchanges"]) for entry in run_of(path)["verdicts"]) > 400


def test_the_reports_make_a_site_of_the_same_bytes(build: Callable[[str], Path]) -> None:
    first, second = (contents(build(seed)) for seed in ("1", "2"))
    assert first == second
    html = {name: data.decode() for name, data in first.items() if name.endswith(".html")}
    assert len([name for name in html if name.startswith("gateways/")]) >= 6
    assert max(map(len, html.values())) < 300_000
    assert not [name for name, text in html.items() if re.search(r"file://|/tmp/", text.partition("<pre")[0])]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.name)
def test_a_report_contains_no_key_and_no_local_path(path: Path) -> None:
    text = gzip.decompress(path.read_bytes()).decode()
    assert path.stat().st_size < MAX_BYTES
    assert [found for pattern in (*OF_A_MACHINE, KEY) for found in re.findall(pattern, text)] == []
    told = run_of(path)["gateway"]
    assert told["name"]
    assert told["version"]
    assert told["version"] in path.name


def test_the_comparison_is_fresh(folder: Path, build: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """The problems are those that the build of the site has found in the exchanges."""
    build("1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    judged_again = intake.results(FOLDER, [path.name for path in REPORTS])
    found = comparison.compare([judged_again[path.name][1]["run"] for path in REPORTS])
    for name, text in (
        ("comparison.md", comparison_markdown.render(found)),
        ("comparison.html", comparison_page.render(found)),
    ):
        there = (FOLDER / name).read_text("utf-8")
        assert there.rstrip("\n") == text.rstrip("\n"), f"{name} is {STALE}"


def test_every_problem_of_litellm_is_explained() -> None:
    """docs/litellm/findings.md explains each problem of the report, and is up to date."""
    judgement = load_judgement(ROOT / "docs" / "litellm" / "judgement.yaml")
    found = judged(problems.with_problems(run_of(FOLDER / "litellm-1.106.2.json.gz")), judgement)
    assert len(found) <= MAX_PROBLEMS
    there = (ROOT / "docs" / "litellm" / "findings.md").read_text("utf-8")
    assert there.rstrip("\n") == findings_page.render(judgement, found).rstrip("\n"), f"findings.md is {STALE}"


def test_the_commands_of_the_page_run(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    published = tmp_path / "reports" / "published"
    published.mkdir(parents=True)
    for name in (*PUT_INSTEAD.values(), "lm-proxy-3.3.2"):
        (published / f"{name}.json.gz").symlink_to(FOLDER / f"{name}.json.gz")
    script = PAGE
    for named, other in PUT_INSTEAD.items():
        assert named in script
        script = script.replace(named, other)
    done = subprocess.run(
        ["bash", "-eu", "-c", script],
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
    assert done.stdout.count("| `claude-code-router` | `2.0.0` |") == done.stdout.count("| `lm-proxy` | `3.3.2` |") == 1
