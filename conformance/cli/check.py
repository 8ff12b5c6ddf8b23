"""`check`: checks recorded traffic against the rules."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis.drift import learn, tally
from conformance.analysis.recordings import check_files, read_recording
from conformance.cli import output
from conformance.cli.commands import BROKEN
from conformance.report import recordings_text
from conformance.report.drift import learned as learned_text

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
    parser.add_argument(
        "--learn",
        action="store_true",
        help="also propose patches of the schemas (JSON Patch) for fields, values and events that they do not know",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_check)


def _check(chosen: argparse.Namespace) -> int:
    summary = check_files(chosen.files, framing=chosen.framing)
    learned = learn.proposals(_tally(chosen.files)) if chosen.learn else None
    if chosen.json:
        document = recordings_text.document(summary)
        told = document if learned is None else {**document, "learn": learned_text.document(learned)}
        output.put(json.dumps(told, indent=1), None)
    else:
        more = () if learned is None else learned_text.lines(learned)
        output.put("\n".join([*recordings_text.lines(summary), *more]), None)
    return BROKEN if summary.rules("must") or summary.internal_errors else 0


def _tally(files: Sequence[Path]) -> tally.Tally:
    return tally.count(pair for path in files for pair in read_recording(path))
