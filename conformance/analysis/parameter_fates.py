"""The fate of each parameter in a run: endpoint, parameter, and the family of the gateway's upstream.

Cases about a parameter have its id in theirs: `upstream/parameters/chat[parameter=stop,upstream=messages]`. A run
states the fates, because a report is made without the exchanges that tell them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from conformance.judge.fates import Kind, fate
from conformance.protocol.family import MAIN
from conformance.protocol.parameters import Matters, Parameter, parameters
from conformance.records import replay
from conformance.records.run_format import ParameterEntry, RunDocument, VerdictEntry

KINDS: tuple[Kind, ...] = ("forwarded", "translated", "refused", "altered", "dropped", "not_sent")

_ABOUT = re.compile(r"\[(?:[^]]*,)?parameter=([a-z0-9_-]+),upstream=([a-z_]+)\]")


@dataclass(frozen=True, slots=True)
class Cell:
    """The fate of a parameter on one lane, what the loss of it means there, and the verdict that shows it."""

    entry: ParameterEntry
    matters: Matters


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
        return Counter(row.cells[family].entry["fate"] for row in self.rows if family in row.cells)


def with_parameters(document: RunDocument) -> RunDocument:
    """The run with the fates of its parameters, if it observed any. Raises RecordingError."""
    found = [*entries(document)]
    return {**document, "parameters": found} if found else document


def entries(document: RunDocument) -> Iterator[ParameterEntry]:
    """Yield the fates that the exchanges of a run show, in the order of its verdicts. Raises RecordingError."""
    for verdict in document["verdicts"]:
        yield from _entry(verdict)


def tables(document: RunDocument) -> list[Table]:
    """Return a table for each endpoint whose parameters a run observed, in the order of the endpoints.

    A repeated case counts once, with its first exchange.
    """
    found: dict[tuple[str, str], dict[str, Cell]] = {}
    for entry in document.get("parameters", ()):
        key = entry["endpoint"], entry["parameter"]
        if known := parameters().get(key):
            cell = Cell(entry, known.matters_to(entry["upstream"]))
            found.setdefault(key, {}).setdefault(entry["upstream"], cell)
    rows = [Row(one, found[key]) for key, one in parameters().items() if key in found]
    return [_table(endpoint, own) for endpoint in MAIN if (own := [row for row in rows if _is_of(row, endpoint)])]


def _table(endpoint: str, rows: Sequence[Row]) -> Table:
    return Table(endpoint, [family for family in MAIN if any(family in row.cells for row in rows)], rows)


def _is_of(row: Row, endpoint: str) -> bool:
    return row.parameter.endpoint == endpoint


def _entry(verdict: VerdictEntry) -> Iterator[ParameterEntry]:
    """Yield the fate that a verdict shows; nothing if it is about something else, or has no exchange."""
    about = _ABOUT.search(verdict["id"])
    known = parameters().get((verdict["endpoint"], about[1])) if about else None
    if about is None or known is None or not verdict["exchanges"]:
        return
    seen = fate(known, replay.of_verdict(verdict)[0])
    yield {
        "endpoint": known.endpoint,
        "parameter": known.id,
        "upstream": seen.family or about[2],
        "fate": seen.kind,
        "counterpart": seen.counterpart,
        "unknown_there": seen.unknown_there,
        "case": verdict["id"],
    }
