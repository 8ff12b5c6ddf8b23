"""Annotations for GitHub Actions: a line on stdout for each case that failed, warned or is unverified.

The format and its escapes are those of workflow commands:
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands and, for the escapes,
packages/core/src/command.ts of https://github.com/actions/toolkit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from conformance.analysis.diff import Diff
from conformance.core.model import Level, Outcome
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.records import run_file
from conformance.records.run_format import RunDocument, VerdictEntry
from conformance.report import diff_text

MAX_SHOWN = 10
"""GitHub shows ten errors and ten warnings of a step, and silently drops the others."""
MAX_LENGTH = 4000
"""Characters of a message; a longer one is cut by GitHub."""

_COMMANDS: Mapping[Outcome, str] = {"failed": "error", "unverified": "warning", "warned": "warning"}


def lines(document: RunDocument, difference: Diff | None = None) -> Iterator[str]:
    """The annotations of a run, failures first; one notice counts those beyond GitHub's limit.

    Before them comes an error for each reason why cases are lost since the baseline.
    """
    losses = list(diff_text.losses(difference))[:MAX_SHOWN] if difference else []
    yield from (f"::error title=lost since the baseline::{_data(plain(loss)[:MAX_LENGTH])}" for loss in losses)
    left = {"error": MAX_SHOWN - len(losses), "warning": MAX_SHOWN}
    dropped = 0
    for outcome, command in _COMMANDS.items():
        for entry in document["verdicts"]:
            if entry["outcome"] != outcome:
                continue
            if left[command] > 0:
                left[command] -= 1
                yield _line(command, entry)
            else:
                dropped += 1
    yield from _over_run(document)
    if dropped:
        yield f"::notice title=gateway conformance::{counted(dropped, 'more case')} in the report"


def _over_run(document: RunDocument) -> Iterator[str]:
    """The findings over the whole run, which have no file and line."""
    for entry in document.get("over_run", []):
        if command := _COMMANDS.get(run_file.over_run_outcome(entry)):
            title = _property(plain(f"{entry['rule']} ({entry['family']}, the whole run)"))
            yield f"::{command} title={title}::" + _data(
                plain(f"expected {entry['expected']}; got {entry['got']}")[:MAX_LENGTH]
            )


def _line(command: str, entry: VerdictEntry) -> str:
    place = {"file": entry["file"], "line": entry["line"], "title": f"{entry['id']} ({entry['outcome']})"}
    properties = ",".join(f"{name}={_property(plain(str(value)))}" for name, value in place.items())
    return f"::{command} {properties}::{_data(plain(_message(entry))[:MAX_LENGTH])}"


def _message(entry: VerdictEntry) -> str:
    """The title, the broken rules and the reason, a line each."""
    levels: tuple[Level, ...] = ("must",) if entry["outcome"] == "failed" else run_file.FAILING_LEVELS
    found = [
        f"{finding['rule']}: expected {finding['expected']}; got {finding['got']}"
        for finding in run_file.findings(entry, *levels)
    ]
    return "\n".join([entry["title"], *found, *([entry["reason"]] if entry["reason"] else [])])


def _data(text: str) -> str:
    """A message with its escapes, so that no part of it is another command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property with its escapes; commas and colons would end it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
