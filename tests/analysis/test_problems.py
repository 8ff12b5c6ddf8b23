"""Rules that break for one reason are one problem, with the narrowest condition under which it shows."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence

import pytest

from conformance.analysis import problems
from conformance.analysis.problems.scope import holds
from conformance.core import data_files
from conformance.core.model import Level, Outcome
from conformance.protocol import rulebook
from conformance.records import run_document
from conformance.records.run_format import FindingEntry, ObservedEntry, ProblemEntry, RunDocument, VerdictEntry
from tests.support import example_runs

STREAM = ["chat_completions/any", "chat_completions/final", "chat_completions/stream", "case/any", "case/success"]
JSON = ["chat_completions/any", "chat_completions/final", "chat_completions/json", "case/any", "case/success"]
MESSAGE = ["messages/any", "messages/final", "messages/json", "case/any", "case/success"]
TEXT = "case/contains"
CHAT = "endpoint=chat_completions"
DROPPED = "upstream.parameter.dropped"
REQUEST_ID, USAGE, NULLS = "http.header.request-id", "chat.usage.total", "chat.message.refusal"

Step = tuple[Sequence[str], Sequence[str], Sequence[str]]
"""The facts about an exchange, the groups it was held against, and the rules that it broke."""


def streamed(*broken: str, more: Sequence[str] = (), held: Sequence[str] = ()) -> Step:
    return [CHAT, "streamed", *more], [*STREAM, *held], broken


def plain(*broken: str, more: Sequence[str] = (), held: Sequence[str] = ()) -> Step:
    return [CHAT, *more], [*JSON, *held], broken


def message(*broken: str, more: Sequence[str] = (), held: Sequence[str] = ()) -> Step:
    return ["endpoint=messages", *more], [*MESSAGE, *held], broken


def finding(rule: str, step: int) -> FindingEntry:
    level: Level = rulebook.rules()[rule].level
    return {"rule": rule, "level": level, "step": step, "expected": "one", "got": "other", "where": {}}


def verdict(number: int, *steps: Step, outcome: Outcome | None = None) -> VerdictEntry:
    findings = [finding(rule, step) for step, (_, _, broken) in enumerate(steps, 1) for rule in broken]
    observed: list[ObservedEntry] = [{"facts": [*facts], "held": [*held]} for facts, held, _ in steps]
    endpoint = steps[0][0][0].removeprefix("endpoint=")
    return {
        "id": f"{endpoint}/area/case-{number:03}",
        "title": "A case.",
        "family": endpoint,
        "area": "area",
        "endpoint": endpoint,
        "level": "must",
        "source": "https://example.org",
        "file": "cases/file.yaml",
        "line": 1,
        "outcome": outcome or ("failed" if findings else "passed"),
        "reason": "",
        "seconds": 0.1,
        "findings": findings,
        "observed": observed,
        "exchanges": [],
    }


def run(*verdicts: VerdictEntry) -> RunDocument:
    return run_document.document({"base_url": "https://gateway.example", "models": {}}, "", 1.0, verdicts)


def run_of(*steps: Step) -> RunDocument:
    """A run of cases with one step each."""
    return run(*(verdict(number, step) for number, step in enumerate(steps)))


def found(document: RunDocument) -> list[tuple[list[str], str]]:
    """The rules and the scope of each problem."""
    return [(problem["rules"], problem["scope"]["words"]) for problem in problems.problems(document)]


def only(document: RunDocument) -> ProblemEntry:
    (problem,) = problems.problems(document)
    return problem


def test_a_rule_that_breaks_where_a_fact_is_true() -> None:
    problem = only(run_of(*[plain(USAGE, more=["tools"])] * 3, *[plain()] * 5, *[message()] * 2))
    assert problem["scope"] == {
        "facts": [CHAT, "tools"],
        "words": "every Chat Completions answer with tools",
    }
    assert problem["shown"] == {"broken": 3, "inside": 3, "outside": 5}
    assert problem["id"] == f"{USAGE}@chat_completions,tools"
    assert len(problem["cases"]) == 3


def test_a_rule_that_breaks_where_a_fact_is_false() -> None:
    document = run_of(*[plain(USAGE)] * 3, *[plain(more=["tools"])] * 5)
    assert found(document) == [([USAGE], "every Chat Completions answer without tools")]


def test_a_problem_that_always_shows_has_the_widest_scope() -> None:
    document = run_of(plain(USAGE, more=["tools"]), plain(USAGE, more=["images"]), message())
    assert found(document) == [([USAGE], "every Chat Completions answer")]


def test_a_scope_says_that_its_rule_is_about_streams() -> None:
    document = run_of(*[streamed("chat.stream.done-missing")] * 4, *[plain()] * 5)
    assert found(document) == [(["chat.stream.done-missing"], "every streamed Chat Completions answer")]
    assert only(document)["shown"] == {"broken": 4, "inside": 4, "outside": 0}


def test_a_problem_in_a_part_of_its_scope_is_intermittent() -> None:
    problem = only(run_of(*[plain(USAGE)] * 3, *[plain()] * 9))
    assert problem["shown"] == {"broken": 3, "inside": 12, "outside": 0}


def test_two_facts_together_are_a_scope() -> None:
    both = plain(USAGE, more=["tools", "images"])
    document = run_of(both, both, *[plain(more=["tools"])] * 4, *[plain(more=["images"])] * 4)
    assert found(document) == [([USAGE], "every Chat Completions answer with tools and with images")]


def test_one_rule_under_two_conditions_is_two_problems() -> None:
    images, tools = plain(USAGE, more=["images"]), plain(USAGE, more=["tools"])
    document = run_of(*[images] * 5, *[tools] * 5, *[plain()] * 30)
    assert sorted(where for _, where in found(document)) == [
        "every Chat Completions answer with images",
        "every Chat Completions answer with tools",
    ]


def test_a_list_of_single_cases_is_not_a_list_of_problems() -> None:
    mistakes = [plain(USAGE, more=[f"case=area/{number}"]) for number in range(6)]
    document = run_of(*mistakes, *[plain(more=[f"case=other/{number}"]) for number in range(30)])
    assert found(document) == [([USAGE], "every Chat Completions answer")]


def about(parameter: str, upstream: str, *broken: str) -> Step:
    """A case about a parameter of Messages, with this upstream."""
    return message(*broken, more=[f"about={parameter}", f"upstream={upstream}"], held=["case/parameter"])


def test_each_parameter_that_is_dropped_in_a_lane_is_a_problem() -> None:
    lanes = ("chat_completions", "responses", "messages")
    dropped = [("stop_sequences", "chat_completions"), ("top_k", "chat_completions"), ("top_k", "messages")]
    names = ("stop_sequences", "top_k", "top_p", "system")
    steps = [about(name, lane, *([DROPPED] if (name, lane) in dropped else [])) for name in names for lane in lanes]
    assert sorted(found(run_of(*steps))) == [
        ([DROPPED], "every Messages answer from a Chat Completions upstream and about the parameter `stop_sequences`"),
        ([DROPPED], "every Messages answer from a Chat Completions upstream and about the parameter `top_k`"),
        ([DROPPED], "every Messages answer from a Messages upstream and about the parameter `top_k`"),
    ]


def test_a_parameter_that_is_dropped_twice_in_a_lane_is_one_problem() -> None:
    twice = [about("stop_sequences", "responses", DROPPED)] * 2
    problem = only(run_of(*twice, about("stop_sequences", "messages"), about("top_k", "responses")))
    assert problem["shown"] == {"broken": 2, "inside": 2, "outside": 2}
    assert problem["id"] == f"{DROPPED}@messages,upstream=responses,about=stop_sequences"


def test_rules_that_break_together_are_one_problem() -> None:
    together = plain(USAGE, "chat.finish.limit", more=["images"])
    assert found(run_of(*[together] * 3, *[plain()] * 6)) == [
        ([USAGE, "chat.finish.limit"], "every Chat Completions answer with images")
    ]


def test_rules_that_always_break_are_not_one_problem_for_that() -> None:
    everywhere = [plain(REQUEST_ID, NULLS)] * 10
    assert [rules for rules, _ in found(run_of(*everywhere))] == [[NULLS], [REQUEST_ID]]


def test_related_rules_that_always_break_are_one_problem() -> None:
    document = run_of(*[plain("chat.choices.list", "chat.id")] * 10)
    assert [rules for rules, _ in found(document)] == [["chat.choices.list", "chat.id"]]


def test_a_rule_of_a_small_part_does_not_hide_in_a_rule_that_always_breaks() -> None:
    document = run_of(*[plain(REQUEST_ID)] * 20, *[plain(REQUEST_ID, USAGE, more=["tools"])] * 4)
    assert sorted(rules for rules, _ in found(document)) == [[USAGE], [REQUEST_ID]]


def test_what_a_case_expects_follows_from_what_is_broken_in_its_answer() -> None:
    broken = streamed("chat.stream.done-missing", "case.answer-text", held=[TEXT])
    problem = only(run_of(*[broken] * 3, *[plain(held=[TEXT])] * 5))
    assert (problem["rules"], problem["follows"]) == (["chat.stream.done-missing"], ["case.answer-text"])


def test_what_a_later_step_expects_follows_from_an_earlier_one() -> None:
    steps = plain("case.accepted"), plain("case.answer-text", held=[TEXT])
    problem = only(run(verdict(1, *steps), verdict(2, plain(held=[TEXT])), verdict(3, plain(held=[TEXT]))))
    assert (problem["rules"], problem["follows"]) == (["case.accepted"], ["case.answer-text"])
    assert len(problem["cases"]) == 1


def test_a_refusal_follows_from_the_broken_answer_that_was_sent_back() -> None:
    """A rule of any level explains it if it broke in an earlier step, and most answers that broke it are refused."""
    empty = "messages.content.empty-text"
    good = message()
    problem = only(run(verdict(1, message(empty), message("case.accepted")), *[verdict(n, good, good) for n in (2, 3)]))
    assert (problem["rules"], problem["follows"], problem["level"]) == ([empty], ["case.accepted"], "must")
    rarely = run(
        verdict(1, message(empty), message("case.accepted")), *[verdict(n, message(empty), good) for n in (2, 3)]
    )
    assert problems.problems(rarely)[0]["rules"] == ["case.accepted"]
    together = run(*[verdict(n, message(empty, "case.accepted"), good) for n in (1, 2)], verdict(3, good, good))
    assert problems.problems(together)[0]["rules"][0] == "case.accepted"


def test_a_rule_that_is_known_to_follow_from_another_one_is_no_problem_of_its_own() -> None:
    cause, consequence = "chat.delta.content", "chat.fit.json-object"
    document = run_of(*[streamed(cause)] * 5, streamed(cause, consequence, more=["structured"]), *[plain()] * 6)
    assert (only(document)["rules"], only(document)["follows"]) == ([cause], [consequence])
    elsewhere = run_of(*[streamed(cause)] * 5, *[plain(consequence, more=["structured"])] * 2, *[plain()] * 6)
    assert sorted(rules for rules, _ in found(elsewhere)) == [[cause], [consequence]]


@pytest.mark.parametrize("table", ["consequences.yaml", "related_rules.yaml"])
def test_the_tables_of_rules_name_rules(table: str) -> None:
    named = {rule for first, others in data_files.table(table).items() for rule in (first, *others)}
    assert named
    assert named <= rulebook.rules().keys()


def test_what_always_breaks_explains_nothing() -> None:
    document = run_of(
        *[plain(REQUEST_ID, "case.answer-text", more=["images"], held=[TEXT])] * 2,
        *[plain(REQUEST_ID, held=[TEXT])] * 20,
    )
    assert sorted(rules for rules, _ in found(document)) == [["case.answer-text"], [REQUEST_ID]]


def test_an_informational_rule_explains_nothing() -> None:
    broken = plain("chat.service-tier.known", "case.answer-text", held=[TEXT])
    problem = problems.problems(run_of(broken, *[plain(held=[TEXT])] * 5))[0]
    assert (problem["rule"], problem["follows"]) == ("case.answer-text", [])


def test_an_answer_that_could_not_be_judged_says_nothing() -> None:
    unjudged = verdict(9, plain(more=["tools"]), outcome="unverified")
    problem = only(run(verdict(1, plain(USAGE, more=["tools"])), unjudged, verdict(2, plain())))
    assert problem["shown"] == {"broken": 1, "inside": 1, "outside": 1}


def test_a_rule_of_another_version_is_left_out() -> None:
    document = run_of(plain(USAGE), plain())
    document["verdicts"][0]["findings"].append({**finding(USAGE, 1), "rule": "chat.unheard-of"})
    assert [rules for rules, _ in found(document)] == [[USAGE]]


def test_a_rule_over_the_whole_run_is_a_problem() -> None:
    document = run_of(*[plain()] * 3, message())
    document["over_run"] = [
        {
            "family": "chat_completions",
            "rule": "run.answer-id",
            "level": "must",
            "expected": "an id of its own",
            "got": "chatcmpl-1 three times",
            "cases": [entry["id"] for entry in document["verdicts"] if entry["endpoint"] == "chat_completions"],
        }
    ]
    assert found(document) == [(["run.answer-id"], "every Chat Completions answer")]


def test_the_worst_problem_comes_first() -> None:
    document = run_of(plain(REQUEST_ID), *[plain()] * 3, message("messages.role"), *[message()] * 3)
    assert [problem["level"] for problem in problems.problems(document)] == ["must", "should"]


def test_the_most_similar_answer_without_the_problem_is_named() -> None:
    broken = plain(USAGE, more=["tools", "history"])
    document = run(
        verdict(1, broken), verdict(2, plain(more=["images"])), verdict(3, plain(more=["history"])), verdict(4, plain())
    )
    assert only(document)["without"] == {"case": "chat_completions/area/case-003", "step": 1}


def test_a_problem_is_known_if_all_of_its_cases_are() -> None:
    entries = [verdict(number, plain(USAGE)) for number in range(2)]
    for entry in entries:
        entry["outcome"], entry["reason"] = "known", "known: it is old"
    assert only(run(*entries))["known"] == "known: it is old"
    entries[0]["outcome"] = "failed"
    assert "known" not in only(run(*entries))


def test_ids_do_not_depend_on_order_or_texts() -> None:
    verdicts = [verdict(number, plain(USAGE, more=["tools"])) for number in range(3)]
    verdicts += [verdict(number, plain()) for number in range(3, 9)]
    first = [problem["id"] for problem in problems.problems(run(*verdicts))]
    for seed in range(3):
        other = copy.deepcopy(verdicts)
        random.Random(seed).shuffle(other)
        for entry in other:
            for one in entry["findings"]:
                one["got"] = f"another text {seed}"
        assert [problem["id"] for problem in problems.problems({**run(), "verdicts": other})] == first


@pytest.mark.parametrize(
    ("literals", "facts", "true"),
    [
        (["endpoint=a|b", "tools"], ["endpoint=b", "tools"], True),
        (["endpoint=a|b"], ["endpoint=c"], False),
        (["endpoint=*", "!tools"], ["endpoint=c"], True),
        (["!tools"], ["tools"], False),
        (["status=400"], ["status=401"], False),
        ([], ["tools"], True),
    ],
)
def test_a_condition_on_facts(literals: list[str], facts: list[str], true: bool) -> None:
    assert holds(literals, facts) == true


@pytest.mark.e2e
def test_a_stream_without_its_end_is_one_problem() -> None:
    document = example_runs.damaged(example_runs.clean(), example_runs.without_the_end, lambda _: True)
    problem = only(document)
    assert problem["rule"] == "messages.stream.unfinished"
    assert problem["scope"]["words"] == "every streamed Messages answer"
    assert problem["shown"]["broken"] == problem["shown"]["inside"]


@pytest.mark.e2e
def test_an_older_run_has_the_same_problems() -> None:
    document = example_runs.damaged(example_runs.clean(), example_runs.without_the_end, lambda _: True)
    older = copy.deepcopy(document)
    del older["problems"]
    for entry in older["verdicts"]:
        del entry["observed"]
    assert problems.of(older) == problems.of(document)


@pytest.mark.e2e
def test_a_clean_run_has_no_problem() -> None:
    assert problems.problems(example_runs.clean()) == []
