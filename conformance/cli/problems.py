"""`problems`: lists the problems of a run, each of which is one bug for an engineer."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis import problems
from conformance.cli.commands import show
from conformance.records.run_file import read_run
from conformance.report import problems_text

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `problems RUN`."""
    parser = commands.add_parser(
        "problems", help="list the problems of a run, each with the condition under which it shows"
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a run.json")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_problems)


def _problems(chosen: argparse.Namespace) -> int:
    run = read_run(chosen.run)
    found = problems.of(run)
    show(found, list(problems_text.lines(run, found)), chosen.json)
    return 0
