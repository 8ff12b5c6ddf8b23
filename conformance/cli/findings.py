"""`findings`: joins the problems of a run with what a person found out about them."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis.judgement import judged, load_judgement
from conformance.cli import output
from conformance.records.run_file import read_report
from conformance.report import findings_page

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `findings RUN JUDGEMENT`."""
    parser = commands.add_parser("findings", help="write a page that explains each problem of a run")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run.json")
    parser.add_argument(
        "judgement",
        type=Path,
        metavar="JUDGEMENT",
        help="a YAML file with what the gateway does, who is at fault and the evidence, for each problem",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file instead of the terminal")
    parser.set_defaults(command=_findings)


def _findings(chosen: argparse.Namespace) -> int:
    judgement = load_judgement(chosen.judgement)
    output.put(findings_page.render(judgement, judged(read_report(chosen.run), judgement)), chosen.output)
    return 0
