"""The findings over a whole run, as entries of run.json.

They are computed from the exchanges, and again for `verify` and `merge`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from conformance.core.model import Exchange
from conformance.judge.over_a_run import Answered, RunFinding, answered, findings
from conformance.protocol.reading import Reading
from conformance.records import replay, run_document
from conformance.records.run_format import OverRunEntry, RunDocument, VerdictEntry

_OK = range(200, 300)
_NONE: Mapping[str, Sequence[Answered]] = MappingProxyType({})


def entries(
    verdicts: Sequence[VerdictEntry],
    aliases: Mapping[str, Sequence[str]],
    known: Mapping[str, Sequence[Answered]] = _NONE,
) -> list[OverRunEntry]:
    """The findings over these verdicts. Raises RecordingError if an exchange cannot be read.

    `known` is verdict id -> the identities of its answers; those of other verdicts are read from their exchanges.
    """
    return [entry(finding) for finding in findings(_answers(verdicts, known), aliases)]


def identities(exchanges: Iterable[tuple[str, Exchange]]) -> Iterator[Answered]:
    """The identities of the answers among named exchanges."""
    return (identity for name, exchange in exchanges for identity in of_readings(name, [Reading(exchange)]))


def of_readings(name: str, readings: Iterable[Reading]) -> Iterator[Answered]:
    """The identities of the answers among the readings of a verdict."""
    found = (answered(name, reading) for reading in readings if reading.exchange.status in _OK)
    return (identity for identity in found if identity is not None)


def _answers(verdicts: Sequence[VerdictEntry], known: Mapping[str, Sequence[Answered]]) -> Iterator[Answered]:
    for one in verdicts:
        yield from known[one["id"]] if one["id"] in known else identities((one["id"], each) for each in _readable(one))


def renewed(document: RunDocument) -> RunDocument:
    """The document with the findings over its verdicts; the known ones stay known. Raises RecordingError."""
    aliases = document["gateway"].get("claims", {}).get("aliases", {})
    known = {_key(entry): entry["known"] for entry in document.get("over_run", []) if "known" in entry}
    found = entries(document["verdicts"], aliases)
    for one in found:
        if _key(one) in known:
            one["known"] = known[_key(one)]
    return with_entries(document, found)


def with_entries(document: RunDocument, found: Sequence[OverRunEntry]) -> RunDocument:
    """The document with these findings over the run, and with their rules."""
    rules = {**document["rules"], **run_document.rule_entries(entry["rule"] for entry in found)}
    return {**document, "rules": dict(sorted(rules.items())), "over_run": list(found)}


def same(one: Sequence[OverRunEntry], other: Sequence[OverRunEntry]) -> bool:
    """Whether two runs have the same findings, apart from what is known."""
    return sorted(map(_facts, one)) == sorted(map(_facts, other))


def _readable(entry: VerdictEntry) -> Iterator[Exchange]:
    """The exchanges of a verdict that have an answer."""
    return (replay.exchange(recorded) for recorded in entry["exchanges"] if (recorded["status"] or 0) in _OK)


def entry(finding: RunFinding) -> OverRunEntry:
    """A finding over a run as an entry of run.json."""
    return {
        "family": finding.family,
        "rule": finding.rule,
        "level": finding.level,
        "expected": finding.expected,
        "got": finding.got,
        "cases": list(finding.names),
    }


def _key(entry: OverRunEntry) -> tuple[str, str]:
    return entry["family"], entry["rule"]


def _facts(entry: OverRunEntry) -> tuple[str, ...]:
    return entry["family"], entry["rule"], entry["level"], entry["got"], *entry["cases"]
