"""ARCHITECTURE.md agrees with the code, and every path in it exists."""

from __future__ import annotations

import re

import pytest

from tests.support.paths import ROOT
from tests.test_layers import MAY_IMPORT

PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_packages_are_those_of_the_layers() -> None:
    table = {name.strip("`"): may for name, _, may in rows("Packages")}
    assert table == MAY_IMPORT


def test_ten_tasks_are_listed() -> None:
    assert len(rows("Where to make a change")) >= 10


@pytest.mark.parametrize("task", rows("Where to make a change"), ids=lambda row: row[0])
def test_a_task_leads_to_files_that_exist(task: list[str]) -> None:
    paths = re.findall("`([^`]+)`", " ".join(task[1:]))
    assert len(paths) >= 2
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_life_of_a_case_names_files_that_exist() -> None:
    section = PAGE.partition("## The life of one case\n")[2].partition("\n## ")[0]
    paths = [path for path in re.findall("`([a-z_/]+/(?:[a-z_]+\\.py)?)`", section) if not path.startswith("tests")]
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / "conformance" / path).exists()] == []


def test_it_is_one_page() -> None:
    assert len(PAGE.splitlines()) <= 100
