"""`known`: checks a list of known failures against a run, or makes a first list."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis import known_failures
from conformance.analysis.gate import Assessment, fails_run, outcomes
from conformance.analysis.known_failures import load_known_failures
from conformance.cli import output
from conformance.cli.commands import BROKEN
from conformance.core import data_files
from conformance.core.terminal_text import plain
from conformance.core.yaml_input import InputError, display
from conformance.records.run_file import read_report
from conformance.report.text import tally
from conformance.suite.load import load_cases

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `known RUN [LIST]`."""
    parser = commands.add_parser("known", help="check a list of known failures against a run, or make a first list")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run.json")
    parser.add_argument("list", nargs="?", type=Path, metavar="LIST", help="the YAML file of known failures")
    parser.add_argument("--update", action="store_true", help="write a first list, to which you add the reasons")
    parser.set_defaults(command=_known)


def _known(chosen: argparse.Namespace) -> int:
    run = read_report(chosen.run)
    if chosen.update:
        return _update(known_failures.update(run), chosen.list)
    if chosen.list is None:
        raise InputError("known: give the list too, or --update to make a first list")
    ids = [case.id for case in load_cases(data_files.folder("cases"))]
    settled, problems = known_failures.apply(run, load_known_failures(chosen.list), datetime.now(UTC).date(), ids)
    lines = [plain(f"{problem.kind}: {problem.sentence}") for problem in problems]
    output.put("\n".join([*lines, tally([entry["outcome"] for entry in settled["verdicts"]])]), None)
    return BROKEN if fails_run(Assessment(outcomes(settled), problems=problems), "must") else 0


def _update(text: str, path: Path | None) -> int:
    if path is not None and path.exists():
        raise InputError(f"{display(path)}: the file exists already and may contain reasons; give another name")
    output.put(text, path)
    return 0
