"""Requirement sets: frozen cases keep their level, later cases only warn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance.core import data_files
from conformance.core.model import Case
from conformance.core.yaml_input import InputError, read_yaml
from conformance.suite import requirement_sets
from conformance.suite.load import load_cases
from conformance.suite.requirement_sets import CaseSet, load_set

OLD = "cases:\n  messages/text/one: must\n"
NEW = "cases:\n  messages/text/one: should\n"


def case(id_: str, level: str = "must") -> Case:
    marks = ("messages", level, "streaming")
    return Case(id_, "", "messages", "text", "messages", "must", "", (), (), "x.yaml", 1, {}, marks)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "2026-01-01.yaml").write_text(OLD, "utf-8")
    (tmp_path / "sets" / "2026-02-01.yaml").write_text(NEW, "utf-8")
    return tmp_path


def test_the_newest_set_is_the_default(folder: Path) -> None:
    assert requirement_sets.names(folder) == ("2026-02-01", "2026-01-01")
    assert load_set(folder) == CaseSet("2026-02-01", {"messages/text/one": "should"})
    assert load_set(folder, "2026-01-01") == CaseSet("2026-01-01", {"messages/text/one": "must"})
    assert load_set(folder, "none") is None


def test_a_folder_without_sets_has_none(tmp_path: Path) -> None:
    assert load_set(tmp_path) is None


def test_an_unknown_set_is_refused_with_those_that_are_known(folder: Path) -> None:
    with pytest.raises(InputError, match="known sets: 2026-02-01, 2026-01-01, none"):
        load_set(folder, "2025-01-01")


@pytest.mark.parametrize("text", ["cases: [a]\n", "cases: {messages/text/one: may}\n", "cases: {one: must}\n", "{}\n"])
def test_a_mistake_in_a_set_is_one_sentence(folder: Path, text: str) -> None:
    (folder / "sets" / "2026-03-01.yaml").write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"2026-03-01.yaml:1: "):
        load_set(folder)


def test_what_is_frozen_has_the_level_of_its_set_in_all_its_tests() -> None:
    spread = case("messages/text/one[stream=true]")
    (counted,) = requirement_sets.under([spread], CaseSet("d", {"messages/text/one": "must"}))
    assert counted == spread
    (lowered,) = requirement_sets.under([spread], CaseSet("d", {"messages/text/one": "should"}))
    assert lowered == replace(spread, level="should", marks=("messages", "streaming", "should"))


def test_later_cases_can_only_warn() -> None:
    (lowered,) = requirement_sets.under([case("messages/text/two")], CaseSet("d", {"messages/text/one": "must"}))
    assert lowered.level == "should"
    assert lowered.marks == ("messages", "streaming", "should", requirement_sets.LATER)


def test_without_a_set_the_files_count() -> None:
    cases = (case("messages/text/one"), case("messages/text/two"))
    assert requirement_sets.under(cases, None) == cases


def test_a_frozen_set_is_read_back(tmp_path: Path) -> None:
    cases = [case("messages/text/one[stream=true]"), case("messages/text/one[stream=false]"), case("messages/text/b")]
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "2026-01-01.yaml").write_text("\n".join(requirement_sets.frozen(cases)), "utf-8")
    chosen = load_set(tmp_path)
    assert chosen == CaseSet("2026-01-01", {"messages/text/one": "must", "messages/text/b": "must"})
    assert requirement_sets.under(cases, chosen) == tuple(cases)


def test_the_newest_set_of_the_suite_counts_every_case() -> None:
    folder = data_files.folder("cases")
    chosen = load_set(folder)
    assert chosen is not None
    assert read_yaml(folder / "sets" / f"{chosen.date}.yaml", "set.schema.json").value["cases"]
    later = [
        counted.id
        for counted in requirement_sets.under(load_cases(folder), chosen)
        if requirement_sets.LATER in counted.marks
    ]
    assert later == []
