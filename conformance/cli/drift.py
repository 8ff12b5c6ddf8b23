"""`drift`: shows how the answers of an API changed between two recordings."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis.drift.compare import compare
from conformance.analysis.drift.table import CLASSES
from conformance.analysis.drift.tally import Tally, count
from conformance.analysis.recordings import read_recording
from conformance.cli import output
from conformance.cli.commands import BROKEN
from conformance.records.jsonl import RecordingError
from conformance.report.drift import markdown, text

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `drift OLD NEW`."""
    parser = commands.add_parser("drift", help="show how the answers of an API changed between two recordings")
    files = "a HAR file, a run.json, or JSON lines; may be gzipped"
    parser.add_argument("old", type=Path, metavar="OLD", help=f"the earlier recording: {files}")
    parser.add_argument(
        "new", type=Path, metavar="NEW", help="the later recording, of requests like those of the earlier one"
    )
    parser.add_argument(
        "--fail-on", choices=CLASSES[::-1], help="exit with 1 if there is a change of this class or a worse one"
    )
    parser.add_argument("--all", action="store_true", help="also list harmless changes")
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print JSON")
    forms.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.set_defaults(command=_drift)


def _drift(chosen: argparse.Namespace) -> int:
    found = compare(_tally(chosen.old), _tally(chosen.new))
    if chosen.json:
        output.put(json.dumps(text.document(found), indent=1), None)
    elif chosen.markdown:
        output.put(markdown.render(found), None)
    else:
        output.put("\n".join(text.lines(found, chosen.all)), None)
    return BROKEN if found.fails(chosen.fail_on) else 0


def _tally(path: Path) -> Tally:
    """The tally of a recording. Raises RecordingError, also if it has no answer."""
    tally = count(read_recording(path))
    if not tally.exchanges:
        raise RecordingError(f"{path}: no answer can be compared; record the traffic again, with bodies")
    return tally
