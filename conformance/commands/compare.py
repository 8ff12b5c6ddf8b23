"""`compare`: several gateways side by side."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from conformance import comparison, runs
from conformance.commands import output
from conformance.comparison import Comparison
from conformance.report import side_by_side
from conformance.report.html import comparison as html

if TYPE_CHECKING:
    from conformance.commands import Commands

FORMS: Mapping[str, Callable[[Comparison], str]] = {"html": html.render, "markdown": side_by_side.render}


def add(commands: Commands) -> None:
    """Adds `compare RUN...`."""
    parser = commands.add_parser("compare", help="show what several gateways keep and break, side by side")
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="a run.json of each gateway, or run.json.gz")
    parser.add_argument("--to", choices=list(FORMS), default="markdown", dest="form")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the terminal without it")
    parser.set_defaults(command=_compare)


def _compare(chosen: argparse.Namespace) -> int:
    found = comparison.compare([runs.read(path, exchanges=False) for path in chosen.runs])
    output.put(FORMS[chosen.form](found), chosen.output)
    return 0
