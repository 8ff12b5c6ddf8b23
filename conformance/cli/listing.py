"""`cases` and `rules`: lists the cases and the rules."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.cli import output
from conformance.cli.commands import BROKEN, show
from conformance.core import data_files
from conformance.core.model import Case, Rule
from conformance.core.plural import counted
from conformance.protocol import family, rulebook
from conformance.suite import lint, requirement_sets
from conformance.suite.load import load_cases

if TYPE_CHECKING:
    from conformance.cli.commands import Commands

EVERYWHERE = {"served": family.names(), "refused": ()}
"""Claims of a profile under which every case of the matrix has a test, so that sets and lists contain all."""


def add(commands: Commands) -> None:
    """Adds `cases [FOLDER]`, with --json, --lint and --freeze, and `rules`."""
    cases = commands.add_parser("cases", help="list the cases, or check the case files")
    cases.add_argument("folder", nargs="?", type=Path, help="a folder of cases instead of the suite's own")
    shape = cases.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print JSON")
    shape.add_argument("--lint", action="store_true", help="check the case files; exit with 1 if there are problems")
    shape.add_argument(
        "--freeze", action="store_true", help="print a requirement set with the current levels of all cases"
    )
    cases.set_defaults(command=_cases)
    rules = commands.add_parser("rules", help="list the rules")
    rules.add_argument("--json", action="store_true", help="print JSON")
    rules.set_defaults(command=_rules)


def _cases(chosen: argparse.Namespace) -> int:
    folder = chosen.folder or data_files.folder("cases")
    cases = load_cases(folder)
    if chosen.lint:
        return _lint(folder, cases)
    if chosen.freeze:
        print("\n".join(requirement_sets.frozen(load_cases(folder, EVERYWHERE))))
        return 0
    lines = [f"{case.id}  {case.title}" for case in cases]
    show(
        [_case(case) for case in cases], [*lines, f"{counted(len(cases), 'test')}; {lint.expected(cases)}"], chosen.json
    )
    return 0


def _lint(folder: Path, cases: Sequence[Case]) -> int:
    found = list(lint.problems(folder, cases))
    output.put(
        "\n".join([*found, f"{counted(len(cases), 'test')}, {counted(len(found), 'problem')}; {lint.expected(cases)}"]),
        None,
    )
    return BROKEN if found else 0


def _rules(chosen: argparse.Namespace) -> int:
    rules = list(rulebook.rules().values())
    show([asdict(rule) for rule in rules], [_rule(rule) for rule in rules], chosen.json)
    return 0


def _case(case: Case) -> dict[str, object]:
    shown = ("id", "title", "family", "area", "endpoint", "level", "source", "needs", "marks", "file", "line")
    return {name: getattr(case, name) for name in shown}


def _rule(rule: Rule) -> str:
    return f"{rule.id}  {rule.level}, {rule.impact}: {rule.sentence}"
