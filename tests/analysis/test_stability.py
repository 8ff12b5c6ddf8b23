"""Repeated cases: how often each broke a rule or had an empty stream, with intervals, and intermittent problems."""

from __future__ import annotations

import copy

from jsonschema import Draft202012Validator

from conformance.analysis import problems, stability
from conformance.core import data_files
from conformance.core.model import JSON
from tests.support import example_runs

UNFINISHED = "messages.stream.unfinished"


def without_content(exchange: JSON) -> None:
    """Removes the content of a Messages stream: it begins and ends, and says nothing."""
    text = "".join(chunk.get("text", "") for chunk in exchange["chunks"])
    events = [event for event in text.split("\n\n") if "content_block" not in event]
    exchange["chunks"] = [{**exchange["chunks"][0], "text": "\n\n".join(events)}]


def test_each_broken_rule_has_a_rate_with_its_interval() -> None:
    document = example_runs.repeated(3, 20)
    first, second = document["repeated"]
    assert (first["tries"], first["outcomes"]) == (20, {"failed": 3, "passed": 17})
    assert first["rules"][UNFINISHED] == {"hits": 3, "trials": 20, "low": 0.0524, "high": 0.3604}
    assert (second["rules"], second["outcomes"]) == ({}, {"passed": 20})
    assert second["empty_streams"] == {"hits": 0, "trials": 20, "low": 0.0, "high": 0.1611}


def test_the_rates_are_part_of_the_format() -> None:
    document = example_runs.repeated(3, 20)
    validator = Draft202012Validator(data_files.schema("report.schema.json"))
    validator.validate(document)
    del document["repeated"][0]["tries"]
    assert not validator.is_valid(document)


def test_empty_streams_are_counted_whether_or_not_a_rule_says_so() -> None:
    first, _ = example_runs.repeated(2, 10, without_content)["repeated"]
    assert first["empty_streams"] == {"hits": 2, "trials": 10, "low": 0.0567, "high": 0.5098}


def test_tries_that_could_not_be_judged_do_not_count() -> None:
    document = example_runs.repeated(1, 5)
    name = f"{document['repeated'][0]['case']}#5"
    first, _ = stability.repeated(example_runs.with_outcome(document, name, "unverified")["verdicts"])
    assert (first["tries"], first["rules"][UNFINISHED]["trials"]) == (4, 4)


def test_nothing_is_said_about_streams_that_were_not_all_kept() -> None:
    document = example_runs.repeated(1, 5)
    document["verdicts"][4]["exchanges"] = []
    first, second = stability.repeated(document["verdicts"])
    assert "empty_streams" not in first
    assert "empty_streams" in second


def test_a_run_without_repetitions_is_not_changed() -> None:
    assert stability.with_repeated(example_runs.clean()) == example_runs.clean()
    assert stability.of(example_runs.clean()) == []


def test_an_intermittent_problem_of_repeated_cases_has_an_interval() -> None:
    document = example_runs.repeated(3, 20)
    [problem] = document["problems"]
    assert problem["shown"] == {"broken": 3, "inside": 20, "outside": 20, "low": 0.0524, "high": 0.3604}


def test_without_repetitions_or_when_it_always_shows_there_is_none() -> None:
    [always] = example_runs.repeated(20, 20)["problems"]
    once = copy.deepcopy(example_runs.repeated(3, 20))
    for number, entry in enumerate(once["verdicts"]):
        entry["id"] = f"{entry['id'].partition('#')[0]}-{number}"
    [intermittent] = problems.problems(once)
    assert "low" not in intermittent["shown"]
    assert ("low" in always["shown"]) == (always["shown"]["broken"] < always["shown"]["inside"])
