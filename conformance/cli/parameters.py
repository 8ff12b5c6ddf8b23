"""`parameters`: writes a page with the fate of each request parameter in a run from both ends."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli import output
from conformance.core.yaml_input import InputError
from conformance.records.run_file import read_report
from conformance.report.parameters import markdown as markdown_parameters

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `parameters RUN`."""
    parser = commands.add_parser("parameters", help="write a page with the fate of each request parameter in a run")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run.json of a run from both ends")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file instead of the terminal")
    parser.set_defaults(command=_parameters)


def _parameters(chosen: argparse.Namespace) -> int:
    run = read_report(chosen.run)
    if not run.get("parameters"):
        raise InputError(f"{chosen.run} has no parameters; run the cases of upstream/parameters with `-m two_sided`")
    output.put(markdown_parameters.page(run), chosen.output)
    return 0
