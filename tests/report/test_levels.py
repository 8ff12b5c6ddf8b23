"""Levels in the terminal, in Markdown, on the page of a run and in the comparison."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.analysis import levels
from conformance.analysis.comparison import compare
from conformance.core.model import JSON
from conformance.report import comparison_markdown, markdown
from conformance.report.html import comparison as comparison_page
from conformance.report.html import run as page
from conformance.report.levels import text
from tests.support import browser, example_runs, level_runs

PROBLEM = "chat.stream.done@chat_completions,streamed"


def stated(family: str, level: str, reason: str = "", **more: str) -> JSON:
    return {
        "family": family, "model": "m-1", "level": level, "applicable": 1412, "cases": 1430, "reason": reason, **more
    }  # fmt: skip


@pytest.fixture
def run() -> JSON:
    """A run with a level in two families."""
    entries = [
        stated("chat_completions", "core", "12 of 297 cases break a required rule", next="agent", problem=PROBLEM),
        stated("responses", "not_offered", "the profile does not offer it"),
        stated("messages", "complete"),
    ]
    return {**example_runs.clean(), "levels": entries}


def test_the_terminal_tells_each_family_that_the_gateway_has(run: JSON) -> None:
    assert [*text.lines(run)] == [
        "level of chat completions (m-1): core, 1,412 of 1,430 apply; not agent: 12 of 297 cases break a",
        "  required rule",
        "level of messages (m-1): complete, 1,412 of 1,430 apply",
    ]


def test_a_run_of_a_part_says_that_it_is_not_judged() -> None:
    clean = {**example_runs.clean()}
    assert [*text.lines(levels.with_levels(clean))] == ["levels: not judged; only a run of all cases is judged"]
    assert "level of" not in markdown.run(clean)
    assert 'id="levels"' not in page.render(clean)


def test_a_run_states_its_levels() -> None:
    assert {entry["level"] for entry in example_runs.clean()["levels"]} == {"not_judged"}


def test_the_markdown_report_has_a_table(run: JSON) -> None:
    told = markdown.run(run).splitlines()
    why = "not agent: 12 of 297 cases break a required rule"
    assert f"| chat completions | `m-1` | **core** | 1,412 of 1,430 apply | {why} |" in told
    assert "| responses | `m-1` | **not offered** |  | the profile does not offer it |" in told


def test_the_page_has_a_block_with_a_link_to_the_problem(run: JSON) -> None:
    rule = "chat.stream.done"
    problem = {
        "id": PROBLEM, "rule": rule, "rules": [rule], "follows": [], "level": "must", "impact": "breaks",
        "scope": {"facts": [], "words": "every answer"}, "shown": {"broken": 1, "inside": 1, "outside": 0},
        "cases": [run["verdicts"][0]["id"]], "models": [], "routes": [],
        "example": {"case": run["verdicts"][0]["id"], "step": 1, "expected": "a", "got": "b"},
    }  # fmt: skip
    about = {"level": "must", "impact": "breaks", "sentence": "s", "source": "https://example.org"}
    told = page.render({**run, "problems": [problem], "rules": {**run["rules"], rule: about}})
    assert 'href="#problem-chat.stream.done-chat_completions-streamed">problem 1</a>' in told
    assert re.search(r'class="mark passed"><span aria-hidden="true">✓</span> complete<', told)
    assert "not offered" in told


def test_the_comparison_has_a_row_for_each_family() -> None:
    whole = level_runs.run(profile=replace(level_runs.claims(), endpoints=("messages",)))
    found = compare([whole, example_runs.clean()])
    assert [level.family for level in found.levels] == ["messages"]
    table = comparison_markdown.render(found)
    assert re.search(r"\| messages \| agent, [0-9,]+ of [0-9,]+ apply \| not judged \|", table)
    assert re.search(r'<span class="mark passed">agent, [0-9,]+ of [0-9,]+ apply</span>', comparison_page.render(found))
    assert "## Levels" not in comparison_markdown.render(compare([example_runs.clean()]))


def test_foreign_text_is_escaped(run: JSON) -> None:
    run["levels"][0] |= {"model": "\x1b[31m<b>*x*|", "reason": "\x1b[31m<b>*x*|"}
    assert "\x1b" not in "\n".join(text.lines(run))
    assert "<b>*x*" not in page.render(run)
    row = next(line for line in markdown.run(run).splitlines() if "*x*" in line)
    assert row.count("`") == 4
    assert "\x1b" not in row


@browser.NEEDED
@pytest.mark.browser
def test_the_levels_on_the_page_are_accessible_and_fit_a_phone(run: JSON, tmp_path: Path) -> None:
    run["verdicts"] = run["verdicts"][:3]
    (tmp_path / "page.html").write_text(page.render(run), "utf-8")
    with browser.started() as chromium, browser.opened(chromium, tmp_path / "page.html", width=390) as shown:
        assert shown.evaluate("document.documentElement.scrollWidth") <= 390
        assert shown.locator("#levels li").count() == 3
        assert browser.violations(shown) == []
