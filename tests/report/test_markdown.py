"""Markdown for pull requests: limited in length, with the texts of a gateway only in code spans."""

from __future__ import annotations

import copy
import re

import pytest

from conformance.analysis import comparison, problems
from conformance.analysis.diff import diff
from conformance.core.model import JSON
from conformance.core.reasons import STOPPED
from conformance.records import run_document
from conformance.report import comparison_markdown, markdown
from conformance.report.markdown_text import prose
from conformance.report.problems import markdown as markdown_problems
from conformance.report.problems import text as problems_text
from conformance.report.text import OWN_SOURCE
from tests.support import example_runs

HOSTILE = "x ``` @everyone [a](javascript:x) <img src=x> | ![b](https://evil.example/c.png)\n# heading\n</details> `y`"


def outside_code(text: str) -> str:
    """The Markdown without its code spans, which GFM reads before anything else."""
    return re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)


def visible(text: str) -> list[str]:
    """The lines that are seen before anything is unfolded, without the empty ones."""
    depth, lines = 0, []
    for line in text.splitlines():
        if depth == 0 or line == "<details>":
            lines.append(line)
        depth += line.startswith("<details>") - (line == "</details>")
    return [line for line in lines if line and line != "</details>"]


def rows(text: str) -> list[str]:
    """The rows of the tables of problems."""
    return re.findall(r"^\| \d+ \| .*$", text, re.MULTILINE)


def with_problems(count: int, **more: object) -> JSON:
    """A run with as many problems: copies of one with other ids."""
    worse = example_runs.worse()
    [problem] = problems.problems(worse)
    return {**worse, "problems": [{**problem, "id": f"{problem['id']}~{n}", **more} for n in range(count)]}


def test_says_what_regressed_first() -> None:
    clean, worse = example_runs.clean(), example_runs.worse()
    text = markdown.run(worse, diff(clean, worse))
    failed = [entry["id"] for entry in worse["verdicts"] if entry["outcome"] == "failed"]
    assert f"{len(failed)} regressed." in text
    assert "- `new problem: must messages.stream.unfinished@messages,streamed: every streamed Messages answer" in text
    assert not any(name in line for line in visible(text) for name in failed)  # the problem explains them
    assert f"<details><summary>{len(failed)} regressed</summary>" in text
    for name in failed:
        assert f"- `{name} (passed, then failed): messages.stream.unfinished`" in text
    assert text.index("Changes since the baseline") < text.index("### 1 problem") < text.index("| endpoint |")


def test_a_clean_run_has_no_problems() -> None:
    clean = example_runs.clean()
    text = markdown.run(clean, diff(clean, clean))
    assert "Nothing changed." in text
    assert "problem" not in text
    assert "100 %" in text


def test_a_problem_is_a_row() -> None:
    worse = example_runs.worse()
    [problem] = problems.of(worse)
    [row] = rows(markdown.run(worse))
    rule = worse["rules"]["messages.stream.unfinished"]
    cells = [cell.strip() for cell in row.strip("|").split(" | ")]
    assert cells[:2] == ["1", "must"]
    assert cells[2] == f"`messages.stream.unfinished` {rule['sentence']}"
    assert cells[3:] == [
        problem["scope"]["words"], problems_text.share(problem), rule["breaks"], str(len(problem["cases"]))
    ]  # fmt: skip


def test_behind_a_row_are_its_example_its_curl_command_and_its_cases() -> None:
    worse = example_runs.worse()
    [problem] = problems.of(worse)
    text = markdown.run(worse)
    behind = text[text.index("Examples, curl commands and cases") :]
    assert f"**1.** `{problem['id']}`" in behind
    assert f"expected `{problem['example']['expected']}`, got `{problem['example']['got']}`" in behind
    assert "```sh\ncurl " in behind
    assert f"<details><summary>{len(problem['cases'])} cases</summary>" in behind
    assert all(f"- `{name}`" in behind for name in problem["cases"])
    assert not any(name in line for line in visible(text) for name in problem["cases"])


def test_a_rule_without_a_source_shows_that_of_the_case() -> None:
    document = with_problems(1, rule="case.accepted", rules=["case.accepted"])
    document["rules"] |= run_document.rule_entries(["case.accepted"])
    example = document["problems"][0]["example"]["case"]
    [source] = [entry["source"] for entry in document["verdicts"] if entry["id"] == example]
    text = markdown.run(document)
    assert f"- source: `{source}`" in text
    assert OWN_SOURCE not in text


@pytest.mark.parametrize("count", [20, 21, 60])
def test_a_summary_fits_on_one_screen(count: int) -> None:
    document = with_problems(count)
    text = markdown.run(document, diff(example_runs.clean(), document))
    assert len(visible(text)) <= 42
    assert len(rows("\n".join(visible(text)))) == markdown_problems.MAX_ROWS
    assert len(rows(text)) == count
    assert (f"{count - 20} more</summary>" in text) == (count > 20)


def test_known_problems_are_folded_and_those_of_other_levels_are_counted() -> None:
    document = with_problems(2, known="known: a ticket")
    text = markdown.run(document)
    assert "<summary>2 known problems</summary>" in text
    assert "### " not in text
    assert rows("\n".join(visible(text))) == []
    assert rows(text)
    document = with_problems(3, level="may")
    assert "Not listed: 3 problems of the level `may`." in markdown.run(document)
    assert rows(markdown.run(document)) == []


@pytest.mark.parametrize("longest", [1_000, 2_000, 10_000])
def test_the_endpoints_are_never_lost_to_the_length(longest: int) -> None:
    document = with_problems(60)
    text = markdown.run(document, diff(document, example_runs.clean()), longest)
    assert len(text) <= longest
    assert "| endpoint | model |" in text
    assert "| messages | `reference-large` |" in text


def test_only_the_times_that_grew_most_are_listed() -> None:
    clean = example_runs.clean()
    slow = copy.deepcopy(clean)
    for number, entry in enumerate(slow["verdicts"]):
        entry["seconds"] += 1 + number
    text = markdown.run(slow, diff(clean, slow))
    grown = re.findall(r"^- `.*`: (?:first byte|total) .* s → (.*) s$", text, re.MULTILINE)
    assert len(grown) == 10
    assert grown == sorted(grown, key=float, reverse=True)
    assert re.search(r"<summary>\d+ times grew \(informational\)</summary>", text)
    assert re.search(r"- and \d+ more", text)


def test_the_tables_are_tables() -> None:
    lines = [line for line in markdown.run(example_runs.worse()).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {8, 9}


@pytest.mark.parametrize(
    "text",
    ["a @name", "a <b>", "https://a.example", "www.a.example", "a | b", "![a](b)", "`` ` @name", "# a", "a\nb", ""],
)
def test_a_sentence_with_markup_is_a_code_span(text: str) -> None:
    shown = prose(text)
    assert "|" not in shown.replace("\\|", "")
    assert outside_code(shown) in ("", "-")


@pytest.mark.parametrize(
    "text", ["A stream ends with `[DONE]`.", "every answer with `n` > 1", "The cache is lost, in 5 % (of all)."]
)
def test_a_sentence_of_the_suite_is_text(text: str) -> None:
    assert prose(text) == text


def test_an_outage_is_said_first() -> None:
    document = example_runs.clean()
    for entry in document["verdicts"][1:]:
        entry |= {"outcome": "unverified", "reason": f"{STOPPED} (connection refused)"}
    lines = visible(markdown.run(document))
    count = len(document["verdicts"]) - 1
    assert lines[1] == f"**outage: the gateway stopped answering ({count} cases not sent)**"
    silent = example_runs.clean()
    for entry in silent["verdicts"]:
        if entry["endpoint"] == "chat_completions":
            entry |= {"outcome": "unverified", "reason": "no answer", "lacks": ["answers"]}
    told = "no case of chat completions could be judged, because the endpoint does not answer"
    assert visible(markdown.run(silent))[1] == f"**outage: {told}**"
    assert "outage" not in markdown.run(example_runs.worse())


def test_reasons_why_cases_are_unverified_are_counted() -> None:
    document = example_runs.clean()
    for entry in document["verdicts"]:
        entry |= {"outcome": "unverified", "reason": "the budget is spent"}
    document["verdicts"][0]["reason"] = "another"
    text = markdown.run(document)
    count = len(document["verdicts"])
    assert f"### Unverified ({count})" in text
    assert f"- `the budget is spent`: {count - 1} cases, such as `" in text
    assert f"- `another`: `{document['verdicts'][0]['id']}`" in text


@pytest.mark.parametrize("longest", [500, 1_000, 60_000])
def test_is_never_longer_than_asked(longest: int) -> None:
    clean, worse = example_runs.clean(), example_runs.worse()
    text = markdown.run(worse, diff(clean, worse), longest)
    assert len(text) <= longest
    assert text.count("<details>") == text.count("</details>")
    assert ("more lines are in the full report" in text) == (longest < 60_000)


def hostile() -> JSON:
    document = copy.deepcopy(example_runs.worse())
    document["gateway"] |= {"name": HOSTILE, "base_url": HOSTILE, "notes": [HOSTILE], "models": {"default": HOSTILE}}
    for rule in document["rules"].values():
        rule |= {"sentence": HOSTILE, "source": HOSTILE, "breaks": HOSTILE}
    for entry in document["verdicts"]:
        entry |= {"endpoint": HOSTILE, "family": HOSTILE, "area": HOSTILE}
        for finding in entry["findings"]:
            finding |= {"expected": HOSTILE, "got": HOSTILE}
    [problem] = problems.problems(example_runs.worse())
    hostile_problem = {"id": HOSTILE, "scope": {"facts": [HOSTILE], "words": HOSTILE}, "follows": [HOSTILE]}
    known = {"id": HOSTILE, "known": HOSTILE}
    return {**document, "problems": [{**problem, **hostile_problem}, {**problem, **hostile_problem, **known}]}


def test_text_of_a_gateway_is_only_in_code_spans() -> None:
    document = hostile()
    page = markdown.run(document, diff(example_runs.clean(), document))
    for text in (page, comparison_markdown.render(comparison.compare([document, example_runs.clean()]))):
        for word in ("@everyone", "javascript", "<img", "evil.example", "heading"):
            assert word not in outside_code(text)


def test_diff_alone() -> None:
    text = markdown.diff(diff(example_runs.clean(), example_runs.worse()))
    assert text.startswith("\n### Changes since the baseline")
    assert "| endpoint |" not in text


def test_where_routes_differ_is_said() -> None:
    worse = example_runs.worse()
    entries = worse["verdicts"]
    failed = next(entry for entry in entries if entry["outcome"] == "failed")
    other = {**failed, "id": f"{failed['id']}@us", "route": "us", "outcome": "passed", "findings": []}
    failed |= {"id": f"{failed['id']}@eu", "route": "eu"}
    text = markdown.run({**worse, "verdicts": [*entries, other]})
    assert "### The routes differ (1)" in text
    assert f"{failed['id'].removesuffix('@eu')}: eu failed (messages.stream.unfinished); us passed" in text
    assert "The routes differ" not in markdown.run(example_runs.worse())


def test_what_the_upstream_breaks_is_not_counted_against_the_gateway() -> None:
    worse = example_runs.worse()
    for entry in worse["verdicts"]:
        entry["findings"] = [{**finding, "blame": "upstream"} for finding in entry["findings"]]
    text = markdown.run(problems.with_problems(worse))
    assert "messages.stream.unfinished" not in text
    assert "Not listed: 1 problem of the upstream." in text


def test_the_head_names_the_gateway_and_the_ci_run() -> None:
    ci = {"name": "GitHub Actions", "url": "https://github.com/example/gateway/actions/runs/4711"}
    text = markdown.run({**example_runs.routed(), "environment": {"ci": ci}})
    head = text[: text.index("| endpoint |")]
    for route, url in example_runs.ROUTES.items():
        assert f"route `{route}`: `{url}`" in head
    assert "upstream `https://upstream.example/v1`, tested where a rule was broken" in head
    assert f"run by `GitHub Actions`: `{ci['url']}`" in head
    assert "route `" not in markdown.run(example_runs.worse())
