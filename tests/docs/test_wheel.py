"""The wheel and the source archive have all files of the suite. tests/docs/test_ci_kit.py runs what is installed."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

from conformance import plugin
from conformance.core import data_files
from tests.support.paths import ROOT

PATIENCE = 300


def sh(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command], cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the source tree, made by pip with the project's own backend."""
    folder = tmp_path_factory.mktemp("dist")
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    made = sh(*pip, "--wheel-dir", folder, ROOT)
    assert made.returncode == 0, made.stderr
    return next(folder.glob("*.whl"))


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
    """Without another option, uv builds the source archive, and then the wheel from this archive."""
    build = (sys.executable, "-m", "uv", "build", "--no-build-isolation", "--python", sys.executable)
    made = sh(*build, "--out-dir", tmp_path, ROOT)
    assert made.returncode == 0, made.stderr
    [archive] = tmp_path.glob("*.tar.gz")
    [from_archive] = tmp_path.glob("*.whl")
    with tarfile.open(archive) as packed:
        inside = {name.partition("/")[2] for name in packed.getnames()}
    wanted = {"conftest.py", "tests/docs/test_wheel.py", "docs/ci.md", "schemas/report.schema.json", "README.md"}
    assert inside >= wanted
    assert names(from_archive) == names(built)


def test_the_plugin_is_registered_once(pytestconfig: pytest.Config) -> None:
    found = [one for _, one in pytestconfig.pluginmanager.list_name_plugin() if isinstance(one, ModuleType)]
    assert found.count(plugin) == 1
