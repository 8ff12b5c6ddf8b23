"""Explanations of problems: joined with them, and complete in both directions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from conformance.analysis import problems
from conformance.analysis.judgement import judged, load_judgement
from conformance.cli import main
from conformance.core.model import JSON
from conformance.core.yaml_input import InputError
from conformance.report import findings_page
from tests.support import example_runs

RULE = "messages.stream.unfinished"
FOLLOWS = "case.same-answer"


def run() -> JSON:
    """A run with two problems: one of streams with a consequence, and one that fails no case."""
    worse = example_runs.worse()
    [problem] = problems.problems(worse)
    trivial = {**problem, "id": "trivial", "level": "may"}
    return {**worse, "problems": [{**problem, "follows": [FOLLOWS]}, trivial]}


def finding(rule: str = RULE, **more: str) -> JSON:
    return {"rule": rule, "does": f"It breaks {rule}.", "fault": "gateway", "evidence": "The recording.", **more}


def written(folder: Path, *findings: JSON) -> Path:
    path = folder / "judgement.yaml"
    document = {"title": "Findings", "before": "Before.", "after": "After.", "findings": list(findings)}
    path.write_text(json.dumps(document, indent=1), "utf-8")
    return path


def page(folder: Path, *findings: JSON) -> str:
    judgement = load_judgement(written(folder, *findings))
    return findings_page.render(judgement, judged(run(), judgement))


def test_a_problem_is_a_row_with_its_findings(tmp_path: Path) -> None:
    text = page(tmp_path, finding(FOLLOWS), finding(fault="profile"))
    [problem, _] = run()["problems"]
    [row] = [line for line in text.splitlines() if line.startswith("| `")]
    assert row.startswith(f"| `{RULE}` | {len(problem['cases'])} | {problem['scope']['words']}: ")
    assert f"| It breaks {RULE}.<br>It breaks {FOLLOWS}. | profile, gateway | The recording.<br>The recording. |" in row
    assert "## must: 1 problem\n" in text
    assert "Of 1 problem, 0 (0 %) are the gateway's.\n" in text
    assert text.index("Before.") < text.index(row) < text.index("After.")


def test_a_finding_may_be_about_some_cases_only(tmp_path: Path) -> None:
    name = run()["problems"][0]["cases"][0]
    for cases in (name, "messages/*", "*"):
        assert f"It breaks {RULE}." in page(tmp_path, finding(cases=cases))
    with pytest.raises(
        InputError, match=r"judgement\.yaml:\d+: no problem has .* in responses/\*; correct or remove it"
    ):
        page(tmp_path, finding(), finding(cases="responses/*"))


def test_a_finding_about_some_cases_comes_before_one_about_all(tmp_path: Path) -> None:
    text = page(tmp_path, finding(), finding(cases="messages/*", does="It breaks here."))
    assert "It breaks here." in text
    assert f"It breaks {RULE}." not in text


def test_a_consequence_belongs_to_the_problem_with_most_of_its_cases(tmp_path: Path) -> None:
    document = run()
    [problem, _] = document["problems"]
    few = {**problem, "id": "few", "rules": ["a.b"], "cases": problem["cases"][:1]}
    judgement = load_judgement(written(tmp_path, finding(), finding("a.b"), finding(FOLLOWS)))
    found = judged({**document, "problems": [few, problem | {"follows": [FOLLOWS]}]}, judgement)
    assert [[one.rule for one in own.findings] for own in found] == [["a.b"], [RULE, FOLLOWS]]


def test_problems_of_one_rule_with_one_explanation_are_a_row(tmp_path: Path) -> None:
    document = run()
    [problem, _] = document["problems"]
    elsewhere = {**problem, "id": "elsewhere", "cases": problem["cases"][:1], "scope": {"facts": [], "words": "more"}}
    judgement = load_judgement(written(tmp_path, finding()))
    both = {**document, "problems": [problem, elsewhere]}
    [row] = [line for line in findings_page.render(judgement, judged(both, judgement)).splitlines() if "| `" in line]
    assert f"| {len(problem['cases']) + 1} | {problem['scope']['words']}: " in row
    assert "<br>more: " in row
    apart = load_judgement(written(tmp_path, finding(), finding(cases=problem["cases"][-1])))
    text = findings_page.render(apart, judged(both, apart))
    assert sum("| `" in line for line in text.splitlines()) == 2


def test_a_problem_without_a_finding_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"no finding explains {RULE}@.* \(as in .*\); add one"):
        page(tmp_path)


def test_the_command_writes_the_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "run.json").write_text(json.dumps(example_runs.worse()), "utf-8")
    out = tmp_path / "findings.md"
    command = ["findings", str(tmp_path / "run.json"), str(written(tmp_path, finding())), "-o", str(out)]
    assert main(command) == 0
    assert f"It breaks {RULE}." in out.read_text("utf-8")
    written(tmp_path, finding(fault="nature"))
    assert main(command) == 2
    assert "fault" in capsys.readouterr().err
