"""Problems of two runs: new, wider, narrower and gone ones, and what is not a change of the gateway."""

from __future__ import annotations

import copy
import json
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import pytest

from conformance.analysis import known_failures, known_problem, problem_changes, problems
from conformance.analysis.diff import Diff, diff
from conformance.analysis.gate import Gate, fails_run
from conformance.analysis.known_failures import KnownFailure
from conformance.core.model import JSON
from conformance.report import diff_text, gate_text, markdown
from conformance.report.html.run import render
from tests.analysis.test_over_run import BROKEN, GOOD
from tests.support import example_runs

RULE = "messages.stream.unfinished"
WORDS = "every streamed Messages answer"


@cache
def streams() -> tuple[str, ...]:
    return tuple(one["id"] for one in example_runs.worse()["verdicts"] if one["outcome"] == "failed")


def broken_in(cases: Collection[str]) -> JSON:
    """The clean run, in which these streams lose their end."""
    return example_runs.damaged(example_runs.clean(), example_runs.without_the_end, lambda one: one["id"] in cases)


def intermittent(cases: Collection[str]) -> JSON:
    """As `broken_in`, where no condition explains in which streams it shows."""
    run = broken_in(cases)
    [problem] = run["problems"]
    problem["scope"] = {"facts": ["endpoint=messages", "streamed"], "words": WORDS}
    problem["shown"] = {"broken": len(cases), "inside": len(streams()), "outside": 0}
    return run


def of(document: JSON, cases: Collection[str]) -> JSON:
    """The run of some cases only."""
    return {**document, "verdicts": [one for one in document["verdicts"] if one["id"] in cases]}


def every_case() -> set[str]:
    return {one["id"] for one in example_runs.clean()["verdicts"]}


def kinds(difference: Diff) -> list[str]:
    return [change.kind for change in difference.problems]


def test_three_nights() -> None:
    """A clean night, one with a fault, and one in which the same fault is wider: each is told in every report."""
    clean, narrow, wide = example_runs.clean(), broken_in(streams()[:1]), example_runs.worse()
    number = len(streams())
    nights: tuple[tuple[JSON, JSON, str], ...] = (
        (clean, clean, ""),
        (clean, narrow, f"new problem: must {narrow['problems'][0]['id']}: "),
        (narrow, wide, f"wider problem: must {wide['problems'][0]['id']}: "),
    )
    for before, now, told in nights:
        difference = diff(before, now)
        assessment = Gate(baseline=before, fail_on="regression").assess(now, ())
        texts = (
            "\n".join(gate_text.lines(assessment, "regression")),
            "\n".join(diff_text.lines(difference)),
            markdown.run(now, difference),
            render(now, difference),
        )
        for text in texts:
            assert ("problem: must" in text) is bool(told)
            assert text.count(told) == 1 or not told
        assert len(difference.problems) == bool(told)
        assert fails_run(assessment, "regression") is difference.is_regression is bool(told)
    assert texts[0].startswith(f"failed: a wider problem: {wide['problems'][0]['id']}\n")
    assert f"{WORDS}, {number} of {number}; in 1 case before, in {number} now" in texts[0]
    assert "regressed: " not in texts[0]  # the problem tells it of every case
    assert texts[1].count("regressed: ") == number - 1


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [((), 9, "new"), (9, (), "gone"), (9, 9, "same"), (1, 9, "wider"), (9, 1, "narrower")],
)
def test_how_a_problem_changes(before: Any, now: Any, kind: str) -> None:
    old, new = (
        broken_in(streams()[:number]) if isinstance(number, int) else example_runs.clean() for number in (before, now)
    )
    difference = diff(old, new)
    assert kinds(difference) == [kind]
    assert difference.is_regression is (kind in ("new", "wider"))
    document = diff_text.document(difference)
    assert (document["regression"], document["problems"][0]["kind"]) == (difference.is_regression, kind)
    assert {problem for change in difference.of("regressed") for problem in change.problems} <= {
        problem["id"] for problem in new["problems"]
    }


def test_new_cases_do_not_make_a_problem_new_or_wider() -> None:
    worse, half = example_runs.worse(), every_case() - set(streams()[:3])
    without = of(example_runs.clean(), every_case() - set(streams()))
    assert kinds(diff(without, worse)) == ["unseen"]
    assert not diff(without, worse).is_regression
    assert f"problem in cases that only one of the runs judged: must {RULE}" in "\n".join(
        diff_text.lines(diff(without, worse))
    )
    assert kinds(diff(of(worse, half), worse)) == kinds(diff(worse, of(worse, half))) == ["same"]
    assert not diff(of(worse, half), worse).is_regression


def test_a_problem_in_unverified_cases_is_not_told() -> None:
    run = example_runs.worse()
    for one in run["verdicts"]:
        if one["id"] in streams():
            one["outcome"] = "unverified"
    assert diff(example_runs.clean(), run).problems == ()


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        ([0, 1], [1, 2], "same"),  # in other cases, as often
        ([0], [1, 2], "same"),
        ([0, 1, 2], [3], "same"),
        ([0, 1], [0, 1, 2], "wider"),  # in all of the old ones and in a new one
        ([0], [1, 2, 3, 4], "same"),
    ],
)
def test_an_intermittent_problem(before: list[int], now: list[int], kind: str) -> None:
    old, new = (intermittent([streams()[index] for index in cases]) for cases in (before, now))
    difference = diff(old, new)
    assert kinds(difference) == [kind]
    assert difference.is_regression is (kind == "wider")


@pytest.mark.parametrize(("was", "now", "more"), [(1, 6, False), (1, 7, True), (10, 20, False), (10, 22, True)])
def test_an_intermittent_problem_that_shows_clearly_more_often_is_wider(was: int, now: int, more: bool) -> None:
    assert problem_changes.is_clearly_more(was, now) is more


def test_a_known_problem_is_not_a_regression() -> None:
    run = example_runs.worse()
    run["problems"][0]["known"] = "known: the proxy cuts it"
    for one in run["verdicts"]:
        if one["id"] in streams():
            one["outcome"] = "known"
    difference = diff(example_runs.clean(), run)
    assert kinds(difference) == ["new"]
    assert not difference.is_regression
    assert "(known: the proxy cuts it)" in "\n".join(diff_text.problem_lines(difference))


def test_a_listed_problem_is_known_even_where_its_cases_fail_for_another_reason() -> None:
    """The cases fail before and now because of one problem; a second one is new, and only this one is listed."""
    before, now = example_runs.worse(), example_runs.worse()
    for one in now["verdicts"]:
        if one["id"] in streams():
            one["findings"].append({**one["findings"][0], "rule": "messages.id"})
    second = {**now["problems"][0], "id": "messages.id@messages", "rule": "messages.id", "rules": ["messages.id"]}
    now["problems"].append(second)
    listed = KnownFailure("", "it has another form", problem=known_problem.parse("messages.id"))
    for entries, fails in (((), True), ((listed,), False), ((replace(listed, expires=date(2020, 1, 1)),), True)):
        difference = Gate(entries, before, "regression").assess(now, ()).difference
        assert difference
        assert kinds(difference) == ["new", "same"]
        assert difference.is_regression is fails


def test_a_listed_finding_over_the_run_is_not_a_regression() -> None:
    listed = KnownFailure("chat_completions/*", "ids are counted", rule="run.answer-id")
    run: Any = copy.deepcopy(BROKEN)
    for one in run["verdicts"]:
        one["observed"] = [{"facts": ["endpoint=chat_completions"], "held": []}]
    told = problems.with_problems(run)
    assert [one["rule"] for one in told["problems"]] == ["run.answer-id"]
    for document, entries, fails in ((told, (), True), (told, (listed,), False), (BROKEN, (), True)):
        difference = Gate(entries, GOOD, "regression").assess(document, ()).difference
        assert difference
        assert difference.is_regression is fails
    settled, _ = known_failures.apply(BROKEN, [listed], date(2026, 1, 1))
    assert not diff(GOOD, settled).is_regression


def test_a_case_that_no_problem_explains_is_a_regression() -> None:
    run = {**example_runs.worse(), "problems": []}
    difference = diff(example_runs.clean(), run)
    assert kinds(difference) == []
    assert difference.is_regression
    [line] = diff_text.regressions(difference)
    assert line.startswith(f"{len(streams())} cases broke another rule: {streams()[0]}, ")


def test_a_rule_that_a_problem_breaks_besides_makes_it_wider() -> None:
    run, more = example_runs.worse(), example_runs.worse()
    for one in more["verdicts"]:
        if one["id"] in streams():
            one["findings"].append({**one["findings"][0], "rule": "case.same-answer"})
    more["problems"][0]["follows"] = ["case.same-answer"]
    assert kinds(diff(run, more)) == ["wider"]
    own = copy.deepcopy(more["problems"][0]) | {"id": "case.same-answer@*", "rule": "case.same-answer", "follows": []}
    more["problems"].append(own | {"rules": ["case.same-answer"]})
    assert kinds(diff(run, more)) == ["new", "same"]  # the new problem tells it


def test_older_runs_are_evaluated() -> None:
    def older(document: JSON) -> JSON:
        kept = {name: value for name, value in json.loads(json.dumps(document)).items() if name != "problems"}
        for one in kept["verdicts"]:
            del one["observed"]
        return kept

    clean, worse = example_runs.clean(), example_runs.worse()
    assert kinds(diff(older(worse), worse)) == ["same"]
    assert kinds(diff(older(clean), worse)) == ["new"]
    assert kinds(diff(older(clean), older(worse))) == ["new"]
    unreadable = older(worse)
    for one in unreadable["verdicts"]:
        for exchange in one["exchanges"]:
            exchange["chunks"] = [{"base64": "?"}]
    assert kinds(diff(older(clean), unreadable)) == []
    assert diff(older(clean), unreadable).is_regression
