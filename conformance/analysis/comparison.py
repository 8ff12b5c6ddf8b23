"""Several gateways side by side: the conformance of each by endpoint and area, and the rules that it breaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.analysis import scores
from conformance.analysis.scores import Share
from conformance.core.model import Level, Outcome
from conformance.records import run_file
from conformance.records.run_format import RunDocument


@dataclass(frozen=True, slots=True)
class Column:
    """One gateway and its run; `outcomes` is outcome -> number of cases."""

    name: str
    version: str
    suite: str
    started: str
    outcomes: Mapping[Outcome, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One area of an endpoint ("" for the whole endpoint), with the share of each gateway; None if it has no cases."""

    endpoint: str
    area: str
    shares: tuple[Share | None, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that any gateway broke, and for each gateway the number of cases."""

    rule: str
    level: Level
    sentence: str
    cases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The columns in the order of the given runs; rows and rules have one number for each column."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    broken: tuple[Broken, ...]


def compare(documents: Sequence[RunDocument]) -> Comparison:
    """Runs side by side. They may come from different versions of the suite; `Column.suite` is each one's."""
    return Comparison(tuple(map(_column, documents)), tuple(_rows(documents)), tuple(_broken(documents)))


def _column(document: RunDocument) -> Column:
    gateway = document["gateway"]
    return Column(
        name=gateway.get("name") or gateway["base_url"],
        version=gateway.get("version", ""),
        suite=document["suite"]["version"],
        started=document["started"],
        outcomes=document["summary"],
    )


def _rows(documents: Sequence[RunDocument]) -> Iterable[Row]:
    """For each endpoint the whole, then its areas. Areas of another family are written `auth/keys`."""
    found = [_outcomes(document) for document in documents]
    known = {key for outcomes in found for key in outcomes}
    order = list(dict.fromkeys(endpoint for document in documents for endpoint in run_file.endpoints(document)))
    for endpoint, area in sorted(known, key=lambda key: (order.index(key[0]), key[1])):
        yield Row(endpoint, area, tuple(_share(endpoint, outcomes.get((endpoint, area))) for outcomes in found))


def _outcomes(document: RunDocument) -> Mapping[tuple[str, str], list[Outcome]]:
    """(endpoint, area) -> the outcomes of its cases; the area "" is the whole endpoint."""
    found: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for entry in document["verdicts"]:
        own = entry["family"] == entry["endpoint"]
        area = entry["area"] if own else f"{entry['family']}/{entry['area']}"
        for key in ("", area):
            found[entry["endpoint"], key].append(entry["outcome"])
    return found


def _share(endpoint: str, outcomes: Sequence[Outcome] | None) -> Share | None:
    return scores.share(endpoint, "", outcomes) if outcomes else None


def _broken(documents: Sequence[RunDocument]) -> Iterable[Broken]:
    """The broken `must` rules, then the `should` rules; the most frequent first."""
    for level in run_file.FAILING_LEVELS:
        counted = [_counted(document, level) for document in documents]
        rules = {rule for counts in counted for rule in counts}
        for rule in sorted(rules, key=lambda rule: (-sum(counts.get(rule, 0) for counts in counted), rule)):
            yield Broken(rule, level, _sentence(documents, rule), tuple(counts.get(rule, 0) for counts in counted))


def _counted(document: RunDocument, level: Level) -> Mapping[str, int]:
    """Rule of this level -> the number of cases that broke it."""
    found: dict[str, int] = defaultdict(int)
    for entry in document["verdicts"]:
        for rule in run_file.broken_rules(entry, level):
            found[rule] += 1
    return found


def _sentence(documents: Sequence[RunDocument], rule: str) -> str:
    return next((document["rules"][rule]["sentence"] for document in documents if rule in document["rules"]), "")
