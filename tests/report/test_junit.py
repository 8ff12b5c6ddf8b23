"""JUnit reports as CI systems read them: written by pytest, with the text of the verdict."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
from junitparser import Error, Failure, JUnitXml, Properties, Skipped, TestCase

from conformance.analysis import problems
from conformance.core.model import JSON
from conformance.plugin import junit_file
from conformance.report.junit import with_problems
from tests.support import example_runs, nights, suite

FEW = "messages/text/recall or messages/text/content or messages/vision/base64 or models/listing"
RESULTS = {
    "passed": (), "known": (), "warned": (),
    "failed": (Failure,), "unverified": (Failure,), "not_applicable": (Skipped,),
}  # fmt: skip


Judged = tuple[JUnitXml, JSON]
"""The JUnit file and the report of a run."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return night(tmp_path_factory.mktemp("junit"))


def night(folder: Path, *options: str) -> Judged:
    """A run with a fault, a budget that ends, and an unclaimed capability."""
    (folder / "profile.yaml").write_text("capabilities: {vision: false}\n", "utf-8")
    cases = suite.part(folder / "cases", "messages/text.yaml", "messages/vision.yaml", "models/openai.yaml")
    with pytest.MonkeyPatch.context() as patch, nights.gateway(patch) as gateway:
        gateway.faults = ("messages-message-stop-lost",)
        suite.run(
            f"--gateway-url={gateway.url}", f"--gateway-profile={folder / 'profile.yaml'}", "--max-requests=7",
            f"--cases={cases}", "-k", FEW, f"--junitxml={folder / 'junit.xml'}", f"--report-dir={folder}", *options,
        )  # fmt: skip
    return JUnitXml.fromfile(str(folder / "junit.xml")), suite.report(folder)


def case(junit: JUnitXml, name: str) -> TestCase:
    [found] = [case for suite_ in junit for case in suite_ if case.name == f"test_gateway[{name}]"]
    return found


@pytest.mark.socket
def test_a_reader_finds_every_verdict(judged: Judged) -> None:
    junit, run = judged
    [cases] = list(junit)
    assert {"failed", "unverified", "not_applicable", "passed"} <= set(run["summary"])
    assert cases.tests == len(run["verdicts"])
    assert cases.failures == run["summary"]["failed"] + run["summary"]["unverified"]
    assert cases.skipped == run["summary"]["not_applicable"]
    assert cases.errors == 0
    for entry in run["verdicts"]:
        found = case(junit, entry["id"])
        assert tuple(type(result) for result in found.result) == RESULTS[entry["outcome"]]
        assert not any(isinstance(result, Error) for result in found.result)
        assert found.time >= 0


@pytest.mark.socket
def test_a_failure_says_what_the_verdict_says(judged: Judged) -> None:
    junit, run = judged
    for entry in run["verdicts"]:
        if entry["outcome"] in ("failed", "unverified"):
            [result] = case(junit, entry["id"]).result
            assert result.message.startswith(entry["title"])
            assert f"{entry['file']}:{entry['line']}  {entry['id']}" in result.text
            assert entry["reason"] in result.text
            for finding in entry["findings"]:
                assert f"expected: {finding['expected']}" in result.text
            assert "Traceback" not in result.text


def has_its_problems(judged: Judged) -> None:
    """Class names are family and area; test cases have the ids of their problems, and the suite has the problems."""
    junit, run = judged
    [problem] = run["problems"]
    assert problem["rule"] == "messages.stream.unfinished"
    for entry in run["verdicts"]:
        found = case(junit, entry["id"])
        assert found.classname == f"{entry['family']}.{entry['area']}"
        own = [("problem", problem["id"])] if entry["id"] in problem["cases"] else []
        assert [(one.name, one.value) for one in found.child(Properties) or ()] == own
    [(name, value)] = [(one.name, one.value) for one in next(iter(junit)).properties()]
    assert name == f"problem {problem['id']}"
    assert problem["scope"]["words"] in value


@pytest.mark.socket
def test_a_test_case_has_the_ids_of_its_problems(judged: Judged) -> None:
    has_its_problems(judged)


@pytest.mark.e2e
def test_so_it_has_with_several_workers(tmp_path: Path) -> None:
    has_its_problems(night(tmp_path, "-n2"))


HEAD = '<?xml version="1.0" encoding="utf-8"?><testsuites><testsuite name="pytest" tests="1">'


def changed(inside: str, document: JSON, prefix: str = "") -> ElementTree.Element:
    text = f"{HEAD}{inside}</testsuite></testsuites>"
    return ElementTree.fromstring(with_problems(text.encode(), document, prefix))


def test_other_tests_and_properties_stay() -> None:
    worse = example_runs.worse()
    [problem] = problems.of(worse)
    name = problem["cases"][0]
    [entry] = [entry for entry in worse["verdicts"] if entry["id"] == name]
    own = '<testcase classname="a.b" name="test_own" time="1"><failure message="m">text</failure></testcase>'
    outer = '<properties><property name="one" value="1"/></properties>'
    root = changed(f'{outer}{own}<testcase classname="c" name="test_gateway[{name}]"/>', worse, "nightly")
    assert ElementTree.tostring(root[0][1], "unicode") == own
    assert [one.get("name") for one in root[0][0]] == ["one", f"problem {problem['id']}"]
    assert root[0][2].get("classname") == f"nightly.{entry['family']}.{entry['area']}"


def test_every_text_is_valid_in_xml() -> None:
    worse = example_runs.worse()
    hostile = '<a> & \x00\x1b\ufffe\ud800 "'
    found = [{**problem, "id": hostile, "scope": {"facts": [], "words": hostile}} for problem in problems.of(worse)]
    name = found[0]["cases"][0]
    root = changed(f'<testcase classname="c" name="test_gateway[{name}]"/>', {**worse, "problems": found})
    [value] = [one.get("value", "") for one in root[0][1].iter("property")]
    assert value.startswith("<a> & \\x00")


def test_a_file_that_is_not_xml_stays(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    path.write_text("cut <", "utf-8")
    junit_file.complete(path, example_runs.worse(), "")
    assert path.read_text("utf-8") == "cut <"
    junit_file.complete(tmp_path / "missing.xml", example_runs.worse(), "")
    assert not (tmp_path / "missing.xml").exists()
