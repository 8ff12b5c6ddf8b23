"""`history`: shows when each rule broke over many runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis import history
from conformance.analysis.problem_changes import told
from conformance.cli import output
from conformance.core.yaml_input import InputError, display
from conformance.records.run_file import read_report, read_run
from conformance.records.run_format import RunDocument
from conformance.report import history_text
from conformance.report.html import history as html

if TYPE_CHECKING:
    from conformance.cli.commands import Commands

_RUNS = ("**/run.json.gz", "*.json.gz", "**/run.json", "*.json")
"""File names of runs, gzipped or not; a run with both files counts once."""


def add(commands: Commands) -> None:
    """Adds `history DIR`."""
    parser = commands.add_parser("history", help="show when rules broke and were fixed over many runs")
    parser.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="a folder of runs: *.json in it, and run.json at any depth; may be gzipped",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="PAGE.html", help="write an HTML page too")
    parser.set_defaults(command=_history)


def _history(chosen: argparse.Namespace) -> int:
    # Below the folder, only files named run.json are runs; in the folder itself, runs may have any name.
    found = {str(path).removesuffix(".gz"): path for pattern in _RUNS for path in chosen.folder.glob(pattern)}
    files = sorted(found.values())
    if not files:
        raise InputError(f"{display(chosen.folder)}: the folder has no .json files; give a folder of run.json files")
    found_history = history.history(map(_read, files))
    if chosen.output:
        output.put(html.render(found_history), chosen.output)
    output.put("\n".join(history_text.lines(found_history)), None)
    return 0


def _read(path: Path) -> RunDocument:
    """A run with its problems, without exchanges: those of an older run are only read to find its problems."""
    run = read_run(path, exchanges=False)
    return run if "problems" in run else {**run, "problems": told(read_report(path))["problems"]}
