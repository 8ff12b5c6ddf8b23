"""The problems that reports list: the gateway's own ones, and whom they hurt."""

from __future__ import annotations

from conformance.records.run_format import ProblemEntry, RunDocument
from conformance.report.problems.text import is_listed
from conformance.report.text import IMPACTS


def is_own(problem: ProblemEntry) -> bool:
    """Whether a problem is one to fix, and the upstream does not have it, too."""
    return is_listed(problem) and problem.get("blame") != "upstream"


def hurt(document: RunDocument, problem: ProblemEntry) -> str:
    """Which clients a problem hurts, in a sentence; what happens to clients in general, if the rule does not say."""
    rule = document["rules"][problem["rule"]]
    return rule.get("breaks", "") or f"{IMPACTS[problem['impact']].capitalize()}."
