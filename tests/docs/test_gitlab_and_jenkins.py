"""The examples for GitLab and Jenkins: the linter accepts them, and their shell steps run."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from conformance.reference import DEFAULT_KEY, reference_gateway
from tests.support import suite
from tests.support.paths import ROOT

GITLAB = ROOT / "docs" / "ci" / "gitlab-ci.yml"
JENKINS = ROOT / "docs" / "ci" / "Jenkinsfile"
STEPS = re.findall(r"sh '''\n(.*?)'''", JENKINS.read_text("utf-8"), re.DOTALL)
INSTALL = "pip install gateway_conformance-*.whl"
"""The line that is left out here; tests/docs/test_wheel.py installs the wheel."""


def lint(*files: Path) -> subprocess.CompletedProcess[str]:
    """Checks files against GitLab's own schema, which check-jsonschema contains."""
    check = ("-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
    return subprocess.run([sys.executable, *check, *map(str, files)], capture_output=True, text=True, check=False)


@pytest.mark.e2e
def test_the_linter_accepts_the_job(tmp_path: Path) -> None:
    found = lint(GITLAB)
    assert found.returncode == 0, found.stdout
    text = GITLAB.read_text("utf-8")
    for number, (old, new) in enumerate((("codequality:", "codequalty:"), ("when: always", "when: sometimes"))):
        (tmp_path / f"wrong{number}.yml").write_text(text.replace(old, new), "utf-8")
        assert lint(tmp_path / f"wrong{number}.yml").returncode == 1


def test_the_files_name_the_reports_that_the_steps_write() -> None:
    job = yaml.safe_load(GITLAB.read_text("utf-8"))["gateway-conformance"]
    written = " ".join([*job["script"], *job["after_script"]])
    assert all(f"={path}" in written or f"-o {path}" in written for path in job["artifacts"]["reports"].values())
    assert job["before_script"] == [INSTALL]
    assert any(INSTALL in step for step in STEPS)


def test_the_pipeline_of_jenkins_is_balanced() -> None:
    text = re.sub(r"'''.*?'''|'[^'\n]*'|//[^\n]*", "", JENKINS.read_text("utf-8"), flags=re.DOTALL)
    opened: list[str] = []
    for sign in re.findall(r"[][(){}]", text):
        if sign in "[({":
            opened.append(sign)
        else:
            assert f"{opened.pop()}{sign}" in ("[]", "()", "{}")
    assert not opened
    assert "'" not in text
    assert len(STEPS) == 3


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with reference_gateway(["messages-message-stop-lost"]) as running:
        yield running.base_url


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A folder with the suite in its .venv, and a few cases in the file of options."""
    stream = suite.case("stream").replace("$model,", "$model, stream: true,")
    cases = suite.library(tmp_path / "cases", suite.case("one"), stream)
    (tmp_path / "gateway-conformance.toml").write_text(f'cases = "{cases}"\n', "utf-8")
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def shell(script: str, folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    more = {"PATH": tools, "GATEWAY_URL": url, "GATEWAY_API_KEY": DEFAULT_KEY, "TIER": "full"}
    return subprocess.run(
        ["/bin/sh", "-ec", script], cwd=folder, env=suite.environment(**more), capture_output=True, text=True,
        timeout=180, check=False,
    )  # fmt: skip


def failed_tests(folder: Path) -> int:
    found = ElementTree.parse(folder / "report" / "junit.xml").getroot()
    assert found.findall(".//testcase")
    return len(found.findall(".//failure"))


@pytest.mark.e2e
def test_the_job_of_gitlab_reports_the_problem(url: str, workspace: Path) -> None:
    job = yaml.safe_load(GITLAB.read_text("utf-8"))["gateway-conformance"]
    ran = shell("\n".join(job["script"]), workspace, url)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    after = shell("\n".join(job["after_script"]), workspace, url)
    assert after.returncode == 0, after.stderr
    assert failed_tests(workspace) == 1
    [one] = json.loads((workspace / "report" / "code-quality.json").read_text("utf-8"))
    assert (one["check_name"], one["severity"]) == ("messages.stream.unfinished", "critical")
    assert one["location"]["path"] == "cases/probe.yaml"
    assert (workspace / "report" / "index.html").is_file()


@pytest.mark.e2e
def test_the_pipeline_of_jenkins_reports_the_problem(url: str, workspace: Path) -> None:
    install, run, report = STEPS
    assert INSTALL in install
    ran = shell(run, workspace, url)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    done = shell(report, workspace, url)
    assert done.returncode == 0, done.stderr
    assert failed_tests(workspace) == 1
    assert (workspace / "report" / "index.html").is_file()
    assert shell(report, workspace / "cases", url).returncode == 0
