"""What is known from before a run: failures that are listed, and a baseline to compare with."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from conformance import baseline, known, runs
from conformance.baseline import Diff
from conformance.known import Entry
from conformance.model import JSON, Verdict
from conformance.report import changes
from conformance.report import run as run_report
from conformance.runs import FailOn
from conformance.sending import STOPPED


@dataclass(frozen=True, slots=True)
class Past:
    """The list of known failures, an earlier run, and what the exit code speaks of (None: failing tests)."""

    listed: Sequence[Entry] = ()
    earlier: JSON = None
    fail_on: FailOn | None = None

    def settled(self, verdict: Verdict, models: JSON) -> Verdict:
        """The verdict, `known` where the list explains all that it is red for. `models` is run.json's."""
        if not self.listed:
            return verdict
        document = {"gateway": {"models": models}}
        entry = known.settle(document, run_report.verdict(verdict), self.listed, _today())
        return replace(verdict, outcome=entry["outcome"], reason=entry["reason"])

    def is_red(self, document: JSON, ids: Collection[str], otherwise: bool) -> bool:
        """Whether the run fails; `otherwise` is what pytest found.

        A gateway that went away broke nothing that could be seen, but nobody may take that for a good night.
        """
        if self.fail_on:
            red = baseline.is_red(self._difference(document), document, self.fail_on) or _unanswered(document) > 0
        else:
            red = otherwise
        return red or any(known.problems(document, self.listed, _today(), ids))

    def lines(self, document: JSON, ids: Collection[str]) -> Iterator[str]:
        """What is wrong with the list or the night, and what changed since the earlier run."""
        for problem in known.problems(document, self.listed, _today(), ids):
            yield f"{problem.kind}: {problem.sentence}"
        if self.fail_on and (unsent := _unanswered(document)):
            yield f"red: the gateway stopped answering, so that {unsent} cases were not sent"
        if self.earlier is not None:
            yield from changes.lines(self._difference(document))

    def _difference(self, document: JSON) -> Diff:
        return baseline.diff(self.earlier, document) if self.earlier is not None else Diff()


def of(known_file: str | None, baseline_file: str | None, fail_on: FailOn | None) -> Past:
    """The options' meaning. Raises InputError."""
    return Past(
        known.load(Path(known_file)) if known_file else (),
        runs.read(Path(baseline_file)) if baseline_file else None,
        fail_on,
    )


def _unanswered(document: JSON) -> int:
    """How many cases were not sent because the gateway was down; a budget that ends is the user's own choice."""
    return sum(
        entry["outcome"] == "unverified" and entry["reason"].startswith(STOPPED) for entry in document["verdicts"]
    )


def _today() -> date:
    return datetime.now(UTC).date()
