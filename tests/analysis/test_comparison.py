"""Comparisons of several gateways: the numbers are those of the runs, in Markdown and in HTML."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from conformance.analysis import comparison
from conformance.cli import main
from conformance.core.model import JSON
from conformance.records import run_file
from conformance.report import comparison_markdown
from conformance.report.html import comparison as html
from tests.support import browser, example_runs


def named(document: JSON, name: str) -> JSON:
    return {**document, "gateway": {**document["gateway"], "name": name, "version": "1"}}


@pytest.fixture(scope="module")
def pair() -> list[JSON]:
    return [named(example_runs.clean(), "clean|one"), named(example_runs.worse(), "<b>worse</b>")]


def test_the_columns_are_the_runs_in_their_order(pair: list[JSON]) -> None:
    found = comparison.compare(pair)
    assert [column.name for column in found.columns] == ["clean|one", "<b>worse</b>"]
    assert [column.outcomes for column in found.columns] == [document["summary"] for document in pair]


def test_the_areas_of_an_endpoint_add_up_to_it(pair: list[JSON]) -> None:
    found = comparison.compare(pair)
    for whole in (row for row in found.rows if not row.area):
        parts = [row for row in found.rows if row.area and row.endpoint == whole.endpoint]
        for index, share in enumerate(whole.shares):
            shares = [row.shares[index] for row in parts]
            assert share is not None
            assert share.applicable == sum(part.applicable for part in shares if part)
            assert share.conformant == sum(part.conformant for part in shares if part)


def test_a_broken_rule_is_counted_where_it_is_broken(pair: list[JSON]) -> None:
    [broken] = [one for one in comparison.compare(pair).broken if one.rule == "messages.stream.unfinished"]
    worse = [entry for entry in pair[1]["verdicts"] if broken.rule in run_file.broken_rules(entry, "must")]
    assert broken.level == "must"
    assert broken.sentence
    assert broken.cases == (0, len(worse))
    assert worse


def test_an_endpoint_that_one_gateway_lacks_has_no_share_there(pair: list[JSON]) -> None:
    without = [entry for entry in pair[1]["verdicts"] if entry["endpoint"] != "messages"]
    found = comparison.compare([pair[0], {**pair[1], "verdicts": without}])
    [row] = [row for row in found.rows if (row.endpoint, row.area) == ("messages", "")]
    assert row.shares[0] is not None
    assert row.shares[1] is None


def test_no_text_of_a_gateway_is_executed_in_a_page(pair: list[JSON]) -> None:
    found = comparison.compare(pair)
    assert "<b>worse</b>" not in html.render(found)
    assert "&lt;b&gt;worse" in html.render(found)
    text = comparison_markdown.render(found)
    assert "`clean\\|one`" in text
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert rows
    assert all(row.replace("\\|", "").count("|") == 5 for row in rows)


def test_a_summary_with_a_huge_count_takes_no_longer(pair: list[JSON]) -> None:
    found = comparison.compare([{**pair[0], "summary": {"passed": 10**15}}])
    assert f"{10**15} passed |" in comparison_markdown.render(found)


def test_the_command_reads_packed_runs_and_writes_both_forms(pair: list[JSON], tmp_path: Path) -> None:
    plain, packed = tmp_path / "one.json", tmp_path / "two.json.gz"
    plain.write_text(json.dumps(pair[0]), "utf-8")
    packed.write_bytes(gzip.compress(json.dumps(pair[1]).encode(), mtime=0))
    found = comparison.compare(pair)
    for form, text in (("markdown", comparison_markdown.render(found)), ("html", html.render(found))):
        out = tmp_path / form
        assert main(["compare", str(plain), str(packed), "--to", form, "-o", str(out)]) == 0
        assert out.read_text("utf-8").rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize(
    "data",
    [b"", b"no gzip", gzip.compress(b"{}" * 99)[:-9], gzip.compress(b"{")],
    ids=["empty", "other", "cut", "broken JSON"],
)
def test_a_file_that_is_not_a_packed_run_gives_one_sentence(
    data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.json.gz"
    path.write_bytes(data)
    assert main(["compare", str(path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_file, "MAX_BYTES", 1000)
    path = tmp_path / "run.json.gz"
    path.write_bytes(gzip.compress(b" " * 2000))
    assert main(["compare", str(path)]) == 2
    assert "more than 1000 bytes" in capsys.readouterr().err


@pytest.mark.browser
@browser.NEEDED
@pytest.mark.parametrize("width", [390, 1280], ids=["phone", "desktop"])
def test_the_page_is_accessible(pair: list[JSON], width: int, tmp_path: Path) -> None:
    path = tmp_path / "comparison.html"
    path.write_text(html.render(comparison.compare(pair)), "utf-8")
    with browser.started() as chromium:
        for dark in (False, True):
            with browser.opened(chromium, path, dark=dark, width=width) as page:
                page.get_by_role("link", name="Broken required rules").click()
                assert page.get_by_text("messages.stream.unfinished").is_visible()
                assert browser.violations(page) == []
                assert page.evaluate("document.documentElement.scrollWidth") <= width
