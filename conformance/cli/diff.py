"""`diff`: shows the differences between two runs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis.diff import diff
from conformance.analysis.gate import FAIL_ON, Assessment, fails_run, outcomes
from conformance.cli import output
from conformance.cli.commands import BROKEN
from conformance.records.run_file import read_report
from conformance.report import diff_text, markdown

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `diff OLD NEW`."""
    parser = commands.add_parser("diff", help="show the differences between two runs, by case and by rule")
    parser.add_argument("old", type=Path, metavar="OLD", help="the run.json of the earlier run")
    parser.add_argument("new", type=Path, metavar="NEW", help="the run.json of the later run")
    parser.add_argument(
        "--fail-on",
        choices=FAIL_ON,
        help="exit with 1 if a case regressed; if one failed (must); if one failed or warned (should)",
    )
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--json", action="store_true", help="print JSON")
    forms.add_argument("--markdown", action="store_true", help="print Markdown")
    parser.set_defaults(command=_diff)


def _diff(chosen: argparse.Namespace) -> int:
    new = read_report(chosen.new)
    difference = diff(read_report(chosen.old), new)
    if chosen.json:
        output.put(json.dumps(diff_text.document(difference), indent=1), None)
    elif chosen.markdown:
        output.put(markdown.diff(difference), None)
    else:
        output.put("\n".join(diff_text.lines(difference)), None)
    return BROKEN if fails_run(Assessment(outcomes(new), difference), chosen.fail_on) else 0
