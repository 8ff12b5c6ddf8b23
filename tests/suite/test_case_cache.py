"""The cache of loaded cases: it returns equal cases, notices every change, and does not trust files of other users."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from conformance.core.model import Case
from conformance.core.yaml_input import InputError
from conformance.suite import case_cache, load
from tests.support.suite import case, library

if sys.platform == "win32":
    pytest.skip("the permissions of POSIX", allow_module_level=True)


_load = load._load


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, which is not there yet."""
    folder = tmp_path / "home" / "gateway-conformance"
    monkeypatch.setattr(case_cache, "_folder", lambda: folder)
    monkeypatch.setattr(case_cache, "SMALLEST", 1)
    return folder


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The folders that were compiled so far."""
    folders: list[Path] = []

    def noted(folder: Path, served: Mapping[str, Sequence[str]]) -> tuple[Case, ...]:
        folders.append(folder)
        return _load(folder, served)

    monkeypatch.setattr(load, "_load", noted)
    return folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of cases with everything that a case can have."""
    folder = library(tmp_path / "cases", case("one", marks="slow"), case("two", words="naïve"))
    (folder / "_fragments.yaml").write_text("half: 0.5\n", "utf-8")
    (folder / "spread.yaml").write_text(
        "family: messages\narea: spread\nsource: https://docs.anthropic.com\ncases:\n"
        "  - id: each\n    title: A request with each value gets an answer\n    needs: [vision]\n"
        "    for: {value: [1, 1.0, true, null, [$half], {a: 1}]}\n"
        "    steps:\n      - request: {body: {model: $model, max_tokens: 9, x: $value}}\n"
        "        expect: {outcome: success}\n        keep: {id: /id}\n"
        "      - request: {body: {}}\n        expect: {outcome: refusal}\n",
        "utf-8",
    )
    return folder


def test_cases_are_compiled_once(cache: Path, compiled: list[Path], folder: Path) -> None:
    first = load.load_cases(folder)
    again = load.load_cases(folder)
    assert compiled == [folder]
    assert again == first
    assert [repr(one) for one in again] == [repr(one) for one in first]  # 1 == 1.0 == True


def test_the_suites_own_cases_come_back_as_they_were(cache: Path) -> None:
    own = Path(load.__file__).parents[2] / "cases"
    first = load.load_cases(own)
    assert list(map(repr, load.load_cases(own))) == list(map(repr, first))


def test_halves_of_a_character_stay_two(cache: Path, compiled: list[Path], tmp_path: Path) -> None:
    """YAML has two characters in "\\ud83d\\ude00", JSON has one."""
    halves = library(tmp_path / "halves", case("one", words="\U0001f600"))
    assert load.load_cases(halves) == load.load_cases(halves)
    assert len(compiled) == 2


@pytest.mark.parametrize("change", ["another byte", "another file", "a fragment", "a file less"])
def test_what_has_changed_is_compiled_again(cache: Path, compiled: list[Path], folder: Path, change: str) -> None:
    load.load_cases(folder)
    if change == "another byte":
        library(folder, case("one"), case("two"))
    elif change == "another file":
        (folder / "more.yaml").write_text((folder / "probe.yaml").read_text("utf-8").replace("probe", "more"), "utf-8")
    elif change == "a fragment":
        (folder / "_fragments.yaml").write_text("half: 0.25\n", "utf-8")
    else:
        (folder / "probe.yaml").unlink()
    again = load.load_cases(folder)
    assert len(compiled) == 2
    assert again == load._load(folder, {})


SERVED = """\
family: messages
area: served
source: https://docs.anthropic.com
cases:
  - id: claimed
    title: A model of the profile answers
    for: {model: $serves/messages}
    request: {body: {model: $model, max_tokens: 9}}
    expect: {outcome: success}
"""


def test_each_profile_has_its_own(cache: Path, compiled: list[Path], folder: Path) -> None:
    """The files without `$serves` and `$refuses` are compiled once for all profiles."""
    (folder / "served.yaml").write_text(SERVED, "utf-8")
    (folder / "refused.yaml").write_text(SERVED.replace("serve", "refuse"), "utf-8")
    for served, models in (
        ({"a": ["messages"]}, ["a"]),
        ({"a": ["responses"], "b": ["messages"], "c": ["messages"]}, ["b", "c"]),
        ({"a": ["messages"]}, ["a"]),
        ({}, []),
    ):
        cases = load.load_cases(folder, served)
        assert [case.values["model"] for case in cases if case.area == "served"] == models
        assert [case.values["model"] for case in cases if case.area == "refused"] == [
            name for name in served if name not in models
        ]
        assert list(map(repr, cases)) == list(map(repr, _load(folder, served)))
    assert compiled == [folder]


def test_a_folder_whose_cases_all_depend_on_the_profile(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "served.yaml").write_text(SERVED, "utf-8")
    assert [case.id for case in load.load_cases(tmp_path, {"a": ["messages"]})] == ["messages/served/claimed[model=a]"]
    with pytest.raises(InputError, match="the folder has no cases"):
        load.load_cases(tmp_path)


def test_an_id_is_used_once_whatever_the_profile_says(cache: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(SERVED, "utf-8")
    library(tmp_path, case("other"))
    load.load_cases(tmp_path)
    with pytest.raises(InputError, match=r"two\.yaml:5: the id .* is already used at .*one\.yaml:5"):
        load.load_cases(tmp_path, {"a": ["messages"]})


def test_a_case_is_named_from_where_its_reader_stands(
    cache: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    assert load.load_cases(folder)[0].file == "cases/probe.yaml"
    monkeypatch.chdir(folder)
    assert load.load_cases(folder)[0].file == "probe.yaml"


def test_the_same_cases_elsewhere_are_compiled_once(
    cache: Path, compiled: list[Path], folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a second installation: messages show the same paths. A file with another name is compiled again."""
    monkeypatch.chdir(tmp_path)
    first = load.load_cases(folder)
    other = tmp_path / "other" / "cases"
    shutil.copytree(folder, other)
    monkeypatch.chdir(other.parent)
    assert list(map(repr, load.load_cases(other))) == list(map(repr, first)) == list(map(repr, _load(other, {})))
    assert compiled == [folder]
    (other / "probe.yaml").rename(other / "renamed.yaml")
    assert "cases/renamed.yaml" in {case.file for case in load.load_cases(other)}
    assert compiled == [folder, other]


def test_a_mistake_is_told_with_its_line_each_time(cache: Path, folder: Path) -> None:
    load.load_cases(folder)
    library(folder, case("one"), case("one"))
    for _ in range(2):
        with pytest.raises(InputError, match=r"probe\.yaml:9: the id messages/probe/one is already used"):
            load.load_cases(folder)


@pytest.mark.parametrize("text", ["", "[", "{}", "[[]]", "[[1]]", "null", "[null]", '["a"]', "[{}]"])
def test_a_broken_entry_is_compiled_again(cache: Path, compiled: list[Path], folder: Path, text: str) -> None:
    first = load.load_cases(folder)
    (entry,) = cache.iterdir()
    entry.write_text(text, "utf-8")
    assert load.load_cases(folder) == first
    assert load.load_cases(folder) == first
    assert len(compiled) == 2


@pytest.mark.parametrize("which", ["the entry", "the folder"])
def test_what_others_may_write_is_not_read(cache: Path, compiled: list[Path], folder: Path, which: str) -> None:
    load.load_cases(folder)
    (entry,) = cache.iterdir()
    (entry if which == "the entry" else cache).chmod(0o777)
    load.load_cases(folder)
    assert len(compiled) == 2


def test_a_link_is_not_read(cache: Path, compiled: list[Path], folder: Path, tmp_path: Path) -> None:
    load.load_cases(folder)
    (entry,) = cache.iterdir()
    entry.rename(tmp_path / "elsewhere.json")
    entry.symlink_to(tmp_path / "elsewhere.json")
    load.load_cases(folder)
    assert len(compiled) == 2


def test_a_small_folder_is_not_cached(cache: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_cache, "SMALLEST", 100)
    assert load.load_cases(folder)
    assert not cache.exists()


def test_without_a_place_to_write_cases_are_compiled(cache: Path, compiled: list[Path], folder: Path) -> None:
    cache.parent.write_text("a file where the cache should be", "utf-8")
    assert load.load_cases(folder) == load.load_cases(folder)
    assert len(compiled) == 2


def test_without_a_home_cases_are_compiled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(case_cache, "_folder", homeless)
    assert load.load_cases(folder)


def test_entries_that_are_used_stay(
    cache: Path, compiled: list[Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(case_cache, "KEPT", 3)
    for number in range(6):
        load.load_cases(folder)
        load.load_cases(folder, {f"model {number}": ["messages"]})
    assert len(list(cache.iterdir())) == 3
    assert compiled == [folder]
    assert cache.stat().st_mode & 0o077 == 0
