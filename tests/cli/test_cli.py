"""The console script: exit codes, standard output and errors, and one sentence for bad input."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.cli import main
from conformance.cli.main import MODULES, _wanted
from conformance.core.model import Breach, Exchange
from conformance.core.pointer import get
from conformance.judge import contract
from conformance.judge.checks import Check
from conformance.protocol import rulebook
from conformance.protocol.reading import Reading
from conformance.records import har
from tests.support import suite
from tests.support.paths import TRAFFIC
from tests.support.wire import CHAT, chat_answer, exchange

Said = pytest.CaptureFixture[str]


@pytest.fixture
def recorded(tmp_path: Path) -> Any:
    """Writes exchanges to a file, and returns its path."""

    def write(*found: Exchange) -> str:
        path = tmp_path / "a.har"
        path.write_text(json.dumps(har.document(found, "1.0")))
        return str(path)

    return write


GOOD = exchange(CHAT, chat_answer())
BAD = exchange(CHAT, {**chat_answer(), "id": 7})
WARNED = exchange(CHAT, {key: value for key, value in chat_answer().items() if key != "usage"})


@pytest.mark.parametrize(("found", "code"), [(GOOD, 0), (WARNED, 0), (BAD, 1)], ids=["good", "should", "must"])
def test_the_worst_finding_decides_the_exit_code_of_check(
    found: Exchange, code: int, recorded: Any, capsys: Said
) -> None:
    assert main(["check", recorded(found)]) == code
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out.splitlines()[-1].startswith("1 exchange; rules broken: ")


def test_check_in_json_names_each_rule_with_its_weight_count_and_example(recorded: Any, capsys: Said) -> None:
    assert main(["check", "--json", recorded(BAD, GOOD, BAD)]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document == {
        "exchanges": 3,
        "unjudged": 0,
        "stumbles": {},
        "rules": [
            {
                "rule": "chat.id", "level": "must", "impact": "breaks", "count": 2,
                "example": "a.har#/log/entries/0", "expected": document["rules"][0]["expected"], "got": "7",
            }
        ],
    }  # fmt: skip


HALF = exchange(CHAT, {**chat_answer(), "object": "\ud800"})


@pytest.mark.e2e
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_check_shows_half_a_character_as_an_escape(form: list[str], recorded: Any) -> None:
    command = [sys.executable, "-m", "conformance.cli", "check", *form, recorded(HALF)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert b"\\ud800" in done.stdout


@pytest.mark.e2e
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_title_with_half_a_character_is_listed(form: list[str], tmp_path: Path) -> None:
    text = suite.HEAD + suite.case("one").replace("title: A", 'title: "\\ud800 A').replace("answer\n", 'answer"\n')
    (tmp_path / "probe.yaml").write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "conformance.cli", "cases", str(tmp_path), *form], capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\ud800 A request" in done.stdout


def test_check_continues_after_an_internal_error(recorded: Any, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(reading: Reading) -> Iterator[Breach]:
        if get(reading.json, "/id", str) == "odd":
            raise TypeError("unhashable type")
        yield from ()

    mistake = Check(stumbles, (), (), "any", frozenset())
    own = contract.applicable
    monkeypatch.setattr(contract, "applicable", lambda reading: [mistake, *own(reading)])
    odd = exchange(CHAT, {**chat_answer(), "id": "odd"})
    assert main(["check", recorded(GOOD, odd, GOOD)]) == 1
    *_, counts, said = capsys.readouterr().out.splitlines()
    assert counts.startswith("2 exchanges; rules broken: 0 must")
    assert said == (
        "a.har#/log/entries/1 was not judged: internal error in the suite, please report it "
        "(TypeError: unhashable type)"
    )
    assert main(["check", "--json", recorded(odd)]) == 1
    document = json.loads(capsys.readouterr().out)
    assert list(document["stumbles"]) == ["a.har#/log/entries/0"]


@pytest.mark.parametrize("name", ["missing.har", "missing.jsonl.gz", "run.json", "traffic.jsonl"])
def test_check_says_in_one_sentence_why_a_file_cannot_be_used(name: str, tmp_path: Path, capsys: Said) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).write_text('\n{"family":')
    assert main(["check", str(tmp_path / name)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"gateway-conformance: {tmp_path / name}")
    assert len(said.err.splitlines()) == 1
    assert name.startswith("missing") or f"{name}:2: " in said.err


def test_a_bad_file_beside_a_good_one_is_bad_input(recorded: Any, capsys: Said) -> None:
    assert main(["check", recorded(BAD), "nowhere.har"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.skipif(not TRAFFIC.is_file(), reason="no recorded traffic here")
def test_official_traffic_breaks_no_must(capsys: Said) -> None:
    assert main(["check", "--json", str(TRAFFIC)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["exchanges"] > 400
    assert [entry["rule"] for entry in document["rules"] if entry["level"] == "must"] == []


def test_rules_are_listed_for_people_and_for_machines(capsys: Said) -> None:
    assert main(["rules"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(rulebook.rules())
    assert main(["rules", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert len(listed) >= 180
    assert all(
        rule["id"] and rule["level"] and rule["impact"] and rule["sentence"] and rule["source"] for rule in listed
    )


def test_cases_are_listed_for_people_and_for_machines(capsys: Said) -> None:
    assert main(["cases"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["cases", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [f"{case['id']}  {case['title']}" for case in listed] == lines[:-1]
    assert lines[-1].startswith(f"{len(listed):,} tests")


def test_a_bad_folder_of_cases_is_one_sentence(tmp_path: Path, capsys: Said) -> None:
    assert main(["cases", str(tmp_path / "nowhere")]) == 2
    assert "no such folder" in capsys.readouterr().err
    (tmp_path / "bad.yaml").write_text("family: messages\nfamily: messages\n")
    assert main(["cases", str(tmp_path)]) == 2
    assert "bad.yaml:2: " in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["nonsense"], ["check"], ["serve", "nothing"]])
def test_a_wrong_command_line_is_answered_with_the_usage(arguments: list[str], capsys: Said) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: gateway-conformance" in capsys.readouterr().err


@pytest.mark.e2e
def test_a_closed_output_pipe_is_not_an_error() -> None:
    command = [sys.executable, "-m", "conformance.cli", "rules", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()
    assert (process.returncode, complaint) == (0, b"")


def test_the_help_lists_every_command(capsys: Said) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    listed = re.findall(r"^    ([a-z-]+)", capsys.readouterr().out, re.MULTILINE)
    assert {"cases", "rules", "serve", "doctor"} <= set(listed)
    for command in listed:
        with pytest.raises(SystemExit) as exit_:
            main([command, "--help"])
        assert exit_.value.code == 0
        assert f"usage: gateway-conformance {command} " in capsys.readouterr().out
        loaded = _wanted([command])
        assert len(loaded) == 1


@pytest.mark.parametrize("arguments", [["listing"], ["no-such-command"], []])
def test_a_wrong_command_is_answered_with_all_of_them(arguments: list[str], capsys: Said) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert _wanted(arguments) == MODULES
