"""`verify`: re-judges the recorded exchanges of a run."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis import authentic, rejudge
from conformance.analysis.rejudge import Verification
from conformance.cli import output, verify_level
from conformance.cli.commands import BROKEN
from conformance.core import data_files
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.records import signature
from conformance.records.run_document import suite_version
from conformance.records.run_file import read_run
from conformance.records.run_format import RunDocument
from conformance.target.profile import load_profile

if TYPE_CHECKING:
    from conformance.cli.commands import Commands

MAX_MISSING = 5


def add(commands: Commands) -> None:
    """Adds `verify RUN`."""
    parser = commands.add_parser("verify", help="re-judge the recorded exchanges of a run, and compare the verdicts")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run.json")
    parser.add_argument(
        "--gateway-profile", type=Path, metavar="FILE", help="the profile of the gateway, which the run must agree with"
    )
    parser.add_argument("--cases", type=Path, metavar="DIR", help="a folder of cases instead of the built-in ones")
    parser.add_argument(
        "--public-key", type=Path, metavar="FILE", help="check the signature in RUN.minisig with this key of minisign"
    )
    verify_level.add(parser)
    parser.set_defaults(command=_verify)


def _verify(chosen: argparse.Namespace) -> int:
    run = read_run(chosen.run)
    return verify_level.judged(run, chosen.level, _verified(run, chosen))


def _verified(run: RunDocument, chosen: argparse.Namespace) -> int:
    claimed = load_profile(chosen.gateway_profile) if chosen.gateway_profile else None
    cases = rejudge.cases(run, chosen.cases or data_files.folder("cases"), claimed)
    found = rejudge.verify(run, cases, claimed)
    made = run["suite"]["version"]
    if made != suite_version():
        output.put(plain(f"note: the run was made with version {made} of the suite; this is {suite_version()}"), None)
    checked = authentic.CheckedRun(run, cases, found)
    changed = authentic.findings(checked, claimed)
    unsigned = [*_unsigned(chosen.run, chosen.public_key, run)] if chosen.public_key else []
    more = [*unsigned, *(f"{one.id}: {one.sentence}" for one in changed)]
    notes = [f"note: {note}" for note in authentic.notes(checked)]
    output.put(plain("\n".join([*_lines(found), *more, *notes])), None)
    return BROKEN if found.differences or found.unkept or more else 0


def _unsigned(path: Path, key: Path, run: RunDocument) -> Iterator[str]:
    """The mistakes in the signature of a report."""
    if problem := signature.problem(path, key):
        yield f"the signature: {problem}"
    if "digests" not in run:
        yield "the signature: the report has no digests, so its signature does not cover the exchanges"


def _lines(found: Verification) -> Iterator[str]:
    for difference in found.differences:
        yield f"{difference.id}: {difference.sentence}"
    differ = "1 differs" if len(found.differences) == 1 else f"{len(found.differences)} differ"
    yield f"{counted(found.same, 'verdict')} reproduced, {differ}"
    if found.unrecorded:
        have = "1 has" if len(found.unrecorded) == 1 else f"{len(found.unrecorded)} have"
        yield f"{have} no recorded exchange and cannot be re-judged"
    if found.unkept:
        yield (
            f"{counted(len(found.unkept), 'verdict')} and the rules over the whole run cannot be re-judged: with "
            "--gateway-keep=failed, the run did not write the exchanges of cases that passed or do not apply"
        )
    if found.unstated:
        rules = ", ".join(found.unstated)
        yield f"note: the run has no `over_run`, because an earlier version made it; as a whole it breaks {rules}"
    if found.missing:
        rest = len(found.missing) - MAX_MISSING
        some = ", ".join(found.missing[:MAX_MISSING]) + (f" and {rest} more" if rest > 0 else "")
        yield f"{counted(len(found.missing), 'case')} of the suite not in the run: {some}"
