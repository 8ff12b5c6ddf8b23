"""Comparisons of several gateways: the numbers are those of the runs, in Markdown and in HTML."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from conformance.analysis import comparison, problems
from conformance.cli import main
from conformance.core.model import JSON
from conformance.records import run_document, run_file
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


def with_problems(document: JSON, *more: JSON) -> JSON:
    """A run whose one problem is there several times, each time changed."""
    worse = example_runs.worse()
    [problem] = problems.problems(worse)
    rules = {**document["rules"], **worse["rules"]}
    return {**document, "rules": rules, "problems": [{**problem, **changed} for changed in more]}


def scope(words: str) -> JSON:
    return {"facts": ["endpoint=messages"], "words": words}


def test_a_problem_has_a_row_with_the_condition_for_each_gateway(pair: list[JSON]) -> None:
    found = comparison.compare(pair)
    [problem] = found.problems
    [own] = problems.of(pair[1])
    assert (problem.rule, problem.level, problem.found) == ("messages.stream.unfinished", "must", ((), (own,)))
    assert problem.sentence
    assert problem.hurt
    text = comparison_markdown.render(found)
    shown = own["shown"]
    where = f"{own['scope']['words']}: {shown['broken']} of {shown['inside']}"
    [row] = [line for line in text.splitlines() if line.startswith("| must | `messages.stream.unfinished` ")]
    assert row.endswith(f"|  | {where} |")
    assert problem.hurt in row
    assert f"{own['scope']['words']}: <span" in html.render(found)
    assert text.index("## Problems (1)") < text.index("## Conformance by area")


def test_problems_with_one_leading_rule_share_a_row(pair: list[JSON]) -> None:
    first = with_problems(pair[0], {"scope": scope("one")}, {"scope": scope("two")})
    second = with_problems(pair[1], {"scope": scope("three"), "level": "should"})
    [problem] = comparison.compare([first, second]).problems
    assert problem.level == "must"
    assert [[one["scope"]["words"] for one in own] for own in problem.found] == [["one", "two"], ["three"]]
    text = comparison_markdown.render(comparison.compare([first, second]))
    assert re.search(r"\| one: \d+ of \d+<br>two: \d+ of \d+ \| three: ", text)


def test_the_worst_problem_is_the_first(pair: list[JSON]) -> None:
    document = with_problems(
        pair[0],
        {"rule": "http.header.request-id", "level": "should"},
        {"rule": "messages.role", "impact": "degrades"},
        {"rule": "messages.model"},
    )
    document["rules"] |= run_document.rule_entries(["http.header.request-id", "messages.role", "messages.model"])
    found = comparison.compare([document]).problems
    assert [one.rule for one in found] == ["messages.model", "messages.role", "http.header.request-id"]


def test_only_the_gateways_own_problems_are_compared_also_known_ones(pair: list[JSON]) -> None:
    def rows(changed: JSON) -> int:
        return len(comparison.compare([with_problems(pair[0], changed)]).problems)

    assert rows({"known": "known: a ticket"}) == 1
    assert rows({"blame": "upstream"}) == 0
    assert rows({"level": "may"}) == 0


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
        assert "messages.stream.unfinished" in text
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
                page.get_by_role("link", name="Problems (1)").click()
                assert page.get_by_text("messages.stream.unfinished").is_visible()
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                assert browser.violations(page) == []


def test_each_client_has_a_row_with_its_readiness_for_each_gateway(pair: list[JSON]) -> None:
    need = {
        "need": "tools", "title": "tool calls", "without": "stops", "state": "broken", "sentence": "No tool is run.",
        "source": "https://example.org", "verified": "2026-11-30", "measured": True, "rules": ["case.accepted"],
        "cases": [], "count": 1, "of": 2,
    }  # fmt: skip
    client = {"client": "agent", "name": "An agent", "versions": "1", "status": "not_ready", "needs": [need]}
    other = {**client, "client": "bot", "name": "A bot", "status": "ready", "needs": []}
    first, second = {**pair[0], "readiness": [client]}, {**pair[1], "readiness": [other]}
    found = comparison.compare([first, second])
    assert [row.name for row in found.clients] == ["A bot", "An agent"]
    told = comparison_markdown.render(found)
    assert "| A bot | - | ready |" in told
    assert "| An agent | not ready: tool calls | - |" in told
    page = html.render(found)
    assert '<span class="mark failed">not ready</span><p>tool calls</p>' in page
    assert '<span class="mark passed">ready</span></td>' in page
