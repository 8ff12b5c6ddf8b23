"""The end of a run on the terminal: what is broken first, then the counts, then the failed cases by problem."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from conformance.analysis.gate import Assessment, FailOn
from conformance.core.terminal_text import plain
from conformance.records.run_format import RunDocument
from conformance.report import cost_text, failed_cases_text, gate_text, outage_text, plain_refusals_text, summary
from conformance.report.levels import text as levels_text
from conformance.report.parameters import text as parameters_text
from conformance.report.problems import text as problems_text
from conformance.report.readiness import text as readiness_text
from conformance.report.repeated import text as repeated_text
from conformance.report.soak import text as soak_text


def lines(
    document: RunDocument, assessment: Assessment, fail_on: FailOn | None, folder: Path, failed: Collection[str]
) -> Iterator[str]:
    """The lines; `folder` is where the reports are, `failed` are the ids of the cases that pytest does not list."""
    yield from map(plain, outage_text.lines(document, assessment))
    yield from map(plain, plain_refusals_text.lines(document))
    yield from gate_text.lines(assessment, fail_on)
    yield from problems_text.summary(document, folder / "run.json")
    if "soak" in document:
        yield from (f"soak: {line}" for line in soak_text.lines(document["soak"]))
    yield from (f"parameters, {line}" for line in parameters_text.lines(document))
    yield from levels_text.lines(document)
    yield from readiness_text.lines(document)
    yield from cost_text.lines(document)
    yield from repeated_text.lines(document)
    yield from summary.lines(document, folder)
    yield from failed_cases_text.lines(document, failed)
