"""`cases` and `rules`: what is sent, and what it is held against."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from conformance import data, library, rulebook
from conformance.commands import show
from conformance.model import JSON, Case, Rule

if TYPE_CHECKING:
    from conformance.commands import Commands


def add(commands: Commands) -> None:
    """Adds `cases [FOLDER]` and `rules`."""
    cases = commands.add_parser("cases", help="list the cases, and check their files")
    cases.add_argument("folder", nargs="?", type=Path, help="a folder of cases instead of the suite's own")
    cases.add_argument("--json", action="store_true")
    cases.set_defaults(command=_cases)
    rules = commands.add_parser("rules", help="list the rules that every exchange is held against")
    rules.add_argument("--json", action="store_true")
    rules.set_defaults(command=_rules)


def _cases(chosen: argparse.Namespace) -> int:
    cases = library.load(chosen.folder or data.folder("cases"))
    show([_case(case) for case in cases], [f"{case.id}  {case.title}" for case in cases], chosen.json)
    return 0


def _rules(chosen: argparse.Namespace) -> int:
    rules = list(rulebook.rules().values())
    show([asdict(rule) for rule in rules], [_rule(rule) for rule in rules], chosen.json)
    return 0


def _case(case: Case) -> JSON:
    shown = ("id", "title", "family", "area", "endpoint", "level", "source", "needs", "marks", "file", "line")
    return {name: getattr(case, name) for name in shown}


def _rule(rule: Rule) -> str:
    return f"{rule.id}  {rule.level}, {rule.impact}: {rule.sentence}"
