"""The names of facts and groups are written once in run.json, and read back."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.core import data_files
from conformance.core.model import JSON
from conformance.core.yaml_input import InputError
from conformance.records import observed_names, run_file
from tests.support import example_runs
from tests.support.stored_runs import raw, written


def test_each_name_is_written_once_and_the_most_frequent_one_first() -> None:
    document = example_runs.clean()
    before = copy.deepcopy(document)
    short = observed_names.numbered(document)
    assert document == before
    names: JSON = short["names"]
    assert len(names) == len({*names})
    counts = [json.dumps(document["verdicts"]).count(json.dumps(name)) for name in (names[0], names[-1])]
    assert counts[0] > counts[1] == 1
    assert len(json.dumps(short)) < len(json.dumps(document))
    Draft202012Validator(data_files.schema("report.schema.json")).validate(short)
    observed_names.restore(short)
    assert short == document


def test_a_run_with_names_in_its_observations_is_read_as_it_is(tmp_path: Path) -> None:
    document = {**example_runs.clean(), "format": 2}
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    assert run_file.read_report(path) == document


@pytest.mark.parametrize("number", [1_000_000, 10**30])
def test_a_number_without_a_name_is_one_sentence(number: int, tmp_path: Path) -> None:
    path = written(tmp_path, example_runs.clean())
    changed = raw(path)
    changed["verdicts"][1]["observed"][0]["held"].append(number)
    path.write_text(json.dumps(changed), "utf-8")
    with pytest.raises(
        InputError, match=rf"run\.json: not a valid run\.json: verdicts/1/observed/0/held/\d+: {number} is not"
    ):
        run_file.read_report(path)


@pytest.mark.parametrize("value", [-1, True, 1.0, None, "a name", [0]])
@pytest.mark.parametrize("names", [["one"], None, 7, [7]])
def test_a_document_of_any_form_is_restored_without_an_error(names: object, value: object) -> None:
    for document in (
        {"names": names, "verdicts": [{"observed": [{"facts": [value], "held": value}, value]}, value]},
        {"names": names, "verdicts": value},
        value,
    ):
        observed_names.restore(document)


@pytest.mark.parametrize("value", [-1, 5, True])
def test_a_number_in_a_run_without_names_is_refused(value: object, tmp_path: Path) -> None:
    document = copy.deepcopy(example_runs.clean())
    document["verdicts"][0]["observed"][0]["held"].append(value)
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(InputError, match=r"not a valid run\.json: verdicts/0/observed/0"):
        run_file.read_report(path)
