"""The fate of each parameter in a run: endpoint, parameter, and the family of the gateway's upstream.

Cases about a parameter have its id in theirs: `upstream/parameters/chat[parameter=stop,upstream=messages]`. Their
exchanges tell the fate; cases whose exchanges are not kept are left out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.judge.fates import Fate, Kind, fate
from conformance.protocol.family import MAIN
from conformance.protocol.parameters import Matters, Parameter, parameters
from conformance.records import replay
from conformance.records.run_format import RunDocument, VerdictEntry

KINDS: tuple[Kind, ...] = ("forwarded", "translated", "refused", "altered", "dropped", "not_sent")

_ABOUT = re.compile(r"\[(?:[^]]*,)?parameter=([a-z0-9_-]+),upstream=([a-z_]+)\]")


@dataclass(frozen=True, slots=True)
class Cell:
    """The fate of a parameter on one lane, what the loss of it means there, and the verdict that shows it."""

    fate: Fate
    matters: Matters
    case: str


@dataclass(frozen=True, slots=True)
class Row:
    """A parameter, and upstream family -> its fate there."""

    parameter: Parameter
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """The parameters of an endpoint that a run observed. `families` are those of the upstreams, in a fixed order."""

    endpoint: str
    families: Sequence[str]
    rows: Sequence[Row]

    def counts(self, family: str) -> Counter[Kind]:
        """Return how many parameters had each fate at the upstreams of a family."""
        return Counter(row.cells[family].fate.kind for row in self.rows if family in row.cells)


def tables(document: RunDocument) -> list[Table]:
    """Return a table for each endpoint whose parameters a run observed, in the order of the endpoints.

    Raises RecordingError if an exchange cannot be read. A repeated case counts once, with its first exchange.
    """
    found: dict[tuple[str, str], dict[str, Cell]] = {}
    for entry in document["verdicts"]:
        for known, family, cell in _cells(entry):
            found.setdefault((known.endpoint, known.id), {}).setdefault(family, cell)
    rows = [Row(one, found[key]) for key, one in parameters().items() if key in found]
    return [_table(endpoint, own) for endpoint in MAIN if (own := [row for row in rows if _is_of(row, endpoint)])]


def _table(endpoint: str, rows: Sequence[Row]) -> Table:
    return Table(endpoint, [family for family in MAIN if any(family in row.cells for row in rows)], rows)


def _is_of(row: Row, endpoint: str) -> bool:
    return row.parameter.endpoint == endpoint


def _cells(entry: VerdictEntry) -> Iterator[tuple[Parameter, str, Cell]]:
    """Yield the parameter of a verdict, the family of its lane and the fate; nothing if it is about something else."""
    about = _ABOUT.search(entry["id"])
    known = parameters().get((entry["endpoint"], about[1])) if about else None
    if about is None or known is None or not entry["exchanges"]:
        return
    seen = fate(known, replay.of_verdict(entry)[0])
    family = seen.family or about[2]
    yield known, family, Cell(seen, known.matters_to(family), entry["id"])
