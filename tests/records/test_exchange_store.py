"""A run on disk: the exchanges of passed cases are beside run.json, where every reader finds them."""

from __future__ import annotations

import copy
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from conformance.cli import main
from conformance.core import data_files
from conformance.core.model import JSON
from conformance.core.yaml_input import InputError
from conformance.records import exchange_store, observed_names, run_file, seal
from conformance.records.exchange_store import NAME
from conformance.records.run_document import FORMAT
from tests.support import example_runs
from tests.support.stored_runs import raw, written

RUNS = {"clean": example_runs.clean, "worse": example_runs.worse, "routed": example_runs.routed}


def rows(run: Path) -> list[JSON]:
    return [json.loads(line) for line in gzip.decompress((run.parent / NAME).read_bytes()).splitlines()]


def rewritten(run: Path, changed: list[JSON]) -> None:
    lines = "".join(json.dumps(row) + "\n" for row in changed)
    (run.parent / NAME).write_bytes(gzip.compress(lines.encode()))


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    document = RUNS[name]()
    before = copy.deepcopy(document)
    path = written(tmp_path, document)
    assert document == before
    assert run_file.read_run(path) == seal.sealed(document)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [NAME, "run.json"]


def test_only_exchanges_of_cases_that_passed_or_do_not_apply_are_beside_the_run(tmp_path: Path) -> None:
    document = example_runs.inapplicable(
        example_runs.worse(), lambda entry: entry["endpoint"] == "responses", example_runs.REJECTED
    )
    whole = {entry["id"]: entry for entry in document["verdicts"]}
    kept = raw(written(tmp_path, document))
    Draft202012Validator(data_files.schema("report.schema.json")).validate(kept)
    outcomes: dict[bool, set[str]] = {True: set(), False: set()}
    for entry in kept["verdicts"]:
        outcomes["stored" in entry].add(entry["outcome"])
        if "stored" in entry:
            assert [one["status"] for one in entry["stored"]] == run_file.statuses(whole[entry["id"]])
        assert entry["exchanges"] == ([] if "stored" in entry else whole[entry["id"]]["exchanges"])
    assert outcomes == {True: {"passed", "not_applicable"}, False: {"failed"}}
    observed_names.restore(kept)
    assert run_file.read_report(tmp_path / "run.json") == kept


def test_facts_about_exchanges_are_known_without_them(tmp_path: Path) -> None:
    document = example_runs.clean()
    for whole, kept in zip(document["verdicts"], raw(written(tmp_path, document))["verdicts"], strict=True):
        for fact in (run_file.is_sent, run_file.statuses, run_file.streamed, run_file.first_byte):
            assert fact(whole) == fact(kept), (fact, whole["id"])  # type: ignore[operator]


def test_equal_runs_make_equal_files(tmp_path: Path) -> None:
    one, two = (written(tmp_path / name, example_runs.clean()).parent for name in ("one", "two"))
    assert (one / NAME).read_bytes() == (two / NAME).read_bytes()
    assert (one / NAME).read_bytes()[4:8] == bytes(4)  # the time of modification in a gzip header


LONG = "long " * 1000
ODD = ["half \ud83d", "Zoë 😀\u2028\x00", LONG, "a" * exchange_store.SHARED, "a" * (exchange_store.SHARED + 1)]


@pytest.mark.parametrize("text", ODD)
@pytest.mark.parametrize("member", ["text", "base64"])
def test_every_text_comes_back(text: str, member: str, tmp_path: Path) -> None:
    document = example_runs.clean()
    first = document["verdicts"][0]["exchanges"][0]
    first |= {"curl": text, "chunks": [{"at": 0.5, member: text}]}
    first["request"]["body"] = {member: text}
    assert run_file.read_run(written(tmp_path, document)) == seal.sealed(document)


def test_equal_texts_and_equal_exchanges_are_written_once(tmp_path: Path) -> None:
    document = example_runs.clean()
    one, two, three = document["verdicts"][:3]
    one["exchanges"][0]["request"]["body"] = two["exchanges"][0]["request"]["body"] = {"text": LONG}
    three["exchanges"] = copy.deepcopy(one["exchanges"])
    path = written(tmp_path, document)
    assert sum(row.get("text") == LONG for row in rows(path)) == 1
    assert LONG not in (tmp_path / "run.json").read_text("utf-8")
    names = [row["digest"] for row in rows(path) if "exchange" in row]
    assert len(names) == len(set(names)) == sum(len(entry["exchanges"]) for entry in document["verdicts"]) - 1
    assert run_file.read_run(path) == seal.sealed(document)


def test_a_run_of_another_name_has_exchanges_of_its_own(tmp_path: Path) -> None:
    document = example_runs.clean()
    path = written(tmp_path, document, "old.json")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [f"old.{NAME}", "old.json"]
    assert run_file.read_run(path) == document
    (tmp_path / f"old.{NAME}").rename(tmp_path / NAME)  # as after `mv run.json old.json`
    assert run_file.read_run(path) == document
    packed = tmp_path / "old.json.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert run_file.read_run(packed) == document


def test_a_run_without_stored_exchanges_removes_the_file_of_the_run_before(tmp_path: Path) -> None:
    path = written(tmp_path, example_runs.clean())
    written(tmp_path, {**example_runs.clean(), "verdicts": []})
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.json"]
    assert run_file.read_run(path)["verdicts"] == []


# Damage


def forged(row: JSON) -> None:
    """A better answer than the recorded one."""
    row["exchange"]["status"] = 201


def retold(row: JSON) -> None:
    row["text"] = row["text"].replace("e", "a")


def unnamed(row: JSON) -> None:
    del row["digest"]


def shapeless(row: JSON) -> None:
    row["exchange"]["request"] = None


def nested(row: JSON) -> None:
    row["exchange"]["curl"] = {"digest": "of no text"}


CHANGES: dict[str, tuple[str, Callable[[JSON], None], str]] = {
    "a forged answer": ("exchange", forged, "was changed after the run"),
    "a forged text": ("text", retold, "was changed after the run"),
    "no digest": ("exchange", unnamed, "no exchange can be read from this line"),
    "no request": ("exchange", shapeless, "no exchange can be read from this line"),
    "a text that is missing": ("exchange", nested, "no exchange can be read from this line"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_exchange_is_one_sentence(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kind, change, words = CHANGES[name]
    path = written(tmp_path, example_runs.worse())
    changed = rows(path)
    change(next(row for row in changed if kind in row))
    rewritten(path, changed)
    assert main(["verify", str(path)]) == 2
    [sentence] = capsys.readouterr().err.splitlines()
    assert f"{tmp_path / NAME}:" in sentence
    assert words in sentence
    assert "use the file that was written with the run" in sentence


def test_a_missing_exchange_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, example_runs.clean())
    left = rows(path)
    gone = left.pop()
    rewritten(path, left)
    assert main(["verify", str(path)]) == 2
    [sentence] = capsys.readouterr().err.splitlines()
    assert f"the exchange {gone['digest'][:12]}… is missing" in sentence
    assert str(path) in sentence


def test_the_exchanges_of_another_run_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, example_runs.clean())
    other = example_runs.clean()
    for entry in other["verdicts"]:
        for exchange in entry["exchanges"]:
            exchange["date"] = "2001-01-01T00:00:00+00:00"
    (tmp_path / NAME).write_bytes((written(tmp_path / "other", other).parent / NAME).read_bytes())
    with pytest.raises(InputError, match="is missing"):
        run_file.read_run(path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"no gzip",
        lambda data: data[: len(data) // 2],
        lambda data: data[:-1],
        lambda data: data[:100] + bytes(50) + data[150:],
        lambda data: gzip.compress(b"no JSON\n"),
        lambda data: gzip.compress(b"[" * 100_000 + b"\n"),
        lambda data: gzip.compress(b"\xff\xfe\n"),
        lambda data: gzip.compress(b"[]\n"),
        lambda data: gzip.compress(b'{"digest": {}, "text": []}\n'),
    ],
    ids=["empty", "other", "half", "no end", "zeros", "no JSON", "deep", "no UTF-8", "a list", "wrong types"],
)
def test_a_damaged_file_is_one_sentence(
    damage: Callable[[bytes], bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, example_runs.clean())
    (tmp_path / NAME).write_bytes(damage((tmp_path / NAME).read_bytes()))
    for command in ("verify", "check"):
        assert main([command, str(path)]) == 2
        [sentence] = capsys.readouterr().err.splitlines()
        assert str(tmp_path / NAME) in sentence
        assert "the file that was written with the run" in sentence


ROW = b'{"digest": "", "text": "%s"}\n'


@pytest.mark.parametrize("data", [ROW % (b"x" * 2000), (ROW % b"") * 200], ids=["a line", "all lines"])
def test_a_file_that_unpacks_to_too_much_is_refused(
    data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_store, "MAX_BYTES", 3000)
    monkeypatch.setattr(exchange_store, "MAX_LINE", 1000)
    path = written(tmp_path, example_runs.clean())
    (tmp_path / NAME).write_bytes(gzip.compress(data))
    with pytest.raises(InputError, match="more than 3000 bytes, or this line more than 1000"):
        run_file.read_run(path)


def test_a_folder_in_place_of_the_file_is_one_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, example_runs.clean())
    (tmp_path / NAME).unlink()
    (tmp_path / NAME).mkdir()
    with pytest.raises(InputError, match="the file cannot be read"):
        run_file.read_run(path)
    with pytest.raises(InputError, match=r"exchanges.jsonl.gz: the file cannot be written \("):
        written(tmp_path, example_runs.clean())


def test_a_verdict_has_its_exchanges_in_one_place(tmp_path: Path) -> None:
    document = example_runs.worse()
    path = written(tmp_path, document)
    changed = raw(path)
    entry = next(entry for entry in changed["verdicts"] if "stored" in entry)
    entry["exchanges"] = document["verdicts"][0]["exchanges"]
    path.write_text(json.dumps(changed), "utf-8")
    with pytest.raises(InputError, match=r"not a valid run.json: verdicts/\d+/exchanges"):
        run_file.read_run(path)


# Formats


def test_a_run_of_format_1_is_read(tmp_path: Path) -> None:
    document = {**example_runs.clean(), "format": 1}
    path = tmp_path / "run.json"
    path.write_text(json.dumps(document), "utf-8")
    assert run_file.read_run(path) == document


@pytest.mark.parametrize("command", ["verify RUN", "render RUN --to html", "check RUN"])
def test_a_run_of_a_later_format_is_one_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({**example_runs.clean(), "format": FORMAT + 1, "later": {}}), "utf-8")
    assert main(command.replace("RUN", str(path)).split()) == 2
    [sentence] = capsys.readouterr().err.splitlines()
    assert f"it has format {FORMAT + 1}, and this version of the suite reads formats up to {FORMAT}" in sentence
