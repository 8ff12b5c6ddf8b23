"""Runs the commands of the documentation, and checks its examples and links."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from conformance.reference import DEFAULT_KEY, reference_gateway
from conformance.reference.faults import FAULTS
from conformance.suite.load import load_cases
from conformance.target.profile import load_profile
from tests.support import suite
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text("utf-8")
INSTALLS = ("python3 -m venv", ".venv/bin/pip install")
"""Installation commands, which are skipped here; .ci/run runs them."""


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the project with a few cases, its compiled files, and this environment as its .venv."""
    copy = tmp_path / "checkout"
    ignored = shutil.ignore_patterns(".git", ".venv", "*.egg-info", ".*_cache", "latest", "cases")
    shutil.copytree(ROOT, copy, ignore=ignored)
    suite.part(copy / "cases", "messages/text.yaml")
    for table in (ROOT / "cases").glob("_*"):
        shutil.copy(table, copy / "cases")
    (copy / ".venv").symlink_to(sys.prefix)
    return copy


@pytest.fixture
def example_gateway(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The values of the README's placeholders: a running gateway, its key and its model."""
    monkeypatch.delenv("GATEWAY_API_KEY", raising=False)
    with reference_gateway() as running:
        yield {
            "https://gateway.example/v1": running.base_url,
            "sk-your-key": DEFAULT_KEY,
            "your-model": running.models[0],
        }


@pytest.mark.e2e
def test_the_readmes_commands_run(checkout: Path, example_gateway: dict[str, str]) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment.pop("GATEWAY_API_KEY", None)
    environment["PYTHONPATH"] = str(checkout)  # replaces the installation, whose lines are skipped
    environment["PYTEST_ADDOPTS"] = "-k system"  # a few cases of each run
    found = blocks(README, "sh")
    assert found
    for block in found:
        script = "\n".join(line for line in block.splitlines() if not line.startswith(INSTALLS))
        for placeholder, value in example_gateway.items():
            script = script.replace(placeholder, value)
        result = subprocess.run(
            ["bash", "-eu", "-c", script], cwd=checkout, env=environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, f"{block}\n{result.stdout}\n{result.stderr}"


def test_the_readme_installs_as_ci_does() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "-m venv" in script
    assert "pip install -e ." in README


def test_the_readmes_case_is_a_case(tmp_path: Path) -> None:
    folder = tmp_path / "messages"
    folder.mkdir()
    (folder / "tools.yaml").write_text(blocks(README, "yaml")[0], "utf-8")
    shutil.copy(ROOT / "cases" / "messages" / "_fragments.yaml", folder)
    assert len(load_cases(tmp_path)) == 2


def test_the_example_profile_is_a_profile(tmp_path: Path) -> None:
    path = tmp_path / "profile.yaml"
    path.write_text(blocks((ROOT / "docs" / "profile.md").read_text("utf-8"), "yaml")[0], "utf-8")
    assert load_profile(path).claims("vision") is True


def test_the_faults_in_the_ci_page_exist() -> None:
    named = re.findall(r"--fault[ =]([a-z0-9-]+)", (ROOT / "docs" / "ci.md").read_text("utf-8"))
    assert named
    assert set(named) <= FAULTS.keys()


@cache
def known_anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", sorted(ROOT.glob("**/*.md")), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for target, anchor in set(re.findall(r"\]\(([^)#:]*)(?:#([^)]*))?\)", path.read_text("utf-8"))):
        page = path.parent / target if target else path
        assert page.exists(), f"{path.name} links to {target}"
        assert not anchor or anchor in known_anchors(page), f"{path.name} links to {target}#{anchor}"


def test_ci_pins_what_it_installs() -> None:
    lines = (ROOT / ".ci" / "constraints.txt").read_text("utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.+]+", pin) for pin in pins)
    wanted = {"pytest", "httpx", "jsonschema", "starlette", "uvicorn", "ruff", "mypy"}
    assert {pin.partition("==")[0].lower() for pin in pins} >= wanted
