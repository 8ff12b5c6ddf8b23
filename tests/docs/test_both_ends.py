"""The pages about real gateways from both ends are up to date, and nearly all of their problems are true."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from conformance.analysis.judgement import Judged, Judgement, judged, load_judgement
from conformance.analysis.parameter_fates import tables
from conformance.core.model import JSON
from conformance.records.run_file import read_report
from conformance.report import findings_page
from conformance.report.parameters import markdown as markdown_parameters
from tests.support.paths import ROOT

pytestmark = pytest.mark.e2e

FOLDER = ROOT / "docs" / "both-ends"
GATEWAYS = ("litellm", "portkey")
TRUE = 0.95
STALE = "stale; run: reports/both-ends/pages.sh"


@cache
def run_of(gateway: str) -> JSON:
    [path] = (ROOT / "reports" / "both-ends").glob(f"{gateway}-*.json.gz")
    return read_report(path)


def explained(gateway: str) -> tuple[Judgement, list[Judged]]:
    judgement = load_judgement(FOLDER / f"{gateway}-judgement.yaml")
    return judgement, judged(run_of(gateway), judgement)


def text_of(path: Path) -> str:
    return path.read_text("utf-8").rstrip("\n")


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_every_problem_is_explained(gateway: str) -> None:
    page = findings_page.render(*explained(gateway))
    assert text_of(FOLDER / f"{gateway}-findings.md") == page.rstrip("\n"), STALE


@pytest.mark.parametrize("gateway", GATEWAYS)
def test_nearly_all_problems_are_the_gateways(gateway: str) -> None:
    _, found = explained(gateway)
    true = [one for one in found if all(finding.fault == "gateway" for finding in one.findings)]
    assert len(true) >= TRUE * len(found)


@pytest.mark.parametrize(("gateway", "lanes"), [("litellm", 9), ("portkey", 4)])
def test_the_tables_have_more_than_a_hundred_parameters(gateway: str, lanes: int) -> None:
    run = run_of(gateway)
    assert text_of(FOLDER / f"{gateway}-parameters.md") == markdown_parameters.page(run).rstrip("\n"), STALE
    found = tables(run)
    assert sum(len(table.families) for table in found) == lanes
    assert sum(len(table.rows) for table in found) > 100
