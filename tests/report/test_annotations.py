"""Annotations as GitHub's runner reads them: one command a line, and no text that starts another."""

from __future__ import annotations

import copy
import re

from conformance.core.model import JSON
from conformance.report import annotations
from tests.support import example_runs

COMMAND = re.compile(r"::(?P<command>error|warning|notice) (?P<properties>[^:]*)::(?P<message>.*)")


def parsed(line: str) -> tuple[str, dict[str, str], str]:
    """As the runner does: properties are split at commas and unescaped, %25 last."""
    found = COMMAND.fullmatch(line)
    assert found, line
    pairs = (pair.split("=", 1) for pair in found["properties"].split(","))
    properties = {name: unescaped(value, ("%3A", ":"), ("%2C", ",")) for name, value in pairs}
    return found["command"], properties, unescaped(found["message"])


def unescaped(text: str, *more: tuple[str, str]) -> str:
    for escape, character in (("%0D", "\r"), ("%0A", "\n"), *more, ("%25", "%")):
        text = text.replace(escape, character)
    return text


def few(count: int) -> JSON:
    worse = example_runs.worse()
    return {**worse, "verdicts": [one for one in worse["verdicts"] if one["outcome"] == "failed"][:count]}


def test_a_failure_names_its_file_its_line_and_its_rules() -> None:
    document = few(1)
    [entry] = document["verdicts"]
    [line] = annotations.lines(document)
    command, properties, message = parsed(line)
    assert command == "error"
    assert properties == {"file": entry["file"], "line": str(entry["line"]), "title": f"{entry['id']} (failed)"}
    assert message.startswith(entry["title"] + "\nmessages.stream.unfinished: expected ")


def test_a_clean_run_is_silent() -> None:
    assert list(annotations.lines(example_runs.clean())) == []


def test_an_unverified_case_is_a_warning() -> None:
    clean = example_runs.clean()
    name = clean["verdicts"][0]["id"]
    [line] = annotations.lines(example_runs.with_outcome(clean, name, "unverified", "rate-limited"))
    command, _, message = parsed(line)
    assert command == "warning"
    assert message.endswith("rate-limited")


def test_annotations_beyond_githubs_limit_are_counted() -> None:
    document = few(3)
    document["verdicts"] = [{**one, "id": f"{one['id']}-{n}"} for n in range(9) for one in document["verdicts"]]
    lines = list(annotations.lines(document))
    assert len([line for line in lines if line.startswith("::error ")]) == annotations.MAX_SHOWN
    assert lines[-1] == f"::notice title=gateway conformance::{27 - annotations.MAX_SHOWN} more cases in the report"


def test_no_text_starts_a_command_of_its_own() -> None:
    attack = "a\n::stop-commands::x\r::error file=b::c\u2028%0A::warning::d, e: f"
    document = copy.deepcopy(few(1))
    document["verdicts"][0] |= {"id": attack, "title": attack, "file": attack, "reason": attack}
    document["verdicts"][0]["findings"][0] |= {"got": attack}
    [line] = annotations.lines(document)
    assert len(line.splitlines()) == 1
    command, properties, message = parsed(line)
    assert command == "error"
    assert set(properties) == {"file", "line", "title"}
    assert "::stop-commands::x" in message
    assert "%0A::warning::d" in message
