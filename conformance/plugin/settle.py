"""How the test of a case ends, given its verdict."""

from __future__ import annotations

import pytest

from conformance.analysis.gate import fails_test
from conformance.core.model import Verdict
from conformance.report import text as text_report


class CaseFailed(AssertionError):  # noqa: N818 - what it is, is a verdict
    """The gateway broke a rule; the text names the rule and has a curl command that reproduces it."""


class CaseUnverified(Exception):  # noqa: N818 - what it is, is a verdict
    """The case could not be judged. This is not an assertion, so that Allure shows it as broken and not as failed."""


def settle(verdict: Verdict, strict: bool) -> None:
    """Ends the test as the verdict says: raises CaseFailed or CaseUnverified, or skips the test."""
    levels = {finding.level for finding in verdict.findings if finding.blame != "upstream"}
    if fails_test(verdict.outcome, levels, strict):
        error = CaseUnverified if verdict.outcome == "unverified" else CaseFailed
        raise error(text_report.verdict(verdict))
    if verdict.outcome == "not_applicable":
        pytest.skip(text_report.reason(verdict))
