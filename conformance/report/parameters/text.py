"""The fates of parameters as words: cells and totals that every report shows in the same way."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.analysis.parameter_fates import KINDS, Cell, Table, tables
from conformance.records.run_format import RunDocument
from conformance.report.text import words

LEGEND = (
    "forwarded: the upstream got the parameter as it was sent. translated: it got the counterpart in its family. "
    "refused: the client got an error. altered, dropped: the upstream got another value, or none, and the client was "
    "not told. (dropped): the family has no counterpart, or does not need it. A plus sign: the parameter went up "
    "under a name that the family does not have."
)


def cell(found: Cell | None) -> str:
    """The fate in one word, in brackets if nothing is lost by it; "-" if it was not observed."""
    if found is None:
        return "-"
    name = found.entry["fate"].replace("_", " ")
    harmless = found.matters == "no" or not found.entry["counterpart"]
    shown = f"({name})" if harmless and found.entry["fate"] in ("dropped", "altered") else name
    return f"{shown}+" if found.entry["unknown_there"] else shown


def state(found: Cell | None) -> str:
    """How bad a fate is: `lost`, `advisory`, `unknown`, `kept`, or "" if it was not observed."""
    if found is None:
        return ""
    if found.entry["unknown_there"]:
        return "unknown"
    if found.entry["fate"] not in ("dropped", "altered") or found.matters == "no":
        return "kept"
    return "lost" if found.entry["counterpart"] and found.matters == "must" else "advisory"


def totals(table: Table) -> Iterator[str]:
    """A line for each lane of an endpoint with the number of parameters that had each fate."""
    for family in table.families:
        counts = table.counts(family)
        known = ", ".join(f"{counts[kind]:,} {kind.replace('_', ' ')}" for kind in KINDS if counts[kind])
        yield f"{words(table.endpoint)} to {words(family)}: {known}"


def lines(document: RunDocument) -> Iterator[str]:
    """The totals of all lanes of a run; nothing if no parameter was observed."""
    for table in tables(document):
        yield from totals(table)
