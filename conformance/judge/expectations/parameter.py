"""The expectation that a parameter of the request reaches the upstream, or is refused in words."""

from __future__ import annotations

from collections.abc import Iterator

from conformance.core.model import JSON, Breach, Where
from conformance.judge.expectations.context import Context
from conformance.judge.fates import Fate, fate
from conformance.protocol.parameters import Matters, parameters
from conformance.protocol.reading import Reading
from conformance.protocol.schema_check import show

DROPPED = "upstream.parameter.dropped"
ALTERED = "upstream.parameter.altered"
DROPPED_ADVISORY = "upstream.parameter.dropped-advisory"
ALTERED_ADVISORY = "upstream.parameter.altered-advisory"
WITHOUT_COUNTERPART = "upstream.parameter.without-counterpart"
UNKNOWN_THERE = "upstream.parameter.unknown-there"


def parameter(want: JSON, reading: Reading, _context: Context) -> Iterator[Breach]:
    """Yield what is wrong with the fate of a parameter; nothing if the suite is not the gateway's upstream."""
    if not reading.exchange.behind:
        return
    known = parameters()[reading.exchange.family, want]
    found = fate(known, reading.exchange)
    if rule := _rule(found, known.matters_to(found.family)):
        yield Breach(rule, f"{known.id}: {_expected(found)}", _got(found), Where(found.at))
    if found.unknown_there:
        expected = f"{known.id}: nothing under this name, which {found.family} does not have"
        yield Breach(UNKNOWN_THERE, expected, f"{known.at} in the upstream request", Where(known.at))


def _rule(found: Fate, matters: Matters) -> str:
    """Return the rule that a fate breaks, or ""."""
    if found.kind not in ("dropped", "altered") or matters == "no":
        return ""
    if not found.counterpart:
        return WITHOUT_COUNTERPART if matters == "must" else ""
    if found.kind == "dropped":
        return DROPPED if matters == "must" else DROPPED_ADVISORY
    return ALTERED if matters == "must" else ALTERED_ADVISORY


def _expected(found: Fate) -> str:
    if not found.counterpart:
        return f"an error, because {found.family} has no such parameter"
    return f"{show(found.wanted)} at {found.at} in the upstream request, or an error"


def _got(found: Fate) -> str:
    if found.kind == "altered":
        return show(found.got)
    return found.note or "nothing"
