"""Whether the known failures of a run are those that its list covers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from conformance.analysis import known_failures
from conformance.analysis.authentic.run import CheckedRun
from conformance.analysis.authentic.selection import WHOLE
from conformance.analysis.known_failures import KnownFailure
from conformance.analysis.rejudge import Difference
from conformance.core.yaml_input import InputError
from conformance.records.run_format import OverRunEntry, VerdictEntry


def findings(run: CheckedRun) -> Iterator[Difference]:
    """The verdicts that are known without a reason, and those that the list covers and that are not known."""
    if "digests" not in run.document:
        return  # earlier versions did not write down the list
    try:
        listed = known_failures.recorded(run.document)
    except InputError as error:
        yield Difference(WHOLE, f"its list of known failures cannot be read ({error})")
        return
    if bool(listed) and "--known-failures" not in run.options:
        yield Difference(WHOLE, "it has a list of known failures, and no option that names one")
    for entry in run.document["verdicts"]:
        if entry["outcome"] in ("failed", "warned", "known") and not _is_settled(run, entry, listed):
            wanted = "is known" if entry["outcome"] == "known" else f"is {entry['outcome']}"
            yield Difference(entry["id"], f"it {wanted}, which the list of known failures in the report does not say")
    for found in run.document.get("over_run", ()):
        if not _is_settled_over_run(run, found, listed):
            yield Difference(WHOLE, f"its list of known failures says otherwise about {found['rule']}")


def _is_settled(run: CheckedRun, entry: VerdictEntry, listed: Sequence[KnownFailure]) -> bool:
    models = run.document["gateway"]["models"]
    for day in _days(run, [exchange["date"] for exchange in entry["exchanges"]]):
        for outcome in _unsettled(entry):
            settled = known_failures.settle(outcome, models, listed, day)
            if (settled["outcome"], settled["reason"]) == (entry["outcome"], entry["reason"]):
                return True
    return not listed and entry["outcome"] != "known"


def _unsettled(entry: VerdictEntry) -> Iterator[VerdictEntry]:
    """The verdict as it was before the list was applied: a known one had failed, or else warned."""
    if entry["outcome"] != "known":
        yield entry
        return
    levels = {finding["level"] for finding in entry["findings"] if finding.get("blame") != "upstream"}
    yield {**entry, "outcome": "failed" if "must" in levels else "warned"}


def _is_settled_over_run(run: CheckedRun, found: OverRunEntry, listed: Sequence[KnownFailure]) -> bool:
    bare: OverRunEntry = {**found}
    bare.pop("known", None)
    days = _days(run, [run.document["started"]], int(run.document["seconds"] // 86_400) + 1)
    settled = (
        known_failures.settle_over_run([bare], run.document["verdicts"], listed, day)[0].get("known") for day in days
    )
    return found.get("known") in settled


def _days(run: CheckedRun, dates: Sequence[str], more: int = 1) -> Iterator[date]:
    """The days on which a verdict may have been settled."""
    try:
        first = date.fromisoformat((dates or [run.document["started"]])[-1][:10])
    except ValueError:
        return
    yield from (first + timedelta(days=number) for number in range(more + 1))
