"""`problems`: lists the problems of a run, each of which is one bug for an engineer."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.analysis import problems
from conformance.cli.commands import show
from conformance.core.terminal_text import plain
from conformance.core.yaml_input import InputError
from conformance.records.run_file import read_report
from conformance.records.run_format import ProblemEntry, RunDocument
from conformance.report.problems import text as problems_text

if TYPE_CHECKING:
    from conformance.cli.commands import Commands


def add(commands: Commands) -> None:
    """Adds `problems RUN [PROBLEM ...]`."""
    parser = commands.add_parser(
        "problems", help="list the problems of a run, each with the condition under which it shows"
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="a run.json")
    parser.add_argument(
        "chosen", nargs="*", metavar="PROBLEM",
        help="a problem's number or id, or a rule: print these problems in full, with their cases and curl commands",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(command=_problems)


def _problems(chosen: argparse.Namespace) -> int:
    run = read_report(chosen.run)
    found = problems.of(run)
    if not chosen.chosen:
        show(found, list(problems_text.lines(run, found, chosen.run)), chosen.json)
        return 0
    wanted = sorted({number for which in chosen.chosen for number in _numbers(found, which, chosen.run)})
    show([found[number - 1] for number in wanted], list(_in_full(run, found, wanted)), chosen.json)
    return 0


def _numbers(found: Sequence[ProblemEntry], which: str, path: Path) -> list[int]:
    """The numbers of the problems that an argument means. Raises InputError if it means none of them."""
    every = enumerate(found, 1)
    numbers = [number for number, one in every if which in (str(number), one["id"], *one["rules"])]
    if not numbers:
        raise InputError(f"{path} has no problem {which!r}; `{problems_text.command(path)}` lists its {len(found)}")
    return numbers


def _in_full(run: RunDocument, found: Sequence[ProblemEntry], wanted: Sequence[int]) -> Iterator[str]:
    for number in wanted:
        yield from ([""] if number != wanted[0] else [])
        yield from map(plain, problems_text.full(run, found[number - 1], number))
