"""Reads run.json: a mistake in one of many similar exchanges is found, and reported with its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from conformance.core.model import JSON
from conformance.core.yaml_input import InputError
from conformance.records import run_file
from tests.support import example_runs

MISTAKES: dict[str, Callable[[JSON], None]] = {
    "status": lambda exchange: exchange.update(status="200"),
    "headers/0": lambda exchange: exchange["headers"][0].append("more"),
    "request/method": lambda exchange: exchange["request"].update(method=None),
    "chunks/0": lambda exchange: exchange["chunks"][0].pop("text"),
    "ended": lambda exchange: exchange.update(ended="never"),
}


@pytest.mark.parametrize("place", MISTAKES)
def test_a_mistake_in_one_exchange_is_found(place: str, tmp_path: Path) -> None:
    document = example_runs.clean()
    last = max(index for index, entry in enumerate(document["verdicts"]) if entry["exchanges"])
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    assert run_file.read_run(path) == document
    MISTAKES[place](document["verdicts"][last]["exchanges"][0])
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=f"verdicts/{last}/exchanges/0/{place}: "):
        run_file.read_run(path)


def test_a_problem_names_a_rule_of_the_run(tmp_path: Path) -> None:
    document = example_runs.worse()
    path = tmp_path / "run.json"
    document["problems"][0]["rule"] = "chat.unheard-of"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=r"run.json: not a valid run.json: problems/0/rule: 'chat.unheard-of'"):
        run_file.read_report(path)


@pytest.mark.parametrize("name", ["exchanges", "findings", "observed"])
def test_similar_items_are_validated_once(name: str) -> None:
    document: JSON = example_runs.worse()
    reduced: JSON = run_file._without_similar(document)
    before, after = (sum(len(entry[name]) for entry in run["verdicts"]) for run in (document, reduced))
    assert 0 < after < before


FINDING_MISTAKES: Mapping[str, Callable[[JSON], None]] = {
    "rule": lambda finding: finding.update(rule="No Rule"),
    "level": lambda finding: finding.update(level="perhaps"),
    "step": lambda finding: finding.update(step=0),
    "where": lambda finding: finding.update(where={"pointer": 1}),
}


@pytest.mark.parametrize("place", FINDING_MISTAKES)
def test_a_mistake_in_one_finding_is_found(place: str, tmp_path: Path) -> None:
    document: JSON = example_runs.worse()
    last = max(index for index, entry in enumerate(document["verdicts"]) if entry["findings"])
    FINDING_MISTAKES[place](document["verdicts"][last]["findings"][0])
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=f"verdicts/{last}/findings/0/{place}"):
        run_file.read_report(path)


def test_a_mistake_in_one_list_of_facts_is_found(tmp_path: Path) -> None:
    document: JSON = example_runs.worse()
    last = max(index for index, entry in enumerate(document["verdicts"]) if entry["observed"])
    document["verdicts"][last]["observed"][0]["facts"].append(1)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=f"verdicts/{last}/observed/0/facts/"):
        run_file.read_report(path)
