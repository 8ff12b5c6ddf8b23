"""Problems and repeated findings on the HTML page, as text."""

from __future__ import annotations

import copy
import re

import pytest

from conformance.analysis.diff import diff
from conformance.core.model import JSON
from conformance.report.html import findings, problems
from conformance.report.html import run as page
from conformance.report.text import OWN_SOURCE
from tests.support import example_runs

RULE = "messages.stream.unfinished"
ANCHOR = "problem-messages.stream.unfinished-messages-streamed"


def first_section(text: str) -> str:
    return text.partition('<section id="problems"')[2].partition("</section>")[0]


def with_problem(**changes: JSON) -> JSON:
    """The worse run, with a changed problem."""
    document = copy.deepcopy(example_runs.worse())
    document["problems"] = [{**document["problems"][0], **changes}]
    return document


def test_the_first_section_says_what_is_broken() -> None:
    document = example_runs.worse()
    [problem] = document["problems"]
    text = page.render(document)
    assert text.index('id="problems"') < text.index('id="outcomes"') < text.index('id="cases"')
    section = first_section(text)
    assert f"1 problem breaks required rules: 5 of {len(document['verdicts'])} cases failed." in text
    for expected in (
        "1 problem: 1 must",
        f'id="{ANCHOR}" open',
        "1. A stream ends with <code>message_stop</code>",
        f"It shows in {problem['scope']['words']}: <strong>5 of 5</strong>",
        "Clients break: Clients treat a partial answer as complete, or wait.",
        problem["example"]["expected"],
        problem["example"]["got"],
        "$GATEWAY_API_KEY",
        "5 cases",
        f'href="#{ANCHOR}"',
    ):
        assert expected in section
    assert section.count('<li><a class="id"') == 5


def test_the_nearest_exchange_that_does_not_show_it_is_linked() -> None:
    passed = next(entry["id"] for entry in example_runs.worse()["verdicts"] if entry["outcome"] == "passed")
    section = first_section(page.render(with_problem(without={"case": passed, "step": 2})))
    assert re.search(rf">{re.escape(passed)}</a> \(step 2\), the most similar exchange", section)


def test_an_intermittent_problem_says_so() -> None:
    section = first_section(page.render(with_problem(shown={"broken": 3, "inside": 20, "outside": 90})))
    assert '<span class="mark unverified">intermittent</span>' in section
    assert "3 of 20 (intermittent" in section
    assert "intermittent" not in first_section(page.render(example_runs.worse()))


def test_a_green_run_says_so_in_one_sentence() -> None:
    document = example_runs.clean()
    section = first_section(page.render(document))
    assert f"<p>No problem was found in {len(document['verdicts'])} cases.</p>" in section
    assert "<details" not in section


@pytest.mark.parametrize(
    ("changes", "title"),
    [({"known": "a reason"}, "1 known problem"), ({"level": "may"}, "1 problem of level may or info")],
)
def test_known_and_minor_problems_are_folded(changes: JSON, title: str) -> None:
    section = first_section(page.render(with_problem(**changes)))
    before, _, folded = section.partition('<details class="others">')
    assert "No problem needs attention." in before
    assert f"<h3>{title}</h3>" in folded
    assert f'id="{ANCHOR}">' in folded


def test_failed_cases_without_a_problem_are_counted() -> None:
    document = example_runs.worse()
    cases = document["problems"][0]["cases"]
    text = page.render(with_problem(cases=cases[:-1]))
    assert "1 failed case belongs to none of these problems" in text
    assert text.count('"problem":["none"]') == 1
    assert "none of these problems" not in page.render(document)


def test_a_run_without_stated_problems_leads_to_the_broken_rules() -> None:
    section = first_section(page.render({**example_runs.worse(), "problems": []}))
    assert '<a href="#rules">broken rules</a>' in section


def test_a_problem_has_its_regressed_cases() -> None:
    worse = example_runs.worse()
    text = page.render(worse, diff(example_runs.clean(), worse))
    assert '<span class="mark failed">5 regressed</span>' in first_section(text)
    assert "Since the baseline</a>: 5 regressed." in text
    assert "regressed" not in first_section(page.render(worse, diff(worse, worse)))


def test_anchors_depend_on_the_id_and_are_distinct() -> None:
    ids = ["chat.stream.done@chat_completions,!tools", "a.b@*", "a.b@messages|responses,case=x/y", "a.b"]
    entries = [{**example_runs.worse()["problems"][0], "id": name} for name in ids]
    assert [*problems.anchors(entries)] == [
        "problem-chat.stream.done-chat_completions-not-tools",
        "problem-a.b",
        "problem-a.b-messages-responses-case-x-y",
        "problem-a.b-2",
    ]


def test_who_is_hurt_comes_from_the_run() -> None:
    """The files of earlier versions do not have the sentence."""
    document = copy.deepcopy(example_runs.worse())
    sentence = document["rules"][RULE].pop("breaks")
    assert sentence not in page.render(document)
    document["rules"][RULE]["breaks"] = "Your `app` stops."
    text = page.render(document)
    assert "Your <code>app</code> stops." in text.partition('<section id="rules"')[2].partition("</section>")[0]
    assert '"breaks":"Your `app` stops."' in text


def test_a_rule_without_a_source_has_the_source_of_the_case() -> None:
    document = copy.deepcopy(example_runs.worse())
    document["rules"][RULE]["source"] = OWN_SOURCE
    case = next(entry for entry in document["verdicts"] if entry["outcome"] == "failed")
    text = page.render(document)
    assert f'<a href="{case["source"]}" rel="noreferrer">{case["source"]}</a>' in first_section(text)
    assert OWN_SOURCE not in text.partition('<section id="rules"')[2].partition("</section>")[0]


def test_facts_are_not_on_the_page() -> None:
    document = example_runs.clean()
    assert "observed" in document["verdicts"][0]
    assert '"held"' not in page.render(document)


# Findings


def finding(step: int = 1, got: str = "it is missing", **where: JSON) -> JSON:
    return {"rule": "r", "level": "must", "step": step, "expected": "a", "got": got, "where": where}


@pytest.mark.parametrize(
    ("found", "more"),
    [
        ([finding(event=1)], [""]),
        ([finding(event=1), finding(event=2), finding(event=3)], ["and in 2 more events"]),
        ([finding(step=1), finding(step=2)], ["and in 1 more step"]),
        ([finding(pointer="/data/0/id"), finding(pointer="/data/1/id")], ["and in 1 more place"]),
        ([finding(step=1, event=1), finding(step=1, event=2), finding(step=2, event=1)], ["and in 2 more places"]),
        ([finding(pointer="/a"), finding(pointer="/b")], ["", ""]),
        ([finding(), {**finding(), "level": "should"}, {**finding(), "blame": "upstream"}], ["", "", ""]),
    ],
    ids=["once", "events", "steps", "items", "places", "members", "levels-and-blame"],
)
def test_a_repeated_finding_is_shown_once_with_its_count(found: list[JSON], more: list[str]) -> None:
    assert [one["more"] for one in findings.folded(found)] == more  # type: ignore[arg-type]


def test_a_repeated_finding_keeps_its_places_and_its_other_texts() -> None:
    [shown] = findings.folded([finding(event=1), finding(event=2), finding(event=5, got="null")])  # type: ignore[list-item]
    assert (shown["got"], shown["where"]) == ("it is missing", {"event": 1})
    assert shown["also"] == [
        {"step": 1, "where": {"event": 2}},
        {"step": 1, "where": {"event": 5}, "expected": "a", "got": "null"},
    ]
