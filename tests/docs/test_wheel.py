"""The wheel: installed in a fresh environment, and run in an empty folder without the sources."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from conformance import plugin
from conformance.core import data_files
from conformance.reference import DEFAULT_KEY, reference_gateway
from conformance.suite.load import load_cases
from tests.support.paths import ROOT

FEW = "messages/text and (system or prefilled)"
PATIENCE = 300


def sh(*command: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a command without environment variables that point to this checkout or to a gateway."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "PYTEST_"))}
    outside.pop("PYTHONPATH", None)
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd, env={**outside, **more}, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def wheel(source: Path, folder: Path) -> Path:
    """The wheel of a source tree or archive, built by the project's own backend."""
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    made = sh(*pip, "--wheel-dir", folder, source, cwd=ROOT)
    assert made.returncode == 0, made.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dist")


@pytest.fixture(scope="module")
def built(dist: Path) -> Path:
    return wheel(ROOT, dist)


@pytest.fixture(scope="module")
def programs(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `bin` folder of a fresh environment in which the wheel is installed, by the pip of this environment."""
    environment = tmp_path_factory.mktemp("fresh") / "venv"
    assert sh(sys.executable, "-m", "venv", "--without-pip", environment, cwd=ROOT).returncode == 0
    pip = (sys.executable, "-m", "pip", "--python", environment / "bin" / "python")
    got = sh(*pip, "install", "--quiet", "--constraint", ROOT / ".ci" / "constraints.txt", built, cwd=environment)
    assert got.returncode == 0, got.stderr
    assert sh(*pip, "check", cwd=environment).returncode == 0
    return environment / "bin"


def names(path: Path) -> set[str]:
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


@pytest.mark.e2e
def test_it_carries_every_case_schema_and_client(built: Path) -> None:
    inside = names(built)
    for kind in ("cases", "schemas", "clients"):
        files = [path for path in data_files.folder(kind).rglob("*") if path.is_file()]
        assert files
        assert inside >= {f"conformance/{kind}/{path.relative_to(data_files.folder(kind))}" for path in files}
    assert not [name for name in inside if not name.startswith(("conformance/", "gateway_conformance-"))]
    assert "conformance/py.typed" in inside


@pytest.mark.e2e
def test_the_source_archive_makes_the_same_wheel(built: Path, tmp_path: Path) -> None:
    made = sh(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path, cwd=ROOT)
    assert made.returncode == 0, made.stderr
    [archive] = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        inside = {name.partition("/")[2] for name in packed.getnames()}
    wanted = {"conftest.py", "tests/docs/test_wheel.py", "docs/ci.md", "schemas/report.schema.json", "README.md"}
    assert inside >= wanted
    assert names(wheel(archive, tmp_path)) == names(built)


@pytest.mark.e2e
def test_it_judges_the_reference_gateway_from_an_empty_folder(programs: Path, tmp_path: Path) -> None:
    ran = sh(programs / "pytest", "--pyargs", "conformance", "-k", FEW, cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "reference gateway at http://127.0.0.1:" in ran.stdout
    text = (tmp_path / "reports" / "latest" / "run.json").read_text("utf-8")
    assert str(programs.parent) not in text
    verdicts = json.loads(text)["verdicts"]
    assert verdicts
    assert {entry["file"].split("/")[0] for entry in verdicts} == {"cases"}
    again = sh(programs / "gateway-conformance", "verify", "reports/latest/run.json", cwd=tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.startswith(f"{len(verdicts)} verdicts reproduced, 0 differ")


@pytest.mark.e2e
def test_it_fails_a_gateway_that_is_wrong(programs: Path, tmp_path: Path) -> None:
    command = (programs / "pytest", "--pyargs", "conformance", "-k", FEW)
    with reference_gateway(["messages-block-stop-lost"]) as running:
        ran = sh(*command, f"--gateway-url={running.base_url}", cwd=tmp_path, GATEWAY_API_KEY=DEFAULT_KEY)
    assert ran.returncode == 1, ran.stdout + ran.stderr


@pytest.mark.e2e
def test_the_console_script_knows_the_same_cases(programs: Path, tmp_path: Path) -> None:
    told = sh(programs / "gateway-conformance", "cases", "--json", cwd=tmp_path)
    assert told.returncode == 0, told.stderr
    assert [entry["id"] for entry in json.loads(told.stdout)] == [
        case.id for case in load_cases(data_files.folder("cases"))
    ]


@pytest.mark.e2e
def test_other_projects_are_not_affected(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own():\n    assert True\n", "utf-8")
    ran = sh(programs / "pytest", "-W", "error", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "conformance ====" not in ran.stdout
    assert not (tmp_path / "reports").exists()


def said(ran: subprocess.CompletedProcess[str]) -> tuple[int, list[str]]:
    """The exit code, and the lines of the error."""
    return ran.returncode, [line.removeprefix("ERROR: ") for line in ran.stderr.splitlines() if line]


@pytest.mark.e2e
def test_an_absent_package_is_named_in_one_sentence(programs: Path, tmp_path: Path) -> None:
    """The extras are not installed; allure-pytest is, and is removed. A gateway is judged without all of them."""
    run = (programs / "pytest", "--pyargs", "conformance", "-k", FEW)
    absent = "is not installed; install"
    assert said(sh(*run, "--gateway-http2", cwd=tmp_path)) == (
        4, [f"--gateway-http2: the package h2 {absent} gateway-conformance[http2]"]
    )  # fmt: skip
    assert said(sh(programs / "gateway-conformance", "completion", "bash", cwd=tmp_path)) == (
        2, [f"gateway-conformance: completion: the package shtab {absent} gateway-conformance[completion]"]
    )  # fmt: skip
    pip = (sys.executable, "-m", "pip", "--python", programs / "python")
    gone = sh(*pip, "uninstall", "--quiet", "--yes", "allure-pytest", "allure-python-commons", cwd=tmp_path)
    assert gone.returncode == 0, gone.stderr
    assert said(sh(*run, "--alluredir=allure", cwd=tmp_path)) == (
        4,
        ["--alluredir: the package allure-pytest is not installed, or is disabled; install it"],
    )
    judges_a_gateway_by_its_address(run, tmp_path)


def judges_a_gateway_by_its_address(run: tuple[str | Path, ...], folder: Path) -> None:
    with reference_gateway() as running:
        ran = sh(*run, f"--gateway-url={running.base_url}", cwd=folder, GATEWAY_API_KEY=DEFAULT_KEY)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    document = json.loads((folder / "reports" / "latest" / "run.json").read_text("utf-8"))
    assert document["gateway"]["base_url"] == running.base_url
    assert document["summary"] == {"passed": len(document["verdicts"])}


def test_the_plugin_is_registered_once(pytestconfig: pytest.Config) -> None:
    found = [one for _, one in pytestconfig.pluginmanager.list_name_plugin() if isinstance(one, ModuleType)]
    assert found.count(plugin) == 1
