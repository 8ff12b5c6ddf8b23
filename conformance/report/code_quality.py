"""A code quality report for GitLab: an entry for each problem, which merge requests show as new or fixed.

The members are those of https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from conformance.analysis import problems
from conformance.analysis.diff import Diff
from conformance.core.model import JSON
from conformance.core.terminal_text import plain
from conformance.records.run_format import ProblemEntry, RunDocument
from conformance.report import diff_text
from conformance.report.annotations import place
from conformance.report.problems import text as problems_text
from conformance.report.problems.own import hurt, is_own

_SEVERITIES: Mapping[tuple[str, str], str] = {
    ("must", "breaks"): "critical",
    ("must", "degrades"): "major",
    ("must", "cosmetic"): "minor",
    ("should", "breaks"): "major",
    ("should", "degrades"): "minor",
    ("should", "cosmetic"): "info",
}
"""Level and impact of a rule -> GitLab's severity."""

_FILES = ("gateway-conformance.toml", ".gitlab-ci.yml")
"""Files of the user's repository that a problem is shown at: the first one that is there. The last one always is."""


def entries(document: RunDocument, difference: Diff | None, workspace: Path) -> list[JSON]:
    """The report of a run, the worst problem first. `workspace` is the folder of the user's repository.

    Before the problems comes an entry for each reason why cases are lost since the baseline.
    """
    own = next((name for name in _FILES if (workspace / name).is_file()), _FILES[-1])
    losses = diff_text.losses(difference) if difference else ()
    return [
        *(_entry("lost since the baseline", loss, loss, "critical", own, 1) for loss in losses),
        *(_problem(document, found, workspace, own) for found in problems.of(document) if is_own(found)),
    ]


def _problem(document: RunDocument, problem: ProblemEntry, workspace: Path, own: str) -> JSON:
    sentence = document["rules"][problem["rule"]]["sentence"]
    where = f"{problem['scope']['words']}: {problems_text.share(problem)}"
    file, line = place(document, problem["example"]["case"], workspace)
    severity = _SEVERITIES.get((problem["level"], problem["impact"]), "info")
    description = f"{sentence} {hurt(document, problem)} Where: {where}."
    return _entry(problem["rule"], description, problem["id"], severity, file or own, line or 1)


def _entry(check: str, description: str, identity: str, severity: str, file: str, line: int) -> JSON:
    """GitLab compares the fingerprints of two reports, so an entry has the same one in every run."""
    return {
        "description": plain(description),
        "check_name": check,
        "fingerprint": hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest(),
        "severity": severity,
        "location": {"path": file, "lines": {"begin": line}},
    }
