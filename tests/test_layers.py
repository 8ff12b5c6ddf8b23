"""Packages import only what the table allows, and the reference servers share no code with the judge."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PACKAGE = ROOT / "conformance"

MAY_IMPORT = {
    "core": "",
    "protocol": "core",
    "target": "core protocol",
    "suite": "core protocol target",
    "client": "core protocol target",
    "records": "core protocol target",
    "judge": "core protocol target suite",
    "analysis": "core protocol target suite client records judge",
    "doctor": "core protocol reference",
    "real_clients": "core",
    "run": "core protocol target suite client records judge analysis doctor reference real_clients",
    "report": "core protocol records analysis doctor",
    "plugin": "core suite client records analysis run report real_clients",
    "cli": "core protocol target suite records analysis doctor run report reference",
    "reference": "core",
}
"""Package -> the packages that it may import."""

ABOVE_ALL = {
    "": "",
    "__main__": "cli",
    "test_gateway": "core plugin",
    "test_sdk": "real_clients",
    "test_agents": "real_clients",
}
"""The modules beside the packages: the root's docstring, and the tests that pytest collects."""


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def package_of(path: Path) -> str:
    """The package that a file belongs to; "" for the root's own."""
    first = path.relative_to(PACKAGE).with_suffix("").parts[0]
    return "" if first == "__init__" else first


def imported(path: Path) -> Iterator[str]:
    """The packages of this project that a file imports."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "conformance":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("conformance."):
            yield (node.module or "").split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("conformance."))


def test_a_file_imports_only_what_its_package_may() -> None:
    found = {path: {*imported(path)} for path in modules()}
    assert len(found) > 100
    allowed = {own: {*others.split(), own} for own, others in {**MAY_IMPORT, **ABOVE_ALL}.items()}
    wrong = {str(path): names - allowed[package_of(path)] for path, names in found.items()}
    assert {path: names for path, names in wrong.items() if names} == {}


def test_the_table_has_no_circle() -> None:
    below: set[str] = set()
    left = {name: set(may.split()) for name, may in MAY_IMPORT.items()}
    while ready := {name for name, may in left.items() if may <= below}:
        below |= ready
        left = {name: may for name, may in left.items() if name not in ready}
    assert not left


def test_every_package_has_a_row() -> None:
    assert {package_of(path) for path in modules()} == {*MAY_IMPORT, *ABOVE_ALL}


PURE = {"asyncio", "concurrent", "httpx", "queue", "socket", "ssl", "subprocess", "threading", "time"}
"""Modules that send, wait or read the clock."""


@pytest.mark.parametrize("path", sorted((PACKAGE / "judge").rglob("*.py")), ids=lambda path: path.stem)
def test_the_judge_is_pure(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} & PURE == set()
    assert "conformance.target.target" not in names, "it holds the key and the address"
    assert not {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & {"now", "today", "utcnow"}


def test_only_the_client_speaks_http() -> None:
    speakers = {package_of(path) for path in modules() if "import httpx" in path.read_text("utf-8")}
    assert speakers == {"client", "reference"}


def test_only_the_plugin_knows_pytest() -> None:
    users = {package_of(path) for path in modules() if "import pytest" in path.read_text("utf-8")}
    assert users == {"plugin", "test_gateway", "test_sdk", "test_agents"}


@pytest.mark.parametrize("top", ["conformance", "tests", "schemas", "clients", "benchmarks", "docs", "reports"])
def test_a_folder_is_small_enough_to_be_read(top: str) -> None:
    """The folders of faults are data, with one file for each kind of mistake."""
    files = [path for path in (ROOT / top).rglob("*") if path.is_file() and not _NOT_OURS & {*path.parts}]
    number = Counter(path.parent.relative_to(ROOT) for path in files)
    assert number
    assert {folder for folder, count in number.items() if count > MOST_FILES and "faults" not in folder.parts} == set()


MOST_FILES = 35
_NOT_OURS = {"__pycache__", "latest"}
"""Folders with files that runs write."""
