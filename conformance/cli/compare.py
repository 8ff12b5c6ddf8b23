"""`compare`: compares several gateways."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis import comparison, problems
from conformance.analysis.comparison import Comparison
from conformance.cli import output
from conformance.records.run_file import read_report, read_run
from conformance.records.run_format import RunDocument
from conformance.report import comparison_markdown
from conformance.report.html import comparison as html

if TYPE_CHECKING:
    from conformance.cli.commands import Commands

FORMS: Mapping[str, Callable[[Comparison], str]] = {"html": html.render, "markdown": comparison_markdown.render}


def add(commands: Commands) -> None:
    """Adds `compare RUN...`."""
    parser = commands.add_parser("compare", help="compare the problems and the conformance of several gateways")
    parser.add_argument(
        "runs", type=Path, nargs="+", metavar="RUN", help="the run.json of each gateway; may be gzipped"
    )
    parser.add_argument(
        "--to", choices=list(FORMS), default="markdown", dest="form", help="output format (default: %(default)s)"
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file instead of the terminal")
    parser.set_defaults(command=_compare)


def _compare(chosen: argparse.Namespace) -> int:
    found = comparison.compare([_run(path) for path in chosen.runs])
    output.put(FORMS[chosen.form](found), chosen.output)
    return 0


def _run(path: Path) -> RunDocument:
    """A run with its problems; those of an older run are found in its exchanges."""
    run = read_run(path, exchanges=False)
    return run if "problems" in run else problems.with_problems(read_report(path))
