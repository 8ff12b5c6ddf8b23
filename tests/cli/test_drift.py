"""`drift` on files: its forms of output, its exit codes, and text of a gateway in it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from conformance.cli import main
from conformance.core import data_files
from conformance.core.model import Exchange
from conformance.records import har
from tests.support.paths import ROOT
from tests.support.wire import CHAT, MESSAGES, chat_answer, exchange, messages_answer, openai_error

Said = pytest.CaptureFixture[str]
GOOD = exchange(CHAT, chat_answer())
BROKEN = exchange(CHAT, {**chat_answer(), "created": "now", "novelty": {"id_1": 1}})


@pytest.fixture
def recorded(tmp_path: Path) -> Any:
    def write(name: str, *found: Exchange, count: int = 20) -> str:
        path = tmp_path / f"{name}.har"
        path.write_text(json.dumps(har.document(found * count, "1.0")))
        return str(path)

    return write


def test_a_change_is_told_with_its_place_shares_reason_and_example(recorded: Any, capsys: Said) -> None:
    assert main(["drift", recorded("old", GOOD), recorded("new", BROKEN)]) == 0
    assert capsys.readouterr().out == (
        "compared 20 exchanges with 20 exchanges: 1 breaking, 1 information, 0 harmless; "
        "0 in too few exchanges to tell\n"
        "\n"
        "breaking\n"
        "  retyped created: integer, now string (Chat Completions)\n"
        "    a must rule forbids this type (chat.created, must)\n"
        "    not streamed, /created: 0 of 20 before, 20 of 20 now\n"
        "    for example new.har#/log/entries/0\n"
        "\n"
        "information\n"
        "  new field novelty (Chat Completions)\n"
        "    the schemas do not know it; clients of the contract skip what they do not know\n"
        "    not streamed, /novelty: 0 of 20 before, 20 of 20 now\n"
        "    for example new.har#/log/entries/0\n"
    )


def test_without_a_change_there_is_one_line(recorded: Any, capsys: Said) -> None:
    assert main(["drift", recorded("old", GOOD), recorded("new", GOOD), "--fail-on=harmless"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


@pytest.mark.parametrize("fail_on", ["breaking", "information", "harmless"])
def test_the_exit_code_says_whether_a_class_was_reached(fail_on: str, recorded: Any) -> None:
    old, broken = recorded("old", GOOD), recorded("new", BROKEN)
    assert main(["drift", old, broken, f"--fail-on={fail_on}"]) == 1
    novel = recorded("novel", exchange(CHAT, {**chat_answer(), "novelty": 1}))
    assert main(["drift", old, novel, f"--fail-on={fail_on}"]) == (0 if fail_on == "breaking" else 1)
    few = recorded("few", BROKEN, count=1)
    assert main(["drift", recorded("one", GOOD, count=1), few, f"--fail-on={fail_on}"]) == 0


def test_json_is_of_its_form(recorded: Any, capsys: Said) -> None:
    refused = exchange(CHAT, openai_error(), status=400)
    assert main(["drift", recorded("old", GOOD), recorded("new", BROKEN, refused), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(data_files.schema("drift.schema.json")).validate(document)
    assert document["summary"] == {"harmless": 0, "information": 1, "breaking": 1, "unproven": 0}
    assert document["notes"] == ["not compared: Chat Completions (errors); the old recording has none"]


def test_markdown_has_a_table_for_each_class(recorded: Any, capsys: Said) -> None:
    assert main(["drift", recorded("old", GOOD), recorded("new", BROKEN), "--markdown"]) == 0
    page = capsys.readouterr().out
    assert page.index("### Breaking") < page.index("`/created`" if "`/created`" in page else "/created")
    assert page.index("### Breaking") < page.index("### Information") < page.index("novelty")


def test_text_of_a_gateway_cannot_become_markup_or_control_sequences(recorded: Any, capsys: Said) -> None:
    name = "</details>|@all\x1b[31m`x"
    odd = exchange(MESSAGES, {**messages_answer(), name: 1, "stop_reason": name})
    files = [recorded("old", exchange(MESSAGES, messages_answer())), recorded("new", odd)]
    for form in ([], ["--all"], ["--markdown"]):
        assert main(["drift", *files, *form]) == 0
        said = capsys.readouterr().out
        assert "\x1b" not in said
        assert "novelty" not in said
        assert all("`" in line[: line.index("</details>")] for line in said.splitlines() if form[1:] and "@all" in line)


def test_check_proposes_patches_and_applies_none(recorded: Any, capsys: Said) -> None:
    before = data_files.folder("schemas").joinpath("chat_completions", "response.schema.json").read_bytes()
    path = recorded("new", exchange(CHAT, {**chat_answer(), "novelty": 1}))
    assert main(["check", "--learn", path]) == 0
    said = capsys.readouterr().out
    assert "An unknown field, value or event alone never breaks a must rule." in said
    assert "  unknown field novelty (Chat Completions, not streamed, /novelty); 20 of 20 exchanges" in said
    operation = {
        "op": "add",
        "path": "/properties/novelty",
        "value": {"description": "Seen in 20 of 20 exchanges, as integer."},
    }
    assert said.endswith(f"schemas/chat_completions/response.schema.json:\n[\n  {json.dumps(operation)}\n]\n")
    assert main(["check", "--learn", "--json", path]) == 0
    learned = json.loads(capsys.readouterr().out)["learn"]
    assert learned["patches"] == {"chat_completions/response.schema.json": [operation]}
    assert data_files.folder("schemas").joinpath("chat_completions", "response.schema.json").read_bytes() == before


def test_without_anything_unknown_nothing_is_proposed(recorded: Any, capsys: Said) -> None:
    assert main(["check", "--learn", recorded("good", GOOD)]) == 0
    assert capsys.readouterr().out.endswith("The schemas know every field, value and event.\n")


@pytest.mark.parametrize("missing", ["old", "new"])
def test_a_file_that_cannot_be_read_is_one_sentence(missing: str, recorded: Any, capsys: Said) -> None:
    files = {"old": recorded("old", GOOD), "new": recorded("new", GOOD), missing: "nowhere.har"}
    assert main(["drift", files["old"], files["new"]]) == 2
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)


def test_a_recording_without_answers_is_bad_input(recorded: Any, capsys: Said) -> None:
    absent = recorded("absent", exchange(CHAT, b"", ended="not_recorded"))
    assert main(["drift", recorded("old", GOOD), absent]) == 2
    assert "no answer can be compared" in capsys.readouterr().err


def test_the_example_of_the_page_is_real(
    recorded: Any, capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before: 40 answers, one of them cut at its limit, and 3 errors. Now: another gateway version."""
    choice = {**chat_answer()["choices"][0], "finish_reason": "length"}
    cut, refused = exchange(CHAT, {**chat_answer(), "choices": [choice]}), exchange(CHAT, openai_error(), status=404)
    usage = {**chat_answer()["usage"], "cost": 0.01}
    changed = exchange(CHAT, {**chat_answer(), "created": "2026-11-30T09:00:00Z", "usage": usage})
    recorded("old", *[GOOD] * 39, cut, *[refused] * 3, count=1)
    recorded("new", *[changed] * 40, count=1)
    monkeypatch.chdir(tmp_path)
    assert main(["drift", "old.har", "new.har"]) == 0
    assert f"```text\n{capsys.readouterr().out}```\n" in (ROOT / "docs" / "drift.md").read_text("utf-8")
