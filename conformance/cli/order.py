"""`order`: computes the order of the cases from the faults that they notice."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli import output
from conformance.core import data_files
from conformance.core.yaml_input import InputError, display
from conformance.suite import notices, order
from conformance.suite.applies import TWO_SIDED
from conformance.suite.load import load_cases
from conformance.suite.ranking import ranked

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `order FILE [-o FILE]`."""
    parser = commands.add_parser("order", help="compute the order of the cases, the one that tells most first")
    parser.add_argument("notices", type=Path, help="the file that `python -m benchmarks notices` writes")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write to a file instead of the terminal")
    parser.set_defaults(command=_order)


def _order(chosen: argparse.Namespace) -> int:
    # Imported here: nothing else of this command needs the servers.
    from conformance.reference.faults import ONE_SIDED

    found = notices.read(chosen.notices)
    cases = [case for case in load_cases(data_files.folder("cases")) if TWO_SIDED not in case.marks]
    ids = [case.id for case in cases]
    if missing := [*_missing(ids, found.costs), *_missing(ONE_SIDED, found.noticed)]:
        raise InputError(
            f"{display(chosen.notices)}: {missing[0]} is missing; run `python -m benchmarks notices` in a checkout"
        )
    rows = [
        (case.id, case.requests, case.controls)
        for case in ranked(cases, found, {fault.id: fault.url for fault in ONE_SIDED.values()})
    ]
    output.put("\n".join(order.lines(rows, order.fingerprint(ids, ONE_SIDED))), chosen.output)
    return 0


def _missing(wanted: Collection[str], known: Collection[str]) -> list[str]:
    return sorted(set(wanted) - set(known))
