"""Reads run.json: a mistake in one of many similar exchanges is found, and reported with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
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


def test_similar_exchanges_are_validated_once() -> None:
    document = example_runs.clean()
    reduced: JSON = run_file._without_similar_exchanges(document)
    before, after = (sum(len(entry["exchanges"]) for entry in run["verdicts"]) for run in (document, reduced))
    assert 0 < after < before
