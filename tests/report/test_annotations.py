"""Annotations as GitHub's runner reads them: one command a line, and no text that starts another."""

from __future__ import annotations

import re
from pathlib import Path

from conformance.analysis import problems
from conformance.core.model import JSON
from conformance.report import annotations
from conformance.report.problems import text as problems_text
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


def several(count: int, **more: object) -> JSON:
    """A run with as many problems: copies of one with other ids."""
    worse = example_runs.worse()
    [problem] = problems.problems(worse)
    return {**worse, "problems": [{**problem, "id": f"{problem['id']}~{n}", **more} for n in range(count)]}


def test_a_problem_is_one_annotation() -> None:
    document = example_runs.worse()
    [problem] = problems.of(document)
    rule = document["rules"]["messages.stream.unfinished"]
    [line] = annotations.lines(document)
    command, properties, message = parsed(line)
    assert command == "error"
    assert properties == {"title": f"messages.stream.unfinished ({problem['scope']['words']})"}
    assert message.splitlines() == [
        rule["sentence"],
        f"where: {problem['scope']['words']}: {problems_text.share(problem)}",
        f"expected {problem['example']['expected']}; got {problem['example']['got']}",
        f"breaks: {rule['breaks']}",
        f"{len(problem['cases'])} tests, such as {problem['example']['case']}",
    ]


def test_a_recommendation_is_a_warning() -> None:
    [line] = annotations.lines(several(1, level="should"))
    assert parsed(line)[0] == "warning"


def test_known_problems_and_those_of_the_upstream_are_not_shown() -> None:
    assert list(annotations.lines(several(2, known="known: a ticket"))) == []
    assert list(annotations.lines(several(2, blame="upstream"))) == []
    assert list(annotations.lines(several(2, level="may"))) == []


def test_a_file_is_only_named_if_the_workspace_has_it(tmp_path: Path) -> None:
    document = example_runs.worse()
    name = problems.of(document)[0]["example"]["case"]
    [entry] = [entry for entry in document["verdicts"] if entry["id"] == name]

    def place() -> dict[str, str]:
        [line] = annotations.lines(document, workspace=tmp_path)
        return {key: value for key, value in parsed(line)[1].items() if key != "title"}

    assert place() == {}
    path = tmp_path / entry["file"]
    path.parent.mkdir(parents=True)
    path.write_text("cases: []\n", "utf-8")
    assert place() == {"file": entry["file"], "line": str(entry["line"])}
    entry["file"] = str(path)
    assert place() == {"file": path.relative_to(tmp_path).as_posix(), "line": str(entry["line"])}
    (tmp_path.parent / "outside.yaml").write_text("cases: []\n", "utf-8")
    entry["file"] = "../outside.yaml"
    assert place() == {}


def test_a_clean_run_is_silent() -> None:
    assert list(annotations.lines(example_runs.clean())) == []


def test_a_reason_why_cases_are_unverified_is_one_warning() -> None:
    document = example_runs.clean()
    for entry in document["verdicts"][:3]:
        document = example_runs.with_outcome(document, entry["id"], "unverified", "rate-limited")
    [line] = annotations.lines(document)
    assert parsed(line) == ("warning", {"title": "3 cases unverified"}, "rate-limited")


def test_annotations_beyond_githubs_limit_are_counted() -> None:
    document = several(13)
    [other] = several(1, level="should")["problems"]
    lines = list(annotations.lines({**document, "problems": [*document["problems"], other]}))
    assert [parsed(line)[0] for line in lines] == ["error"] * annotations.MAX_SHOWN + ["warning", "notice"]
    assert lines[-1] == "::notice title=gateway conformance::and 3 more problems, in the report"


def test_no_text_starts_a_command_of_its_own() -> None:
    attack = "a\n::stop-commands::x\r::error file=b::c\u2028%0A::warning::d, e: f"
    document = several(1, scope={"facts": [], "words": attack}, follows=[attack])
    document["problems"][0]["example"] |= {"got": attack, "case": attack}
    document["rules"]["messages.stream.unfinished"] |= {"sentence": attack, "breaks": attack}
    [line] = annotations.lines(document)
    assert len(line.splitlines()) == 1
    command, properties, message = parsed(line)
    assert command == "error"
    assert set(properties) == {"title"}
    assert "::stop-commands::x" in message
    assert "%0A::warning::d" in message
