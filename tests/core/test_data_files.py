"""The suite's own tables are read from YAML once, and then from the user's cache folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from conformance.core import data_files, user_cache
from conformance.core.model import JSON
from tests.support.paths import ROOT

TABLE = "sse/rules.yaml"


def read(path: str = TABLE) -> JSON:
    """The table, as a new process reads it."""
    return data_files.table.__wrapped__(path)


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of kept tables, which does not exist yet."""
    monkeypatch.setattr(user_cache, "folder", lambda: tmp_path / "cache")
    return tmp_path / "cache" / "tables"


def test_a_table_is_kept_and_read_again(kept: Path) -> None:
    first = read()
    [entry] = kept.iterdir()
    assert json.loads(entry.read_text("ascii")) == first == read()
    entry.write_text('{"other": 1}', "ascii")
    assert read() == {"other": 1}


def test_a_changed_table_is_not_read_from_the_cache(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_files, "folder", lambda name: tmp_path)
    for value in ("a: 1", "a: 2"):
        (tmp_path / "table.yaml").write_text(value, "utf-8")
        assert read("table.yaml") == {"a": int(value[-1])}
    assert len([*kept.iterdir()]) == 2


@pytest.mark.parametrize(("text", "value"), [("1: a", {1: "a"}), ("a: !!binary aGk=", {"a": b"hi"})])
def test_what_json_would_change_is_not_kept(
    text: str, value: JSON, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_files, "folder", lambda name: tmp_path)
    (tmp_path / "table.yaml").write_text(text, "utf-8")
    assert read("table.yaml") == value == read("table.yaml")
    assert not kept.exists()


def test_a_damaged_entry_is_not_read(kept: Path) -> None:
    first = read()
    [entry] = kept.iterdir()
    entry.write_text('{"torn', "ascii")
    assert read() == first


def test_an_entry_that_others_can_write_is_not_read(kept: Path) -> None:
    first = read()
    [entry] = kept.iterdir()
    entry.write_text('{"other": 1}', "ascii")
    entry.chmod(0o666)
    assert read() == first


def test_a_user_without_a_home_folder_needs_no_cache(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read()

    def nowhere() -> Path:
        raise RuntimeError("no home folder")

    monkeypatch.setattr(user_cache, "folder", nowhere)
    assert read() == first


def unquoted_in_flow(text: str) -> list[int]:
    """The lines with an unquoted text between braces or brackets that has a question mark."""
    depth, lines = 0, []
    for token in yaml.scan(text, Loader=data_files.Loader):
        if isinstance(token, yaml.FlowMappingStartToken | yaml.FlowSequenceStartToken):
            depth += 1
        elif isinstance(token, yaml.FlowMappingEndToken | yaml.FlowSequenceEndToken):
            depth -= 1
        elif isinstance(token, yaml.ScalarToken) and token.plain and depth and "?" in token.value:
            lines.append(token.start_mark.line + 1)
    return lines


def test_yaml_can_be_read_without_libyaml() -> None:
    """PyYAML's own parser takes such a question mark for the start of a key. libyaml reads it as text."""
    if yaml.__with_libyaml__:
        assert unquoted_in_flow("{ask: a?, tools: [b?]}\nask: c?") == [1, 1]
    for name in ("cases", "clients", "schemas", "conformance", "tests", "docs"):
        for file in (ROOT / name).rglob("*.y*ml"):
            assert unquoted_in_flow(file.read_text("utf-8")) == [], file
