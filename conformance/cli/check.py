"""`check`: checks recorded traffic against the rules."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis.recordings import check_files
from conformance.cli import output
from conformance.cli.commands import BROKEN
from conformance.report import recordings_text

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `check FILE...`."""
    parser = commands.add_parser("check", help="check recorded traffic against the rules; sends nothing")
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a HAR file, a run.json, or JSON lines; may be gzipped"
    )
    parser.add_argument(
        "--framing",
        action="store_true",
        help="also judge the headers about the length of a body; for recordings that keep bodies as they were sent",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_check)


def _check(chosen: argparse.Namespace) -> int:
    summary = check_files(chosen.files, framing=chosen.framing)
    if chosen.json:
        output.put(json.dumps(recordings_text.document(summary), indent=1), None)
    else:
        output.put("\n".join(recordings_text.lines(summary)), None)
    return BROKEN if summary.rules("must") or summary.internal_errors else 0
