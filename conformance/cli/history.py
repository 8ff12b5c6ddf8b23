"""`history`: many runs, and when each case and rule turned."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis import history
from conformance.cli import output
from conformance.core.yaml_input import InputError, display
from conformance.records.run_file import read_run
from conformance.report import history_text
from conformance.report.html import history as html

if TYPE_CHECKING:
    from conformance.cli.commands import Commands

_RUNS = ("**/run.json.gz", "*.json.gz", "**/run.json", "*.json")
"""Runs, packed or not; where one is there as both, it is one night."""


def add(commands: Commands) -> None:
    """Adds `history DIR`."""
    parser = commands.add_parser("history", help="show when each case and rule turned over many runs")
    parser.add_argument(
        "folder", type=Path, metavar="DIR", help="a folder of runs: .json files in it, run.json at any depth, .gz too"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="PAGE.html", help="write a page as well")
    parser.set_defaults(command=_history)


def _history(chosen: argparse.Namespace) -> int:
    # Beside a run.json there may be other reports; right in the folder, runs may be called after their nights.
    found = {str(path).removesuffix(".gz"): path for pattern in _RUNS for path in chosen.folder.glob(pattern)}
    files = sorted(found.values())
    if not files:
        raise InputError(f"{display(chosen.folder)}: there are no .json files in it; give a folder of run.json files")
    told = history.history(read_run(path, exchanges=False) for path in files)
    if chosen.output:
        output.put(html.render(told), chosen.output)
    output.put("\n".join(history_text.lines(told)), None)
    return 0
