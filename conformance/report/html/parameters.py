"""The fates of parameters on the page of a run: one table for each endpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conformance.analysis.parameter_fates import Table, tables
from conformance.records.run_format import RunDocument
from conformance.report.parameters import text as parameters_text

_MARKS = {"lost": "failed", "advisory": "warned", "unknown": "warned", "kept": "passed", "": ""}
"""State of a fate -> the outcome whose colour it has."""


@dataclass(frozen=True, slots=True)
class ShownFate:
    """A fate in words, the colour of its mark, and the case that shows it; "" if it was not observed."""

    words: str
    mark: str
    case: str


@dataclass(frozen=True, slots=True)
class ShownTable:
    """An endpoint, the families of its upstreams, the totals in words, and (parameter, its fates) for each row."""

    endpoint: str
    families: Sequence[str]
    totals: Sequence[str]
    rows: Sequence[tuple[str, Sequence[ShownFate]]]


def shown(document: RunDocument) -> list[ShownTable]:
    """The tables of a run; none if no parameter was observed."""
    return [_shown(table) for table in tables(document)]


def _shown(table: Table) -> ShownTable:
    rows = []
    for row in table.rows:
        cells = [row.cells.get(family) for family in table.families]
        fates = [
            ShownFate(parameters_text.cell(one), _MARKS[parameters_text.state(one)], one.entry["case"] if one else "")
            for one in cells
        ]
        rows.append((row.parameter.id, fates))
    return ShownTable(table.endpoint, table.families, list(parameters_text.totals(table)), rows)
