"""Merges the reports of shards into the report of one run, or refuses to."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli import main
from conformance.core import data_files
from conformance.core.yaml_input import InputError
from conformance.records import merge
from tests.support.suite import case, library, own_cases, report, run

pytestmark = pytest.mark.socket

SOME = (own_cases("messages"), "-k", "(/text/system or /text/replayed or /text/recall or errors/no) and not long")


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The reports of a run of the suite's own cases in three shards."""
    folder = tmp_path_factory.mktemp("shards")
    for index in (1, 2, 3):
        run(f"--report-dir={folder / str(index)}", f"--shard={index}/3", *SOME)
    return [folder / str(index) / "run.json" for index in (1, 2, 3)]


def parts(shards: list[Path]) -> dict[str, Any]:
    return {str(path): report(path.parent) for path in shards}


def ended(document: Any) -> dict[str, tuple[str, list[str]]]:
    return {
        entry["id"]: (entry["outcome"], [finding["rule"] for finding in entry["findings"]])
        for entry in document["verdicts"]
    }


def test_merged_shards_equal_an_unsharded_run(shards: list[Path], tmp_path: Path) -> None:
    run(f"--report-dir={tmp_path}", *SOME)
    assert main(["merge", *map(str, shards), "-o", str(tmp_path / "merged" / "run.json")]) == 0
    whole, merged = report(tmp_path), report(tmp_path / "merged")
    Draft202012Validator(data_files.schema("report.schema.json")).validate(merged)
    assert ended(merged) == ended(whole)
    assert [entry["id"] for entry in merged["verdicts"]] == [entry["id"] for entry in whole["verdicts"]]  # type: ignore[attr-defined]
    for name in ("summary", "rules", "suite", "format"):
        assert merged[name] == whole[name]
    assert "shard" not in merged
    assert merged.keys() == whole.keys()


def test_each_shard_ran_something_of_its_own(shards: list[Path]) -> None:
    ran = [set(ended(document)) for document in parts(shards).values()]
    assert all(ran)
    assert not ran[0] & ran[1] | ran[0] & ran[2] | ran[1] & ran[2]


def test_the_order_of_the_reports_does_not_matter(shards: list[Path]) -> None:
    assert merge.merged(parts(shards)) == merge.merged(parts(shards[::-1]))


def test_a_missing_shard_is_refused(shards: list[Path], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["merge", *map(str, shards[:2]), "-o", str(tmp_path / "run.json")]) == 2
    assert "of 3 shards, 3 is missing" in capsys.readouterr().err
    assert not (tmp_path / "run.json").exists()


def changed(shards: list[Path], path: str, value: object) -> dict[str, Any]:
    documents = copy.deepcopy(parts(shards))
    part: Any = documents[str(shards[1])]
    *outer, last = path.split("/")
    for name in outer:
        part = part[name]
    part[last] = value
    return documents


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("shard/fingerprint", "0" * 32, "another gateway, or of other cases"),
        ("shard/of", 4, "one of 4 shards"),
        ("shard/index", 1, "shard 1 is given twice"),
        ("suite/version", "9.9.9", "another version of the suite"),
    ],
)
def test_a_foreign_shard_is_refused(path: str, value: object, words: str, shards: list[Path]) -> None:
    with pytest.raises(InputError, match=words):
        merge.merged(changed(shards, path, value))


def test_an_unsharded_run_is_refused(shards: list[Path]) -> None:
    documents = parts(shards)
    del documents[str(shards[0])]["shard"]
    with pytest.raises(InputError, match="of a whole run"):
        merge.merged(documents)


def test_a_share_without_cases_is_merged_as_well(tmp_path: Path) -> None:
    folder = library(tmp_path / "cases", case("one"))
    for index in (1, 2):
        result = run(f"--report-dir={tmp_path / str(index)}", f"--cases={folder}", f"--shard={index}/2")
        assert result.returncode == 0, result.stdout + result.stderr
    reports = [str(tmp_path / str(index) / "run.json") for index in (1, 2)]
    assert main(["merge", *reports, "-o", str(tmp_path / "run.json")]) == 0
    assert sorted(len(report(tmp_path / name)["verdicts"]) for name in ("1", "2")) == [0, 1]  # type: ignore[arg-type]
    assert list(ended(report(tmp_path))) == ["messages/probe/one"]


def test_a_share_without_cases_needs_the_gateway_to_be_there(tmp_path: Path) -> None:
    """Its report names the gateway, so that a shard of another gateway is not merged."""
    folder = library(tmp_path / "cases", case("one"))
    for index in (1, 2):
        nobody, share = "--gateway-url=http://127.0.0.1:9/v1", f"--shard={index}/2"
        result = run(nobody, share, f"--report-dir={tmp_path}", f"--cases={folder}")
        assert result.returncode == 4, result.stdout
        output = result.stdout + result.stderr
        assert "Traceback" not in output
        assert [line for line in output.splitlines() if line.startswith("ERROR: ") and "cannot be reached" in line]


def test_a_report_that_cannot_be_written_is_one_sentence(
    shards: list[Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    assert main(["merge", *map(str, shards), "-o", str(tmp_path / "file" / "run.json")]) == 2
    assert "exchanges.jsonl.gz: the file cannot be written (" in capsys.readouterr().err


def test_shards_that_kept_failures_only_are_merged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The merged report keeps the references, and the findings over the run that each shard had."""
    folder = library(tmp_path / "cases", case("one"), case("two"))
    for index in (1, 2):
        run(f"--report-dir={tmp_path / str(index)}", f"--cases={folder}", f"--shard={index}/2", "--gateway-keep=failed")
    reports = [tmp_path / str(index) / "run.json" for index in (1, 2)]
    assert not any(path.with_name("exchanges.jsonl.gz").exists() for path in reports)
    assert main(["merge", *map(str, reports), "-o", str(tmp_path / "run.json")]) == 0
    assert "rules over the whole run are judged in each shard only" in capsys.readouterr().out
    assert not (tmp_path / "exchanges.jsonl.gz").exists()
    assert main(["verify", str(tmp_path / "run.json"), "--cases", str(folder)]) == 1
    assert "2 verdicts and the rules over the whole run cannot be re-judged" in capsys.readouterr().out


def test_the_exchanges_of_a_shard_are_needed(
    shards: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "run.json"
    alone.write_bytes(shards[0].read_bytes())
    assert main(["merge", str(alone), *map(str, shards[1:]), "-o", str(tmp_path / "merged.json")]) == 2
    [sentence] = capsys.readouterr().err.splitlines()
    assert f"{tmp_path / 'exchanges.jsonl.gz'} does not exist" in sentence
    assert not (tmp_path / "merged.json").exists()
