"""Entries that name a problem: which failures they cover, and when they are stale or match nothing."""

from __future__ import annotations

import copy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.analysis import known_failures, known_problem, known_update, over_run, problems
from conformance.analysis.known_failures import KnownFailure, load_known_failures
from conformance.core.model import JSON
from tests.analysis.test_over_run import BROKEN
from tests.support import example_runs

TODAY = date(2026, 6, 15)
RULE = "messages.stream.unfinished"


def entry(text: str, *rules: str, **more: Any) -> KnownFailure:
    return KnownFailure("", "the proxy cuts it", problem=known_problem.parse(text, rules), **more)


def left(document: JSON, *listed: KnownFailure) -> list[str]:
    """The cases that still fail with a list."""
    settled, _ = known_failures.apply(document, listed, TODAY)
    return [one["id"] for one in settled["verdicts"] if one["outcome"] == "failed"]


def mistakes(document: JSON, *listed: KnownFailure, ids: tuple[str, ...] = ()) -> list[str]:
    return [f"{one.kind}: {one.sentence}" for one in known_failures.apply(document, listed, TODAY, ids)[1]]


def kinds(document: JSON, *listed: KnownFailure) -> list[str]:
    return [one.partition(":")[0] for one in mistakes(document, *listed)]


def problem(document: JSON) -> JSON:
    [found] = problems.of(document)
    return found


@pytest.mark.parametrize(
    ("text", "rule", "literals"),
    [
        ("chat.id", "chat.id", ()),
        ("chat.id@chat_completions", "chat.id", ("endpoint=chat_completions",)),
        ("chat.id@*,!streamed", "chat.id", ("endpoint=*", "!streamed")),
        ("chat.id@messages|responses,tools", "chat.id", ("endpoint=messages|responses", "tools")),
        ("chat.id@streamed", "chat.id", ("streamed",)),
        ("chat.id@endpoint=messages", "chat.id", ("endpoint=messages",)),
        (
            "chat.id@*,model=@cf/a,b=c,parameter=x,streamed~2",
            "chat.id",
            ("endpoint=*", "model=@cf/a,b=c", "parameter=x", "streamed"),
        ),
    ],
)
def test_the_id_of_a_problem_is_read_back(text: str, rule: str, literals: tuple[str, ...]) -> None:
    found = known_problem.parse(text)
    assert (found.rule, found.literals) == (rule, literals)


@pytest.mark.parametrize("text", ["", "@messages", "@messages,streamed", "@*", "@streamed"])
def test_a_listed_problem_is_known_in_all_of_its_cases(text: str) -> None:
    run = example_runs.worse()
    assert left(run) == problem(run)["cases"] != []
    assert left(run, entry(RULE + text)) == []
    assert mistakes(run, entry(RULE + text)) == []


@pytest.mark.parametrize("text", ["messages.stream.order", f"{RULE}@responses", f"{RULE}@messages,!streamed"])
def test_another_problem_or_scope_covers_nothing(text: str) -> None:
    run = example_runs.worse()
    assert left(run, entry(text)) == left(run)


def test_a_case_with_another_broken_rule_fails() -> None:
    run = example_runs.worse()
    failed = next(one for one in run["verdicts"] if one["outcome"] == "failed")
    failed["findings"].append({**failed["findings"][0], "rule": "messages.id"})
    assert left(run, entry(RULE)) == [failed["id"]]
    assert left(run, entry(RULE, "messages.id")) == []


def test_a_consequence_in_a_later_step_is_covered() -> None:
    run = example_runs.worse()
    failed = next(one for one in run["verdicts"] if one["outcome"] == "failed")
    later = {"facts": ["endpoint=messages"], "held": []}
    failed["observed"] = [failed["observed"][0], later]
    failed["findings"].append({**failed["findings"][0], "rule": "case.same-answer", "step": 2})
    assert left(run, entry(f"{RULE}@messages,streamed", "case.same-answer")) == []
    assert left(run, entry(f"{RULE}@messages,streamed")) == [failed["id"]]
    failed["findings"].pop(0)  # without the cause, it is not a consequence
    assert left(run, entry(f"{RULE}@messages,streamed", "case.same-answer")) == [failed["id"]]


def test_where_a_problem_becomes_wider_the_new_cases_fail() -> None:
    clean = example_runs.clean()
    first, *_ = failing = left(example_runs.worse())
    narrow = example_runs.damaged(clean, example_runs.without_the_end, lambda one: one["id"] == first)
    listed = entry(problem(narrow)["id"])
    assert listed.problem
    assert listed.problem.literals != ("endpoint=messages", "streamed")
    assert left(narrow, listed) == []
    assert left(example_runs.worse(), listed) == [name for name in failing if name != first]


def test_a_problem_that_no_longer_occurs_is_stale() -> None:
    clean = example_runs.clean()
    [said] = mistakes(clean, entry(f"{RULE}@messages,streamed", place="known.yaml:2"))
    assert said.startswith(f"stale: known.yaml:2: the problem {RULE} endpoint=messages streamed no longer occurs (")
    assert mistakes(clean, entry(RULE, sometimes=True)) == []
    assert kinds(clean, entry(RULE, expires=date(2026, 6, 14))) == ["expired"]
    assert left(example_runs.worse(), entry(RULE, expires=date(2026, 6, 14))) == left(example_runs.worse())


def test_an_entry_without_an_answer_in_its_scope_is_not_stale() -> None:
    clean = example_runs.clean()
    part = {**clean, "verdicts": [one for one in clean["verdicts"] if one["endpoint"] != "messages"]}
    ids = tuple(one["id"] for one in clean["verdicts"])
    assert mistakes(part, entry(RULE), ids=ids) == []
    unsure = copy.deepcopy(clean)
    for one in unsure["verdicts"]:
        if one["endpoint"] == "messages":
            one["outcome"] = "unverified"
    assert mistakes(unsure, entry(RULE), ids=ids) == []


@pytest.mark.parametrize(
    ("listed", "missing"),
    [
        (entry("messages.stream.unfinishd"), "rule messages.stream.unfinishd"),
        (entry(RULE, "case.txt"), "rule case.txt"),
        (entry(f"{RULE}@messages,stremed"), "endpoint messages,stremed"),
        (entry(f"{RULE}@messages,streamed,tolls"), "fact "),
        (entry(f"{RULE}@chat"), "endpoint chat"),
    ],
)
def test_an_entry_that_names_something_unknown_is_unmatched(listed: KnownFailure, missing: str) -> None:
    [said] = mistakes(example_runs.worse(), listed)
    assert said.startswith("unmatched: ")
    assert missing in said


def test_a_scope_that_fits_no_answer_of_a_whole_run_is_unmatched() -> None:
    assert kinds(example_runs.worse(), entry(f"{RULE}@messages,model=another")) == ["unmatched"]


def test_a_finding_over_the_run_is_covered_if_every_case_is() -> None:
    run: Any = copy.deepcopy(BROKEN)
    for verdict in run["verdicts"]:
        assert not verdict.get("observed")  # made without a judge
        verdict["observed"] = [{"facts": ["endpoint=chat_completions", f"case={verdict['id'][-3:]}"], "held": []}]
    every, one, two, other = (
        entry(f"run.answer-id@{scope}")
        for scope in ("chat_completions", "chat_completions,case=one", "*,case=two", "messages")
    )

    def is_known(*listed: KnownFailure) -> bool:
        return "known" in known_failures.apply(run, listed, TODAY)[0]["over_run"][0]

    assert is_known(every)
    assert is_known(one, two)
    assert not is_known(one)
    assert not is_known(other)
    assert mistakes(run, every) == []
    [stale] = mistakes({**run, "over_run": []}, every)
    assert stale.startswith("stale: ")
    [told] = problems.problems(over_run.with_entries(run, run["over_run"]))
    assert told["rule"] == "run.answer-id"
    assert 'problem: "run.answer-id@chat_completions"' in known_update.update({**run, "problems": [told]}, TODAY)


# The first list


def written(document: JSON, path: Path, level: Any = "must") -> tuple[KnownFailure, ...]:
    path.write_text(known_update.update(document, TODAY, level), "utf-8")
    return load_known_failures(path)


def test_the_first_list_has_an_entry_for_each_problem_and_a_date(tmp_path: Path) -> None:
    run = example_runs.worse()
    [listed] = written(run, tmp_path / "known.yaml")
    assert listed.problem
    assert listed.problem.rule == RULE
    assert listed.expires == date(2026, 6, 29)
    assert left(run, listed) == []
    assert written(example_runs.clean(), tmp_path / "known.yaml") == ()


def test_the_first_list_contains_consequences_and_every_part(tmp_path: Path) -> None:
    """Two conditions under which a rule breaks, and a consequence that is only in one of them."""
    run = example_runs.worse()
    first, second = problem(run), copy.deepcopy(problem(run))
    first["id"] = f"{RULE}@messages,!non-ascii-sent"
    first["scope"]["facts"] = ["endpoint=messages", "!non-ascii-sent"]
    second |= {"id": f"{RULE}@messages,non-ascii-sent", "follows": ["case.same-answer"]}
    second["scope"]["facts"] = ["endpoint=messages", "non-ascii-sent"]
    run["problems"] = [first, second]
    broken = [one for one in run["verdicts"] if one["outcome"] == "failed"]
    assert {"non-ascii-sent" in one["observed"][0]["facts"] for one in broken} == {True, False}
    for one in broken:
        if "non-ascii-sent" in one["observed"][0]["facts"]:
            one["findings"].append({**one["findings"][0], "rule": "case.same-answer"})
    listed = written(run, tmp_path / "known.yaml")
    assert [one.problem and one.problem.rules for one in listed] == [(), ("case.same-answer",)]
    assert left(run, *listed) == []
    assert mistakes(run, *listed) == []


def test_the_first_list_has_warnings_only_if_asked(tmp_path: Path) -> None:
    run = example_runs.worse()
    for one in run["verdicts"]:
        if one["outcome"] == "failed":
            one["outcome"] = "warned"
            for finding in one["findings"]:
                finding["level"] = "should"
    assert written(run, tmp_path / "known.yaml") == ()
    listed = written(run, tmp_path / "known.yaml", "should")
    assert len(listed) == 1
    settled, _ = known_failures.apply(run, listed, TODAY)
    assert "warned" not in settled["summary"]


def test_a_rare_problem_is_not_stale_in_the_next_run(tmp_path: Path) -> None:
    run = example_runs.worse()
    run["problems"][0]["shown"] = {"broken": 2, "inside": 40, "outside": 0}
    assert [one.sometimes for one in written(run, tmp_path / "known.yaml")] == [True]
    run["problems"][0]["shown"] = {"broken": 2, "inside": 2, "outside": 0}
    assert [one.sometimes for one in written(run, tmp_path / "known.yaml")] == [False]
