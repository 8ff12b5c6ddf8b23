"""The problems that `gateway-conformance cases --lint` reports; the suite's own cases have none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.core import data_files
from conformance.core.yaml_input import InputError
from conformance.suite import lint
from conformance.suite.load import load_cases
from conformance.target import capabilities, profile
from conformance.target.profile import load_profile

HEAD = "family: messages\narea: probe\nsource: https://example.org/head\ncases:\n"
CASE = """\
  - id: one
    title: A request of any kind gets an answer
    for: {stream: [false, true]}
    request: {body: {model: $model, stream: $stream}}
    expect: {outcome: success}
"""


def problems(folder: Path, text: str, fragments: str = "", frozen: str = "") -> list[str]:
    (folder / "messages").mkdir()
    (folder / "messages" / "probe.yaml").write_text(HEAD + text, "utf-8")
    if fragments:
        (folder / "messages" / "_fragments.yaml").write_text(fragments, "utf-8")
    if frozen:
        (folder / "sets").mkdir()
        (folder / "sets" / "2026-01-01.yaml").write_text(f"cases: {{{frozen}: must}}", "utf-8")
    return [problem.removeprefix(f"{folder}/") for problem in lint.problems(folder, load_cases(folder))]


def test_a_good_file_has_no_problems(tmp_path: Path) -> None:
    assert problems(tmp_path, CASE, frozen="messages/probe/one") == []


MISTAKES = {
    CASE.replace("    for", "    source: The manual.\n    for"): ":5: messages/probe/one: the source",
    CASE.replace("gets an answer", "gets an answer."): "the title ends in a full stop",
    CASE.replace("    for", "    needs: [telepathy]\n    for"): "unknown capability 'telepathy' in `needs`",
    CASE + CASE.replace("one", "two"): "probe.yaml: 2 cases have the title 'A request of any kind gets an answer'",
    CASE.replace("stream: $stream", "stream: true"): "messages/probe.yaml:5: the case does not use $stream",
    CASE.replace("true]", "true], n: [1, 2, 3, 4, 5, 6, 7, 8]").replace("model: $model,", "n: $n, max_tokens: 4000,"): (
        "all cases together request 64000"
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_one_sentence(tmp_path: Path, text: str) -> None:
    (said,) = problems(tmp_path, text)
    assert MISTAKES[text] in said
    assert "\n" not in said


def test_an_unused_fragment_is_named_with_its_line(tmp_path: Path) -> None:
    used = CASE.replace("model: $model", "model: $model, tools: [$outer]")
    (said,) = problems(tmp_path, used, "outer: {inner: $inner}\ninner: {a: 1}\nlost: {b: 2}\n")
    assert said == "messages/_fragments.yaml:3: no case in the folder uses $lost; remove it"


def test_a_frozen_case_that_is_gone_is_named(tmp_path: Path) -> None:
    (said,) = problems(tmp_path, CASE, frozen="messages/probe/gone")
    assert said == "sets/2026-01-01.yaml: there is no case messages/probe/gone; case ids must not change, so restore it"


def test_a_refusal_costs_no_output(tmp_path: Path) -> None:
    text = CASE.replace("success", "refusal").replace("$model,", "$model, max_tokens: 9,")
    (tmp_path / "a.yaml").write_text(HEAD + text, "utf-8")
    assert lint.expected(load_cases(tmp_path)).output_tokens == 0


def test_the_cases_of_the_suite_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cases", "--lint"]) == 0
    assert " 0 problems; " in capsys.readouterr().out


def test_the_lint_of_bad_cases_ends_with_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + CASE.replace("gets an answer", "gets an answer."), "utf-8")
    assert main(["cases", str(tmp_path), "--lint"]) == 1
    assert "2 tests, 1 problem;" in capsys.readouterr().out


def test_the_list_is_long_and_over_all_areas(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cases", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert len({entry["id"] for entry in listed}) == len(listed) >= 500
    assert {entry["family"] for entry in listed} == {
        "auth", "chat_completions", "count_tokens", "http", "messages", "mismatch", "models", "responses", "routing",
        "upstream",
    }  # fmt: skip


def test_freezing_writes_what_a_set_reads(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cases", "--freeze"]) == 0
    written = capsys.readouterr().out
    assert "\n  chat_completions/text/system-and-user: must\n" in written
    assert "\n  matrix/model-endpoint/messages-refuses: should\n" in written


def test_every_capability_is_described_and_needed() -> None:
    needed = {need for case in load_cases(data_files.folder("cases")) for need in case.needs}
    assert set(capabilities.table()) == needed
    assert all(entry["description"].endswith(".") for entry in capabilities.table().values())


def test_a_profile_only_claims_existing_capabilities(tmp_path: Path) -> None:
    file = tmp_path / "profile.yaml"
    file.write_text("capabilities: {telepathy: true}\n", "utf-8")
    with pytest.raises(InputError, match="unknown capability 'telepathy'; known capabilities: tools, "):
        load_profile(file)
    file.write_text("serves: {m: [messages, chat]}\n", "utf-8")
    with pytest.raises(InputError, match="unknown endpoint 'chat'"):
        load_profile(file)


def test_some_capabilities_are_denied_unless_claimed() -> None:
    assert profile.Profile().claims("context_limit") is False
    assert profile.Profile(capabilities={"context_limit": True}).claims("context_limit") is True
    assert profile.Profile().claims("vision") is None
