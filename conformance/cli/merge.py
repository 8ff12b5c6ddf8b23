"""`merge`: merges the reports of a run's shards."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis import over_run, problems, readiness, stability
from conformance.analysis.levels import with_levels
from conformance.analysis.parameter_fates import with_parameters
from conformance.core.yaml_input import display
from conformance.records import merge
from conformance.records.run_file import read_run, unkept
from conformance.report import files
from conformance.report.text import tally

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `merge REPORT... -o FILE`."""
    parser = commands.add_parser("merge", help="merge the reports of a run's shards into one")
    parser.add_argument(
        "reports", nargs="+", type=Path, metavar="REPORT", help="the run.json of each --gateway-shard I/N"
    )
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="FILE", help="the merged run.json")
    parser.set_defaults(command=_merge)


def _merge(chosen: argparse.Namespace) -> int:
    whole = merge.merged({display(path): read_run(path) for path in chosen.reports})
    if unkept(whole):
        print("note: without the exchanges of all cases, the rules over the whole run are judged in each shard only")
    else:
        whole = over_run.renewed(whole)
    told = with_parameters(problems.with_problems(stability.with_repeated(whole)))
    files.write_run(chosen.output, with_levels(readiness.renewed(told)))
    print(f"{chosen.output}: {tally([entry['outcome'] for entry in whole['verdicts']])}")
    return 0
