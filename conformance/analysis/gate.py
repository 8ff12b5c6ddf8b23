"""What is known from before a run: failures that are listed, and a baseline to compare with."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from conformance.analysis import known_failures
from conformance.analysis.diff import Diff, diff, fails_run
from conformance.analysis.known_failures import Entry, load_known_failures
from conformance.core.model import JSON, Verdict
from conformance.core.reasons import STOPPED
from conformance.records import run_document
from conformance.records.run_file import FailOn, read_run


@dataclass(frozen=True, slots=True)
class Gate:
    """The list of known failures, an earlier run, and what the exit code speaks of (None: failing tests)."""

    listed: Sequence[Entry] = ()
    earlier: JSON = None
    fail_on: FailOn | None = None

    def settled(self, verdict: Verdict, models: JSON) -> Verdict:
        """The verdict, `known` where the list explains all that it is red for. `models` is run.json's."""
        if not self.listed:
            return verdict
        document = {"gateway": {"models": models}}
        entry = known_failures.settle(document, run_document.verdict(verdict), self.listed, today())
        return replace(verdict, outcome=entry["outcome"], reason=entry["reason"])

    def is_red(self, document: JSON, ids: Collection[str], otherwise: bool) -> bool:
        """Whether the run fails; `otherwise` is what pytest found.

        A gateway that went away broke nothing that could be seen, but nobody may take that for a good night.
        """
        if self.fail_on:
            red = fails_run(self.difference(document), document, self.fail_on) or unanswered(document) > 0
        else:
            red = otherwise
        return red or any(known_failures.problems(document, self.listed, today(), ids))

    def difference(self, document: JSON) -> Diff:
        return diff(self.earlier, document) if self.earlier is not None else Diff()


def gate_from_options(known_file: str | None, baseline_file: str | None, fail_on: FailOn | None) -> Gate:
    """The options' meaning. Raises InputError."""
    return Gate(
        load_known_failures(Path(known_file)) if known_file else (),
        read_run(Path(baseline_file)) if baseline_file else None,
        fail_on,
    )


def unanswered(document: JSON) -> int:
    """How many cases were not sent because the gateway was down; a budget that ends is the user's own choice."""
    return sum(
        entry["outcome"] == "unverified" and entry["reason"].startswith(STOPPED) for entry in document["verdicts"]
    )


def today() -> date:
    return datetime.now(UTC).date()
