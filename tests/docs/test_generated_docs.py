"""The generated documentation is up to date, and every rule is in the coverage of the contracts."""

from __future__ import annotations

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli import main
from conformance.cli.listing import EVERYWHERE
from conformance.core import data_files
from conformance.core.model import Rule
from conformance.core.options import OPTIONS
from conformance.protocol import rulebook
from conformance.reference.switch import entries
from conformance.report import fault_matrix, option_table, reference_docs
from conformance.suite.load import load_cases
from tests.support import suite
from tests.support.paths import ROOT

DOCS = ROOT / "docs"
COVERAGE: dict[str, Any] = data_files.table("coverage.yaml")
ENTRIES: list[dict[str, Any]] = [entry for section in COVERAGE["sections"] for entry in section["entries"]]


@cache
def pages() -> dict[str, str]:
    cases = load_cases(data_files.folder("cases"), EVERYWHERE)
    return reference_docs.pages(rulebook.rules(), cases, COVERAGE) | fault_matrix.files(
        [entry for entry in entries() if entry["kind"] == "fault"], rulebook.rules()
    )


def test_the_related_rules_are_fresh() -> None:
    related = fault_matrix.related_rules([entry for entry in entries() if entry["kind"] == "fault"])
    assert (ROOT / "schemas" / "related_rules.yaml").read_text("utf-8") == related


@pytest.mark.parametrize("name", ["rules.md", "cases.md", "coverage.md", "faults.md", "faults.json"])
def test_a_page_is_fresh(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages()[name], "stale; run: gateway-conformance docs"


def test_the_options_of_the_readme_are_fresh() -> None:
    page = (ROOT / "README.md").read_text("utf-8")
    assert option_table.table() in page, "stale; run: gateway-conformance docs"


def test_a_table_of_options_lists_all_of_them() -> None:
    page = option_table.with_table("# A\n<!-- options -->\nold\n<!-- /options -->\nZ\n")
    listed = re.findall(r"^\| `(--gateway-[a-z0-9-]+)", page, re.MULTILINE)
    assert listed == [option.name for option in OPTIONS]
    assert (page[:4], page[-2:], "\nold\n" in page) == ("# A\n", "Z\n", False)


def test_the_coverage_is_of_its_form() -> None:
    Draft202012Validator(data_files.schema("coverage.schema.json")).validate(COVERAGE)


def test_the_coverage_contains_exactly_the_rules() -> None:
    assert {rule for entry in ENTRIES for rule in entry.get("rules", ())} == set(rulebook.rules())


def test_no_statement_is_twice_in_a_section() -> None:
    for section in COVERAGE["sections"]:
        counts = Counter(entry["statement"] for entry in section["entries"])
        assert max(counts.values()) == 1, counts.most_common(1)


def test_every_rule_has_a_heading_of_its_own_that_the_coverage_can_link_to() -> None:
    headings = [line.removeprefix("### ") for line in pages()["rules.md"].splitlines() if line.startswith("#")]
    anchors = Counter(map(reference_docs.anchor, headings))
    assert [name for name, count in anchors.items() if count > 1] == []
    assert {reference_docs.anchor(rule) for rule in rulebook.rules()} <= set(anchors)


def test_the_list_contains_every_case_once() -> None:
    page = pages()["cases.md"]
    named = {case.id.partition("[")[0] for case in load_cases(data_files.folder("cases"), EVERYWHERE)}
    assert any(name.startswith("matrix/") for name in named)
    for name in named:
        assert page.count(f"| {name} |") == 1, name


RULE = Rule("a.b", "must", "breaks", "No <html> in `<x>`.", "https://h/a", "Clients | break.", "2025-06-01")


def test_a_rule_is_written_with_all_that_is_known_of_it() -> None:
    page = reference_docs.rules({RULE.id: RULE})
    for part in (
        "### a.b",
        "No &lt;html> in `<x>`.",
        "must, breaks, since 2025-06-01",
        "https://h/a",
        "Clients | break.",
    ):
        assert part in page


def test_an_unchecked_statement_has_a_reason_and_bars_are_escaped() -> None:
    entries = [{"statement": "a | b", "rules": ["a.b"]}, {"statement": "c", "reason": "nobody can know"}]
    page = reference_docs.covered({"sections": [{"title": "S", "entries": entries}]}, {RULE.id: RULE})
    assert "| a \\| b | [a.b](rules.md#ab) |" in page
    assert "| c | not judged: nobody can know |" in page


def test_the_matrix_says_which_rule_guards_against_what() -> None:
    fault = {"id": "f", "family": "chat_completions", "sentence": "a | b", "rules": ["a.b"], "url": "https://h/1"}
    other = Rule("c.d", "may", "cosmetic", "None.", "https://h/c")
    book = {RULE.id: RULE, other.id: other}
    page = fault_matrix.page([fault], book)
    assert "| f | a \\| b ([report](https://h/1)) | [a.b](rules.md#ab) |" in page
    assert "| [a.b](rules.md#ab) | f |" in page
    assert "| [c.d](rules.md#cd) | recordings only |" in page
    assert json.loads(fault_matrix.as_json([fault], book))["rules"] == {"a.b": ["f"], "c.d": []}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the suite's own tables, a few cases, and no pages yet."""
    (tmp_path / "schemas").symlink_to(data_files.folder("schemas"))
    suite.part(tmp_path / "cases", "messages/text.yaml")
    (tmp_path / "docs").mkdir()
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.setattr(data_files, "folder", lambda name: tmp_path / name)
    return tmp_path


def test_the_command_writes_what_is_stale_and_says_so(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["docs", "--check"]) == 1
    assert "docs/rules.md is outdated; run: gateway-conformance docs" in capsys.readouterr().out
    assert list((checkout / "docs").iterdir()) == []
    assert main(["docs"]) == 0
    (checkout / "docs" / "cases.md").write_text("old", "utf-8")
    capsys.readouterr()
    assert main(["docs", "--check"]) == 1
    assert capsys.readouterr().out == "docs/cases.md is outdated; run: gateway-conformance docs\n"


def test_without_a_checkout_there_is_nowhere_to_write(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (checkout / "pyproject.toml").unlink()
    assert main(["docs"]) == 2
    assert "run this in a checkout" in capsys.readouterr().err
