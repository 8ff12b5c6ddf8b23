"""Follows docs/writing-cases.md step by step, in a copy of the cases."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PAGE = (ROOT / "docs" / "writing-cases.md").read_text("utf-8")
FILES = dict(re.findall(r"```yaml\n# (cases/\S+)\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = re.findall(r"```console\n\$ (.*?)\n```", PAGE)


def with_files(folder: Path) -> Path:
    """Writes all files of the page into a folder. No requirement set contains their cases."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of all cases, with the files of the page."""
    folder = tmp_path_factory.mktemp("whole")
    shutil.copytree(ROOT / "cases", folder / "cases")
    return with_files(folder)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the page, and the fragments of their folders."""
    folder = with_files(tmp_path_factory.mktemp("copy"))
    for path in {(ROOT / name).parent for name in FILES}:
        for fragments in path.glob("_*.yaml"):
            shutil.copy(fragments, folder / fragments.relative_to(ROOT))
    return folder


def run(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], cwd=copy, capture_output=True, text=True, check=False, timeout=120)


def judged(copy: Path, *chosen: str) -> subprocess.CompletedProcess[str]:
    test = str(ROOT / "conformance" / "test_gateway.py")
    where = ("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT), "--report-dir", str(copy / "reports"))
    return run(copy, "-m", "pytest", test, *chosen, *where, "--cases", str(copy / "cases"), "-p", "no:cacheprovider")


def test_the_page_shows_files_and_commands() -> None:
    assert list(FILES) == [
        "cases/messages/handbook.yaml", "cases/messages/handbook-errors.yaml", "cases/responses/handbook.yaml",
        "cases/upstream/handbook.yaml",
    ]  # fmt: skip
    assert COMMANDS == [
        "gateway-conformance cases cases --lint",
        "pytest conformance/test_gateway.py -q -k handbook --gateway-set=none",
    ]  # fmt: skip


@pytest.mark.e2e
def test_the_linter_accepts_the_cases_of_the_page(whole: Path) -> None:
    done = run(whole, "-m", "conformance.cli", *COMMANDS[0].split()[1:])
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert " 0 problems" in done.stdout


@pytest.mark.e2e
def test_the_cases_of_the_page_pass(copy: Path) -> None:
    done = judged(copy, *COMMANDS[1].split()[2:])
    assert "7 passed" in done.stdout, done.stdout
    assert done.returncode == 0


@pytest.mark.e2e
def test_the_broken_case_of_the_page_fails_and_shows_why(copy: Path) -> None:
    file = copy / "cases" / "messages" / "handbook.yaml"
    right = file.read_text("utf-8")
    file.write_text(right.replace("contains: $canary", "lacks: $canary"), "utf-8")
    try:
        done = judged(copy, "-q", "-k", "handbook and system-prompt-known", "--set=none")
    finally:
        file.write_text(right, "utf-8")
    assert done.returncode == 1
    assert "2 failed" in done.stdout
    assert "curl" in done.stdout
    assert "case.answer-text" in done.stdout


@pytest.mark.parametrize("word", sorted(set(re.findall(r"`([a-z_]+)`", PAGE.split("## More fields")[1]))))
def test_every_field_of_the_page_is_in_the_schema(word: str) -> None:
    assert f'"{word}"' in (ROOT / "schemas" / "case.schema.json").read_text("utf-8")
