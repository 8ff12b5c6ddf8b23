"""`known`: checks a list of known failures against a run, or makes a first list."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis import known_failures, known_update
from conformance.analysis.gate import Assessment, fails_run, outcomes
from conformance.analysis.known_failures import load_known_failures
from conformance.cli import output
from conformance.cli.commands import BROKEN
from conformance.core import data_files
from conformance.core.terminal_text import plain
from conformance.core.yaml_input import InputError, display
from conformance.records.jsonl import RecordingError
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
    parser.add_argument(
        "--update", action="store_true", help="write a first list with an entry for each problem; you add the reasons"
    )
    parser.add_argument(
        "--level",
        choices=("must", "should"),
        default="must",
        help="with --update: the problems that make cases fail (must, the default), or also those that warn (should)",
    )
    parser.set_defaults(command=_known)


def _known(chosen: argparse.Namespace) -> int:
    try:
        return _check(chosen)
    except RecordingError as error:
        raise InputError(f"{display(chosen.run)}: {error}; give a run.json as the suite wrote it") from error


def _check(chosen: argparse.Namespace) -> int:
    run = read_report(chosen.run)
    today = datetime.now(UTC).date()
    if chosen.update:
        return _update(known_update.update(run, today, chosen.level), chosen.list)
    if chosen.list is None:
        raise InputError("known: give the list too, or --update to make a first list")
    ids = [case.id for case in load_cases(data_files.folder("cases"))]
    settled, mistakes = known_failures.apply(run, load_known_failures(chosen.list), today, ids)
    lines = [plain(f"{mistake.kind}: {mistake.sentence}") for mistake in mistakes]
    output.put("\n".join([*lines, tally([entry["outcome"] for entry in settled["verdicts"]])]), None)
    return BROKEN if fails_run(Assessment(outcomes(settled), mistakes=mistakes), "must") else 0


def _update(text: str, path: Path | None) -> int:
    if path is not None and path.exists():
        raise InputError(f"{display(path)}: the file exists already and may contain reasons; give another name")
    output.put(text, path)
    return 0
