"""Requirement sets: what was frozen counts as it was, what came later only warns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from conformance import data, library, sets, yamls
from conformance.model import Case
from conformance.sets import CaseSet
from conformance.yamls import InputError

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
    assert sets.names(folder) == ("2026-02-01", "2026-01-01")
    assert sets.load(folder) == CaseSet("2026-02-01", {"messages/text/one": "should"})
    assert sets.load(folder, "2026-01-01") == CaseSet("2026-01-01", {"messages/text/one": "must"})
    assert sets.load(folder, "none") is None


def test_a_folder_without_sets_has_none(tmp_path: Path) -> None:
    assert sets.load(tmp_path) is None


def test_an_unknown_set_is_refused_with_those_that_are_known(folder: Path) -> None:
    with pytest.raises(InputError, match="known are 2026-02-01, 2026-01-01, none"):
        sets.load(folder, "2025-01-01")


@pytest.mark.parametrize("text", ["cases: [a]\n", "cases: {messages/text/one: may}\n", "cases: {one: must}\n", "{}\n"])
def test_a_mistake_in_a_set_is_one_sentence(folder: Path, text: str) -> None:
    (folder / "sets" / "2026-03-01.yaml").write_text(text, "utf-8")
    with pytest.raises(InputError, match=r"2026-03-01.yaml:1: "):
        sets.load(folder)


def test_what_is_frozen_has_the_level_of_its_set_in_all_its_tests() -> None:
    spread = case("messages/text/one[stream=true]")
    (counted,) = sets.under([spread], CaseSet("d", {"messages/text/one": "must"}))
    assert counted == spread
    (lowered,) = sets.under([spread], CaseSet("d", {"messages/text/one": "should"}))
    assert lowered == replace(spread, level="should", marks=("messages", "streaming", "should"))


def test_what_came_later_can_only_warn() -> None:
    (lowered,) = sets.under([case("messages/text/two")], CaseSet("d", {"messages/text/one": "must"}))
    assert lowered.level == "should"
    assert lowered.marks == ("messages", "streaming", "should", sets.LATER)


def test_without_a_set_the_files_count() -> None:
    cases = (case("messages/text/one"), case("messages/text/two"))
    assert sets.under(cases, None) == cases


def test_what_is_frozen_is_what_is_read(tmp_path: Path) -> None:
    cases = [case("messages/text/one[stream=true]"), case("messages/text/one[stream=false]"), case("messages/text/b")]
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "2026-01-01.yaml").write_text("\n".join(sets.frozen(cases)), "utf-8")
    chosen = sets.load(tmp_path)
    assert chosen == CaseSet("2026-01-01", {"messages/text/one": "must", "messages/text/b": "must"})
    assert sets.under(cases, chosen) == tuple(cases)


def test_the_newest_set_of_the_suite_counts_every_case() -> None:
    folder = data.folder("cases")
    chosen = sets.load(folder)
    assert chosen is not None
    assert yamls.read(folder / "sets" / f"{chosen.date}.yaml", "set.schema.json").value["cases"]
    later = [counted.id for counted in sets.under(library.load(folder), chosen) if sets.LATER in counted.marks]
    assert later == []
