"""Requirement sets: the cases that count, with their levels, as they were on a date.

A vendor that was accepted under a set does not fail because of later cases. Cases that are not in the set, or have a
lower level in it, are run nevertheless; their findings are reported but can only warn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from conformance.core.model import Case, Level
from conformance.core.yaml_input import InputError, read_kept
from conformance.suite.load import SETS

LATER = "later"
"""The mark of a case that is not in the chosen set: its `must` findings are lowered to `should`."""

NONE = "none"
"""Instead of a date: every case has the level in its file."""


@dataclass(frozen=True, slots=True)
class CaseSet:
    """A set: its date, and case id -> level. The ids are without the `[...]` of a `for`."""

    date: str
    levels: Mapping[str, Level]


def names(folder: Path) -> tuple[str, ...]:
    """Return the dates of all sets below a folder of cases, newest first."""
    return tuple(sorted((path.stem for path in (folder / SETS).glob("*.yaml")), reverse=True))


def load_set(folder: Path, date: str = "") -> CaseSet | None:
    """Return the set of a date, by default the newest; None for NONE, or if there are no sets. Raises InputError."""
    known = names(folder)
    if date == NONE or not (date or known):
        return None
    if date and date not in known:
        listed = ", ".join((*known, NONE))
        raise InputError(f"--gateway-set {date}: there is no such set; known sets: {listed}")
    path = folder / SETS / f"{date or known[0]}.yaml"
    status = path.stat()
    return _read_set(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4)
def _read_set(path: Path, _changed: int, _size: int) -> CaseSet:
    """Reads a set file once, as long as it does not change: a run needs it at its beginning and for its levels."""
    return CaseSet(path.stem, read_kept(path, "set.schema.json").value["cases"])


def under(cases: Iterable[Case], chosen: CaseSet | None) -> tuple[Case, ...]:
    """Return the cases with the levels of a set; unchanged if it is None."""
    return tuple(cases) if chosen is None else tuple(_under(case, chosen) for case in cases)


def frozen(cases: Iterable[Case]) -> Iterator[str]:
    """Yield the lines of a set file for these cases, with their current levels."""
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
