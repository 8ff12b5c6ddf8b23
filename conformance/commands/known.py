"""`known`: a list of known failures held against a run, or a first one made from it."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from conformance import data, known, library, runs
from conformance.commands import BROKEN, output
from conformance.report.plain import plain
from conformance.report.text import tally
from conformance.yamls import InputError, display

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Adds `known RUN [LIST]`."""
    parser = commands.add_parser("known", help="hold a list of known failures against a run, or make a first one")
    parser.add_argument("run", type=Path, metavar="RUN", help="a run.json")
    parser.add_argument("list", nargs="?", type=Path, metavar="LIST", help="the YAML file of known failures")
    parser.add_argument("--update", action="store_true", help="write a first list, for people to give reasons")
    parser.set_defaults(command=_known)


def _known(chosen: argparse.Namespace) -> int:
    run = runs.read(chosen.run)
    if chosen.update:
        return _update(known.update(run), chosen.list)
    if chosen.list is None:
        raise InputError("known: name the list as well, or give --update to make a first one")
    ids = [case.id for case in library.load(data.folder("cases"))]
    settled, problems = known.apply(run, known.load(chosen.list), datetime.now(UTC).date(), ids)
    outcomes = [entry["outcome"] for entry in settled["verdicts"]]
    output.put("\n".join([*(plain(f"{one.kind}: {one.sentence}") for one in problems), tally(outcomes)]), None)
    return BROKEN if problems or "failed" in outcomes else 0


def _update(text: str, path: Path | None) -> int:
    if path is not None and path.exists():
        raise InputError(f"{display(path)}: the file is there already, with people's reasons in it; name another")
    output.put(text, path)
    return 0
