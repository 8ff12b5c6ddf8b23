"""Reads run.json: a mistake in one of many similar parts of verdicts is found, and reported with its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.core.model import JSON
from conformance.core.yaml_input import InputError
from conformance.records import run_file, run_schema
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


OTHER_MISTAKES: dict[str, Callable[[JSON], None]] = {
    "findings/0/rule": lambda entry: entry["findings"][0].update(rule="No rule"),
    "findings/0/level": lambda entry: entry["findings"][0].update(level="most"),
    "findings/0/where/event": lambda entry: entry["findings"][0]["where"].update(event="3"),
    "observed/0/facts/0": lambda entry: entry["observed"][0]["facts"].__setitem__(0, 1),
    "observed/0": lambda entry: entry["observed"][0].pop("held"),
}


@pytest.mark.parametrize("place", OTHER_MISTAKES)
def test_a_mistake_in_one_finding_or_observation_is_found(place: str, tmp_path: Path) -> None:
    document = example_runs.worse()
    last = max(index for index, entry in enumerate(document["verdicts"]) if entry["findings"] and entry["exchanges"])
    document["verdicts"][last]["observed"] = [{"facts": ["streamed"], "held": []}]
    OTHER_MISTAKES[place](document["verdicts"][last])
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=f"verdicts/{last}/{place}: "):
        run_file.read_run(path)


MISTAKES_OF_VERDICTS: dict[str, Callable[[JSON], None]] = {
    "id": lambda entry: entry.update(id="No id"),
    "line": lambda entry: entry.update(line="1"),
    "outcome": lambda entry: entry.update(outcome="fine"),
    "tokens/input": lambda entry: entry["tokens"].update(input=-1),
    "attempts/0": lambda entry: entry.update(attempts=[{"step": 1, "got": "429"}]),
    "upstream": lambda entry: entry.update(upstream=5),
    "lacks/0": lambda entry: entry.update(lacks=["flies"]),
}


@pytest.mark.parametrize("place", MISTAKES_OF_VERDICTS)
def test_a_mistake_in_one_verdict_is_found(place: str, tmp_path: Path) -> None:
    document = example_runs.clean()
    last = max(index for index, entry in enumerate(document["verdicts"]) if entry["exchanges"])
    MISTAKES_OF_VERDICTS[place](document["verdicts"][last])
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=f"verdicts/{last}/{place}: "):
        run_file.read_run(path)


def test_a_mistake_in_one_digest_is_found(tmp_path: Path) -> None:
    document = example_runs.clean()
    stored = {"digest": "0" * 64, "status": 200, "streamed": False, "first_byte": 0.1}
    for entry in document["verdicts"]:
        entry.update(exchanges=[], stored=[dict(stored)])
    document["verdicts"][-1]["stored"][0]["digest"] = "1" * 63 + "x"
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=f"verdicts/{len(document['verdicts']) - 1}/stored/0/digest: "):
        run_file.read_report(path)


def test_similar_verdicts_are_validated_once() -> None:
    document = example_runs.clean()
    reduced: JSON = run_schema._without_similar_parts(document, set())
    assert 0 < len(reduced["verdicts"]) < len(document["verdicts"])


@pytest.mark.parametrize("member", ["exchanges", "findings", "observed"])
def test_similar_parts_are_validated_once(member: str) -> None:
    document = example_runs.worse()
    reduced: JSON = run_schema._without_similar_parts(document, set())
    before, after = (sum(len(entry.get(member, ())) for entry in run["verdicts"]) for run in (document, reduced))
    assert 0 < after < before


def test_an_observation_is_not_taken_for_an_exchange() -> None:
    """Parts of different members are not similar."""
    part: JSON = {"facts": [], "held": []}
    entries = [{"observed": [part]}, {"exchanges": [part]}]
    assert run_schema._without_similar_parts({"verdicts": entries}, set()) == {"verdicts": entries}


def test_parts_of_a_valid_run_are_not_validated_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_schema, "_valid_parts", set())
    document = example_runs.clean()
    path = tmp_path / "run.json"
    for _ in range(2):
        path.write_text(json.dumps(document), "utf-8")
        assert run_file.read_run(path) == document
    reduced: JSON = run_schema._without_similar_parts(document, set(run_schema._valid_parts))
    assert reduced["verdicts"] == []
    document["verdicts"][-1]["line"] = "1"
    path.write_text(json.dumps(document), "utf-8")
    known = set(run_schema._valid_parts)
    with pytest.raises(InputError, match=f"verdicts/{len(document['verdicts']) - 1}/line: "):
        run_file.read_run(path)
    assert run_schema._valid_parts == known


def test_a_verdict_with_known_exchanges_and_digests_is_found(tmp_path: Path) -> None:
    """An exchange that is valid on its own is left out of the validation, and still it must not be there."""
    document = example_runs.clean()
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    run_file.read_report(path)
    last = max(index for index, entry in enumerate(document["verdicts"]) if entry["exchanges"])
    document["verdicts"][last]["stored"] = [{"digest": "0" * 64, "status": 200, "streamed": False, "first_byte": 0.1}]
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=f"not a valid run.json: verdicts/{last}/exchanges: "):
        run_file.read_report(path)
