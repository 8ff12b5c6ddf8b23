"""`verify --level`: the levels that the verdicts of a run show, whatever the run states."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from conformance.analysis import levels
from conformance.cli import main, verify_level
from conformance.core.model import JSON
from tests.support import example_runs, level_runs
from tests.support.level_runs import BROKEN, PASSED

TOOL = "messages/tools/forced[stream=false]"


@pytest.fixture(scope="module")
def with_a_broken_tool() -> JSON:
    """A run of a gateway with Responses and Messages, in which a case with tools fails."""
    own = replace(level_runs.claims(), endpoints=("messages", "responses"))
    return levels.with_levels(level_runs.run(lambda case: BROKEN if case.id == TOOL else PASSED, own, both_ends=False))


def judged(document: JSON, *wanted: str, code: int = 0) -> int:
    """The exit code, if the verdicts themselves were verified with `code`."""
    return verify_level.judged(document, [verify_level.wanted(one) for one in wanted], code)


def test_a_level_in_a_family_is_reached(with_a_broken_tool: JSON, capsys: pytest.CaptureFixture[str]) -> None:
    assert judged(with_a_broken_tool, "responses=agent", "messages=core") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("the gateway has the level agent in responses: responses (reference-large): agent, ")
    assert second.startswith("the gateway has the level core in messages: messages (reference-large): core, ")


def test_a_level_must_be_reached_in_every_family_that_the_gateway_offers(
    with_a_broken_tool: JSON, capsys: pytest.CaptureFixture[str]
) -> None:
    assert judged(with_a_broken_tool, "core") == 0
    assert judged(with_a_broken_tool, "agent") == 1
    _, said = capsys.readouterr().out.splitlines()
    assert said.startswith("the gateway does not have the level agent: messages (reference-large): core, ")
    assert re.search(r"\(not agent: 1 of 3\d\d cases breaks a required rule, most often case\.accepted\)$", said)


def test_a_family_that_is_not_offered_has_no_level(with_a_broken_tool: JSON) -> None:
    assert judged(with_a_broken_tool, "chat_completions=core") == 1


def test_a_gateway_without_any_family_has_no_level(capsys: pytest.CaptureFixture[str]) -> None:
    assert judged(level_runs.run(profile=replace(level_runs.claims(), endpoints=()), both_ends=False), "core") == 1
    assert "it offers none of the families" in capsys.readouterr().out


def test_a_stated_level_that_the_verdicts_do_not_show_is_a_difference(
    with_a_broken_tool: JSON, capsys: pytest.CaptureFixture[str]
) -> None:
    forged = [{**entry, "level": "complete"} for entry in with_a_broken_tool["levels"]]
    assert judged({**with_a_broken_tool, "levels": forged}) == 1
    assert capsys.readouterr().out.splitlines() == [
        "level of chat completions: recorded as complete, re-judged as not offered",
        "level of responses: recorded as complete, re-judged as agent",
        "level of messages: recorded as complete, re-judged as core",
    ]
    assert judged(with_a_broken_tool) == 0


def test_verdicts_that_differ_have_no_level(with_a_broken_tool: JSON, capsys: pytest.CaptureFixture[str]) -> None:
    assert judged(with_a_broken_tool, "core", code=1) == 1
    assert "no level was judged, because the recorded verdicts were not reproduced" in capsys.readouterr().out


def test_a_run_of_a_part_has_no_level(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.json").write_text(json.dumps(example_runs.clean()), "utf-8")
    assert main(["verify", str(tmp_path / "run.json")]) == 0
    assert main(["verify", str(tmp_path / "run.json"), "--level", "core"]) == 1
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith("the gateway does not have the level core: chat completions (reference-large): not judged")


@pytest.mark.parametrize("value", ["gold", "messages=gold", "mail=agent", "=agent", ""])
def test_a_level_that_does_not_exist_is_refused(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["verify", "run.json", f"--level={value}"])
    said = capsys.readouterr().err
    assert f"{value!r} is not a level; use LEVEL or FAMILY=LEVEL" in said
