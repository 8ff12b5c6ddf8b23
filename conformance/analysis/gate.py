"""The gate: whether a run fails, and so with which exit code it ends.

`fails_run` decides, for pytest runs and for `gateway-conformance diff`; everything that it looks at is gathered in an
`Assessment` before.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, get_args

from conformance.analysis import known_failures, outage
from conformance.analysis.diff import Diff, diff
from conformance.analysis.known_failures import KnownFailure, ListMistake, load_known_failures
from conformance.analysis.problem_changes import ProblemChange
from conformance.core.model import Level, Outcome
from conformance.core.yaml_input import InputError
from conformance.records import run_file
from conformance.records.run_file import read_report
from conformance.records.run_format import OverRunEntry, RunDocument, SoakProblem, VerdictEntry

FailOn = Literal["regression", "must", "should"]
FAIL_ON: tuple[FailOn, ...] = get_args(FailOn)
"""The values of `--fail-on`."""

NO_BASELINE = "none"
"""The value of `--gateway-baseline` in the first run, which has no earlier run to compare with."""

FAILING_OUTCOMES: Mapping[FailOn, frozenset[Outcome]] = {
    "must": frozenset({"failed"}),
    "should": frozenset({"failed", "warned"}),
}
"""Value of `--fail-on` -> the outcomes that fail a run."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """Facts about a run besides its failing tests.

    `difference` is None without a baseline. `unsent` is the number of cases that were not sent because the gateway
    stopped answering. `silent` are the endpoints of which no case could be judged, because they do not answer. `soak`
    are the problems of the soak, `soak_regressed` those that the soak of the baseline did not have.
    """

    outcomes: frozenset[Outcome] = frozenset()
    difference: Diff | None = None
    mistakes: tuple[ListMistake, ...] = ()
    unsent: int = 0
    silent: tuple[str, ...] = ()
    soak: tuple[SoakProblem, ...] = ()
    soak_regressed: tuple[SoakProblem, ...] = ()

    @property
    def has_lost(self) -> bool:
        """Whether cases that passed in the baseline no longer apply, although the user did not decide so."""
        return self.difference is not None and bool(self.difference.of("lost"))


@dataclass(frozen=True, slots=True)
class Gate:
    """The options that decide whether a run fails: the list of known failures, the baseline and `--fail-on`."""

    listed: Sequence[KnownFailure] = ()
    baseline: RunDocument | None = None
    fail_on: FailOn | None = None

    def settle(self, verdict: VerdictEntry, models: Mapping[str, str]) -> VerdictEntry:
        """The verdict, marked `known` where the list covers it; `models` is endpoint -> model."""
        return known_failures.settle(verdict, models, self.listed, today())

    def settle_over_run(
        self, entries: Sequence[OverRunEntry], verdicts: Sequence[VerdictEntry]
    ) -> list[OverRunEntry]:  # fmt: skip
        """The findings over the run, marked as known where the list covers them in all of their verdicts."""
        return known_failures.settle_over_run(entries, verdicts, self.listed, today())

    def assess(self, document: RunDocument, ids: Collection[str]) -> Assessment:
        """A run compared with the list and the baseline; `ids` are the ids of all cases of the suite."""
        down = outage.find(document)
        return Assessment(
            outcomes=outcomes(document),
            difference=self._difference(document),
            mistakes=tuple(known_failures.mistakes(document, self.listed, today(), ids)),
            unsent=down.unsent,
            silent=down.silent,
            soak=tuple(document["soak"]["problems"]) if "soak" in document else (),
            soak_regressed=tuple(self._soak_regressed(document)),
        )

    def _soak_regressed(self, document: RunDocument) -> Iterator[SoakProblem]:
        if "soak" in document and self.baseline and "soak" in self.baseline:
            before = self.baseline["soak"]["problems"]
            yield from (problem for problem in document["soak"]["problems"] if problem not in before)

    def _difference(self, document: RunDocument) -> Diff | None:
        """The differences from the baseline; problems that the list covers are known."""
        if self.baseline is None:
            return None
        difference = diff(self.baseline, document)
        valid = known_failures.valid(self.listed, today())
        return replace(difference, problems=tuple(_listed(one, document, valid) for one in difference.problems))


def _listed(change: ProblemChange, document: RunDocument, valid: Sequence[KnownFailure]) -> ProblemChange:
    """The change with the reasons why it is known, if the list covers it in all cases that show it only now."""
    problem = change.problem
    if not change.is_regression or not valid:
        return change
    cases = [entry for entry in document["verdicts"] if entry["id"] in change.broke]
    reasons = known_failures.reasons(cases, {*problem["rules"], *problem["follows"]}, document, valid)
    return replace(change, problem={**problem, "known": reasons}) if reasons else change


def gate_from_options(known_file: str | None, baseline_file: str | None, fail_on: FailOn | None) -> Gate:
    """The gate that the options ask for. Raises InputError."""
    if fail_on == "regression" and not baseline_file:
        raise InputError(
            "--gateway-fail-on regression: there is no earlier run to compare with; "
            "give its run.json with --gateway-baseline, or --gateway-baseline=none in the first run"
        )
    return Gate(
        load_known_failures(Path(known_file)) if known_file else (),
        read_report(Path(baseline_file)) if baseline_file and baseline_file != NO_BASELINE else None,
        fail_on,
    )


def fails_run(
    assessment: Assessment, fail_on: FailOn | None, *, failed_tests: bool = False, errors: bool = False
) -> bool:
    """Whether the run fails.

    `failed_tests` is whether any test failed, `errors` whether any failed without a verdict (in a fixture, in a
    worker that crashed). Without `fail_on` any failed test fails the run, and any problem of a soak; with it, only what
    it names does, and a gateway or an endpoint that does not answer. A problem of a soak counts as a broken `must`.
    Errors and mistakes of the list always fail the run.
    """
    if errors or assessment.mistakes:
        return True
    if fail_on is None:
        return failed_tests or bool(assessment.soak)
    if assessment.unsent or assessment.silent:
        return True
    if fail_on == "regression":
        has_regressed = assessment.difference is not None and assessment.difference.is_regression
        return has_regressed or bool(assessment.soak_regressed)
    return bool(assessment.soak) or not assessment.outcomes.isdisjoint(FAILING_OUTCOMES[fail_on])


def fails_test(outcome: Outcome, levels: Collection[Level], strict: bool) -> bool:
    """Whether a test fails; with `strict`, a broken `should` fails it too.

    `levels` are the levels of the findings, without those blamed on the upstream.
    """
    if outcome == "warned":
        return strict and "should" in levels
    return outcome in ("failed", "unverified")


def entry_fails_test(entry: VerdictEntry, strict: bool) -> bool:
    """Whether the test of a recorded verdict fails."""
    levels = {finding["level"] for finding in run_file.findings(entry, *run_file.FAILING_LEVELS)}
    return fails_test(entry["outcome"], levels, strict)


def any_fails_test(entries: Iterable[VerdictEntry], strict: bool) -> bool:
    """Whether the test of any of these verdicts fails."""
    return any(entry_fails_test(entry, strict) for entry in entries)


def outcomes(document: RunDocument) -> frozenset[Outcome]:
    """The outcomes that occur in a run; a rule that the whole run breaks counts as a case that breaks it."""
    over_run = (run_file.over_run_outcome(entry) for entry in document.get("over_run", []))
    return frozenset([*(entry["outcome"] for entry in document["verdicts"]), *over_run])


def over_run_fails(document: RunDocument, strict: bool) -> bool:
    """Whether the rules that the whole run breaks fail it, as a test with such a verdict would."""
    found = document.get("over_run", [])
    return any(fails_test(run_file.over_run_outcome(entry), [entry["level"]], strict) for entry in found)


def today() -> date:
    return datetime.now(UTC).date()
