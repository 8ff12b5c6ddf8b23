"""The code quality report: its members are GitLab's, and a problem has the same fingerprint in every run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.analysis import problems
from conformance.core.model import JSON
from conformance.report import code_quality
from tests.support import example_runs

SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


def report(document: Any, workspace: Path, difference: Any = None) -> list[Any]:
    """The report as GitLab reads it; checks the members of its entries."""
    found = json.loads(json.dumps(code_quality.entries(document, difference, workspace)))
    for one in found:
        assert one.keys() == {"description", "check_name", "fingerprint", "severity", "location"}
        assert one["severity"] in SEVERITIES
        assert not Path(one["location"]["path"]).is_absolute()
        assert one["location"]["lines"]["begin"] >= 1
    assert len({one["fingerprint"] for one in found}) == len(found)
    return list(found)


def with_problem(**more: object) -> JSON:
    worse = example_runs.worse()
    [problem] = problems.problems(worse)
    return {**worse, "problems": [{**problem, **more}]}


def test_a_problem_is_one_entry(tmp_path: Path) -> None:
    [one] = report(example_runs.worse(), tmp_path)
    assert one["check_name"] == "messages.stream.unfinished"
    assert one["severity"] == "critical"
    assert one["location"] == {"path": ".gitlab-ci.yml", "lines": {"begin": 1}}
    rule = example_runs.worse()["rules"]["messages.stream.unfinished"]
    assert one["description"].startswith(f"{rule['sentence']} {rule['breaks']} Where: ")


def test_a_run_without_problems_is_an_empty_list(tmp_path: Path) -> None:
    assert report({**example_runs.worse(), "problems": []}, tmp_path) == []


def test_the_fingerprint_does_not_depend_on_the_share(tmp_path: Path) -> None:
    first, second = with_problem(), with_problem(cases=["messages/text/other"])
    assert report(first, tmp_path)[0]["fingerprint"] == report(second, tmp_path)[0]["fingerprint"]
    other = report(with_problem(id="another"), tmp_path)[0]
    assert other["fingerprint"] != report(first, tmp_path)[0]["fingerprint"]


@pytest.mark.parametrize(
    ("level", "impact", "severity"),
    [("must", "breaks", "critical"), ("must", "cosmetic", "minor"), ("should", "degrades", "minor")],
)
def test_the_severity_follows_level_and_impact(level: str, impact: str, severity: str, tmp_path: Path) -> None:
    [one] = report(with_problem(level=level, impact=impact), tmp_path)
    assert one["severity"] == severity


def test_known_problems_and_those_of_the_upstream_are_left_out(tmp_path: Path) -> None:
    assert report(with_problem(known="a reason"), tmp_path) == []
    assert report(with_problem(blame="upstream"), tmp_path) == []


def test_a_problem_is_shown_at_a_file_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "gateway-conformance.toml").write_text("", "utf-8")
    [one] = report(example_runs.worse(), tmp_path)
    assert one["location"]["path"] == "gateway-conformance.toml"
    document = example_runs.worse()
    [problem] = problems.of(document)
    case = problem["example"]["case"]
    [failed] = [one for one in document["verdicts"] if one["id"] == case]
    (tmp_path / failed["file"]).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / failed["file"]).write_text("", "utf-8")
    [one] = report(document, tmp_path)
    assert one["location"] == {"path": failed["file"], "lines": {"begin": failed["line"]}}


def test_text_of_a_gateway_is_escaped(tmp_path: Path) -> None:
    [problem] = problems.of(example_runs.worse())
    [one] = report(with_problem(scope={**problem["scope"], "words": "at \x1b[31m\u202e"}), tmp_path)
    assert not {"\x1b", "\u202e"} & set(one["description"])
