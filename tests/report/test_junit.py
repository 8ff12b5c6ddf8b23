"""JUnit reports as CI systems read them: written by pytest, with the text of the verdict."""

from __future__ import annotations

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped, TestCase

from conformance.core.model import JSON
from tests.support import nights, suite

pytestmark = pytest.mark.socket

FEW = "messages/text/recall or messages/text/content or messages/vision/base64 or models/listing"
RESULTS = {
    "passed": (), "known": (), "warned": (),
    "failed": (Failure,), "unverified": (Failure,), "not_applicable": (Skipped,),
}  # fmt: skip


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[JUnitXml, JSON]:
    """The JUnit file and the report of a run with a fault, a budget that ends, and an unclaimed capability."""
    folder = tmp_path_factory.mktemp("junit")
    (folder / "profile.yaml").write_text("capabilities: {vision: false}\n", "utf-8")
    with pytest.MonkeyPatch.context() as patch, nights.gateway(patch) as gateway:
        gateway.faults = ("messages-message-stop-lost",)
        suite.run(
            f"--gateway-url={gateway.url}", f"--gateway-profile={folder / 'profile.yaml'}", "--max-requests=7",
            "-k", FEW, f"--junitxml={folder / 'junit.xml'}", f"--report-dir={folder}",
        )  # fmt: skip
    return JUnitXml.fromfile(str(folder / "junit.xml")), suite.report(folder)


def case(junit: JUnitXml, name: str) -> TestCase:
    [found] = [case for suite_ in junit for case in suite_ if case.name == f"test_gateway[{name}]"]
    return found


def test_a_reader_finds_every_verdict(judged: tuple[JUnitXml, JSON]) -> None:
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


def test_a_failure_says_what_the_verdict_says(judged: tuple[JUnitXml, JSON]) -> None:
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
