"""Annotations for GitHub Actions: a line on stdout for each problem, and for each reason why cases are unverified.

The format and its escapes are those of workflow commands:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands and, for the escapes,
packages/core/src/command.ts of https://github.com/actions/toolkit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from conformance.analysis import problems
from conformance.analysis.diff import Diff
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.records.run_format import ProblemEntry, RunDocument
from conformance.report import diff_text
from conformance.report.problems import text as problems_text
from conformance.report.problems.own import hurt, is_own

MAX_SHOWN = 10
"""GitHub shows ten errors and ten warnings of a step, and silently drops the others."""
MAX_LENGTH = 4000
"""Characters of a message; a longer one is cut by GitHub."""

Command = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Annotation:
    """`file` and `line` are only given for a file that the workspace has: GitHub shows the message at this place."""

    command: Command
    title: str
    message: str
    file: str = ""
    line: int = 0


def lines(document: RunDocument, difference: Diff | None = None, workspace: Path | None = None) -> Iterator[str]:
    """The annotations of a run, the worst first; one notice counts those beyond GitHub's limit.

    Before the problems comes an error for each reason why cases are lost since the baseline. `workspace` is the folder
    of the user's repository.
    """
    left = Counter(error=MAX_SHOWN, warning=MAX_SHOWN)
    dropped = 0
    for annotation in _annotations(document, difference, workspace):
        if left[annotation.command]:
            left[annotation.command] -= 1
            yield _line(annotation)
        else:
            dropped += 1
    if dropped:
        yield f"::notice title=gateway conformance::and {counted(dropped, 'more problem')}, in the report"


def _annotations(document: RunDocument, difference: Diff | None, workspace: Path | None) -> Iterator[Annotation]:
    for loss in diff_text.losses(difference) if difference else ():
        yield Annotation("error", "lost since the baseline", loss)
    for problem in filter(is_own, problems.of(document)):
        yield _problem(document, problem, workspace)
    yield from _unverified(document)


def _problem(document: RunDocument, problem: ProblemEntry, workspace: Path | None) -> Annotation:
    example = problem["example"]
    count = len(problem["cases"])
    message = "\n".join(
        (
            document["rules"][problem["rule"]]["sentence"],
            f"where: {problem['scope']['words']}: {problems_text.share(problem)}",
            f"expected {example['expected']}; got {example['got']}",
            f"breaks: {hurt(document, problem)}",
            f"{counted(count, 'test')}{', such as' if count > 1 else ':'} {example['case']}",
        )
    )
    return Annotation(
        "error" if problem["level"] == "must" else "warning",
        f"{problem['rule']} ({problem['scope']['words']})",
        message,
        *place(document, example["case"], workspace),
    )


def place(document: RunDocument, case: str, workspace: Path | None) -> tuple[str, int]:
    """The file and line of a case, if the file is in the workspace; the suite's own files are not, as a rule."""
    entry = next((entry for entry in document["verdicts"] if entry["id"] == case), None)
    if entry is None or workspace is None:
        return "", 0
    root = workspace.resolve()
    path = (root / entry["file"]).resolve()
    if not path.is_relative_to(root) or not path.is_file():
        return "", 0
    return path.relative_to(root).as_posix(), entry["line"]


def _unverified(document: RunDocument) -> Iterator[Annotation]:
    """A warning for each reason why cases are unverified, the most frequent first."""
    found = Counter(entry["reason"] for entry in document["verdicts"] if entry["outcome"] == "unverified")
    for reason, count in found.most_common():
        yield Annotation("warning", f"{counted(count, 'case')} unverified", reason)


def _line(annotation: Annotation) -> str:
    place = {"file": annotation.file, "line": annotation.line} if annotation.file else {}
    members = {**place, "title": annotation.title}
    properties = ",".join(f"{name}={_property(plain(str(value)))}" for name, value in members.items())
    return f"::{annotation.command} {properties}::{_data(plain(annotation.message)[:MAX_LENGTH])}"


def _data(text: str) -> str:
    """A message with its escapes, so that no part of it is another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property with its escapes; commas and colons would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
