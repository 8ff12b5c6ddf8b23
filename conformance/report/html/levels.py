"""The levels of a gateway, on the page of a run: a block for each family, with links to the problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from conformance.analysis import levels
from conformance.core.model import Outcome
from conformance.records.run_format import LevelEntry, LevelName, RunDocument
from conformance.report.html.problems import Shown
from conformance.report.levels import words

MARKS: Mapping[LevelName, Outcome] = {
    "complete": "passed",
    "agent": "passed",
    "core": "warned",
    "none": "failed",
    "not_judged": "unverified",
    "not_offered": "not_applicable",
}
"""Level -> the outcome whose sign and colour it has."""


@dataclass(frozen=True, slots=True)
class ShownLevel:
    """The level of a family in words, and the outcome with the same colour. `anchor` is that of its problem, or ""."""

    entry: LevelEntry
    level: str
    mark: Outcome
    breadth: str
    why: str
    anchor: str
    number: int


def shown(document: RunDocument, found: Sequence[Shown]) -> list[ShownLevel]:
    """The levels of a run; none if no family was graded. `found` are the problems of the page."""
    entries = levels.of(document)
    places = {problem.entry["id"]: (problem.anchor, problem.number) for problem in found}
    return [_shown(entry, places) for entry in entries] if words.is_told(entries) else []


def _shown(entry: LevelEntry, places: Mapping[str, tuple[str, int]]) -> ShownLevel:
    anchor, number = places.get(entry.get("problem", ""), ("", 0))
    breadth = words.breadth(entry) if levels.is_graded(entry) else ""
    level = words.status(entry["level"])
    return ShownLevel(entry, level, MARKS[entry["level"]], breadth, words.why(entry), anchor, number)
