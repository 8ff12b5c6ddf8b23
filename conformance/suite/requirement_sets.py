"""Requirement sets: which cases count, and how much, frozen on a day.

A vendor that was accepted under a set is not failed by what came later. A case that is not in the set, or that
the set gives a lower level, is run all the same: its findings are shown, and can only warn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from conformance.core.model import Case, Level
from conformance.core.yaml_input import InputError, read_yaml
from conformance.suite.load import SETS

LATER = "later"
"""The mark of a case that does not count under the chosen set: whatever is found is lowered to a `should`."""

NONE = "none"
"""In the place of a date: every case counts as its file says."""


@dataclass(frozen=True, slots=True)
class CaseSet:
    """A set by its date, and the level of each case by its id without the `[...]` of a spread."""

    date: str
    levels: Mapping[str, Level]


def names(folder: Path) -> tuple[str, ...]:
    """The dates of all sets below a folder of cases, the newest first."""
    return tuple(sorted((path.stem for path in (folder / SETS).glob("*.yaml")), reverse=True))


def load_set(folder: Path, date: str = "") -> CaseSet | None:
    """The set of a date, by default the newest; None for NONE and where there are no sets. Raises InputError."""
    known = names(folder)
    if date == NONE or not (date or known):
        return None
    if date and date not in known:
        listed = ", ".join((*known, NONE))
        raise InputError(f"--set {date}: there is no such set of cases; known are {listed}")
    chosen = date or known[0]
    document = read_yaml(folder / SETS / f"{chosen}.yaml", "set.schema.json")
    return CaseSet(chosen, document.value["cases"])


def under(cases: Iterable[Case], chosen: CaseSet | None) -> tuple[Case, ...]:
    """The cases as they count under a set; as they are without one."""
    return tuple(cases) if chosen is None else tuple(_under(case, chosen) for case in cases)


def frozen(cases: Iterable[Case]) -> Iterator[str]:
    """The lines of the file that freezes these cases as they are now."""
    yield "# yaml-language-server: $schema=../../schemas/set.schema.json"
    yield "# The cases that count in this set, with their levels. Written by `gateway-conformance cases --freeze`."
    yield "cases:"
    yield from (f"  {name}: {level}" for name, level in {_name(case): case.level for case in cases}.items())


def _under(case: Case, chosen: CaseSet) -> Case:
    level = chosen.levels.get(_name(case))
    if level is None:
        return replace(case, level="should", marks=(*_without_level(case), "should", LATER))
    return case if level == case.level else replace(case, level=level, marks=(*_without_level(case), level))


def _without_level(case: Case) -> tuple[str, ...]:
    return tuple(mark for mark in case.marks if mark not in ("must", "should"))


def _name(case: Case) -> str:
    return case.id.partition("[")[0]
