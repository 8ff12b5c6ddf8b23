"""Judges a submitted run again, and keeps the part of it that the pages need.

The problems, the levels and the readiness of clients are computed again: no page shows what the file only states.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from conformance.analysis import authentic, levels, readiness, rejudge
from conformance.core import data_files
from conformance.core.plural import counted
from conformance.core.yaml_input import InputError, display
from conformance.records.jsonl import UNREADABLE
from conformance.records.run_file import read_report
from conformance.records.run_format import FindingEntry, RunDocument, VerdictEntry

MAX_COMMAND = 2_000
"""Characters of a curl command that a page shows."""
MAX_REFUSALS = 20
"""Reasons that are kept of a refused run."""


class Intake(TypedDict):
    """The result for a file: why it is refused, or else the run without its exchanges.

    `commands` is problem id -> the curl command of its example. `missing` is the number of cases of the suite that the
    run does not have. It is plain JSON, so that it can be kept.
    """

    refusals: list[str]
    run: RunDocument | None
    commands: Mapping[str, str]
    missing: int


def examined(path: Path) -> Intake:
    """Reads and judges a run again. A file that cannot be read is refused, too."""
    try:
        run = read_report(path)
        cases = rejudge.cases(run, data_files.folder("cases"))
        found = rejudge.verify(run, cases)
        checked = authentic.CheckedRun(run, cases, found)
        refusals = [*_refusals((*found.differences, *authentic.findings(checked)), found.unkept)]
        return _refused(refusals) if refusals else accepted(checked.whole, len(found.missing))
    except InputError as error:
        return _refused([str(error).removeprefix(f"{display(path)}: ")])
    except UNREADABLE as error:
        return _refused([f"it cannot be judged again ({error!r})"])


def _refusals(differences: Iterable[rejudge.Difference], unkept: Sequence[str]) -> Iterator[str]:
    """Why `verify` rejects a run."""
    yield from (f"{difference.id}: {difference.sentence}" for difference in differences)
    if unkept:
        yield (
            f"the exchanges of {counted(len(unkept), 'verdict')} are not in the file; "
            "write it with `gateway-conformance render RUN --to json`"
        )


def _refused(reasons: list[str]) -> Intake:
    more = [f"and {counted(len(reasons) - MAX_REFUSALS, 'more reason')}"] if len(reasons) > MAX_REFUSALS else []
    return {"refusals": [*reasons[:MAX_REFUSALS], *more], "run": None, "commands": {}, "missing": 0}


def accepted(run: RunDocument, missing: int) -> Intake:
    """The parts of a run that the pages show, for a run with its problems; `missing` as in Intake."""
    judged = levels.with_levels(readiness.with_readiness(run))
    commands = dict(_commands(judged))
    return {"refusals": [], "run": _without_exchanges(judged), "commands": commands, "missing": missing}


def _commands(run: RunDocument) -> Iterator[tuple[str, str]]:
    """The curl command of each problem's example, without those that are too long for a page."""
    entries = {entry["id"]: entry for entry in run["verdicts"]}
    for problem in run["problems"]:
        example = problem["example"]
        command = entries[example["case"]]["exchanges"][example["step"] - 1]["curl"]
        if len(command) <= MAX_COMMAND:
            yield problem["id"], command


def _without_exchanges(run: RunDocument) -> RunDocument:
    return {**run, "verdicts": [_short(entry) for entry in run["verdicts"]]}


def _short(entry: VerdictEntry) -> VerdictEntry:
    """A verdict without its exchanges, the facts about them, and the texts of its findings."""
    left_out = ("exchanges", "observed", "upstream", "findings", "attempts")
    findings: list[FindingEntry] = [
        {**finding, "expected": "", "got": "", "where": {}} for finding in entry["findings"]
    ]
    kept = {name: value for name, value in entry.items() if name not in left_out}
    return {**kept, "findings": findings, "exchanges": []}  # type: ignore[typeddict-item]
