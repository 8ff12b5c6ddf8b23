"""Markdown for pull requests: limited in length, with the texts of a gateway only in code spans."""

from __future__ import annotations

import copy
import re

import pytest

from conformance.analysis import comparison
from conformance.analysis.diff import diff
from conformance.core.model import JSON
from conformance.report import comparison_markdown, markdown
from tests.support import example_runs

HOSTILE = "x ``` @everyone [a](javascript:x) <img src=x> | ![b](https://evil.example/c.png)\n# heading\n</details> `y`"


def outside_code(text: str) -> str:
    """The Markdown without its code spans, which GFM reads before anything else."""
    return re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)


def test_says_what_regressed_first() -> None:
    clean, worse = example_runs.clean(), example_runs.worse()
    text = markdown.run(worse, diff(clean, worse))
    failed = [entry["id"] for entry in worse["verdicts"] if entry["outcome"] == "failed"]
    assert f"{len(failed)} regressed." in text
    assert f"**Regressed ({len(failed)})**" in text
    for name in failed:
        assert f"- `{name} (passed, then failed): messages.stream.unfinished`" in text
    assert text.index("Changes since the baseline") < text.index("| endpoint |") < text.index("### Broken")


def test_a_clean_run_has_nothing_broken() -> None:
    clean = example_runs.clean()
    text = markdown.run(clean, diff(clean, clean))
    assert "Nothing changed." in text
    assert "### Broken" not in text
    assert "100 %" in text


def test_the_table_is_a_table() -> None:
    lines = [line for line in markdown.run(example_runs.worse()).splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1


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
    for entry in document["verdicts"]:
        entry |= {"endpoint": HOSTILE, "family": HOSTILE, "area": HOSTILE}
        for finding in entry["findings"]:
            finding |= {"expected": HOSTILE, "got": HOSTILE}
    return document


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
    assert "messages.stream.unfinished" not in markdown.run(worse)


def test_the_head_names_the_gateway_and_the_ci_run() -> None:
    ci = {"name": "GitHub Actions", "url": "https://github.com/example/gateway/actions/runs/4711"}
    text = markdown.run({**example_runs.routed(), "environment": {"ci": ci}})
    head = text[: text.index("| endpoint |")]
    for route, url in example_runs.ROUTES.items():
        assert f"route `{route}`: `{url}`" in head
    assert "upstream `https://upstream.example/v1`, tested where a rule was broken" in head
    assert f"run by `GitHub Actions`: `{ci['url']}`" in head
    assert "route `" not in markdown.run(example_runs.worse())
