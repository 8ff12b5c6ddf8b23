"""`check`: recorded traffic against the contract, without sending anything."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis.recordings import check_files
from conformance.cli import output
from conformance.cli.commands import BROKEN
from conformance.report import recordings_text as traffic_report

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `check FILE...`."""
    parser = commands.add_parser("check", help="hold recorded traffic against the contract, without sending anything")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="HAR, run.json, or JSON lines (.gz too)")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(command=_check)


def _check(chosen: argparse.Namespace) -> int:
    tally = check_files(chosen.files)
    if chosen.json:
        output.put(json.dumps(traffic_report.document(tally), indent=1), None)
    else:
        output.put("\n".join(traffic_report.lines(tally)), None)
    return BROKEN if tally.rules("must") or tally.internal_errors else 0
