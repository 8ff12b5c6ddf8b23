"""Several gateways side by side: how much each keeps, endpoint by endpoint and area by area, and what it breaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.analysis import scores
from conformance.analysis.scores import Share
from conformance.core.model import JSON
from conformance.records import run_file


@dataclass(frozen=True, slots=True)
class Column:
    """One gateway: its run as it names itself, and how many cases ended in which way."""

    name: str
    version: str
    suite: str
    started: str
    outcomes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Row:
    """One area of an endpoint, or all of it where the area is "", with a share for each gateway with cases in it."""

    endpoint: str
    area: str
    shares: tuple[Share | None, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a gateway broke, and in how many cases each did."""

    rule: str
    level: str
    sentence: str
    cases: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The columns in the order in which the runs were given; the rows and rules each have as many entries."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    broken: tuple[Broken, ...]


def compare(documents: Sequence[JSON]) -> Comparison:
    """Runs side by side. Each is judged by its own suite: `Column.suite` says by which version."""
    return Comparison(tuple(map(_column, documents)), tuple(_rows(documents)), tuple(_broken(documents)))


def _column(document: JSON) -> Column:
    gateway = document["gateway"]
    return Column(
        name=gateway.get("name") or gateway["base_url"],
        version=gateway.get("version", ""),
        suite=document["suite"]["version"],
        started=document["started"],
        outcomes=document["summary"],
    )


def _rows(documents: Sequence[JSON]) -> Iterable[Row]:
    """For each endpoint all of it, then its areas; an area is that of a case's family, such as `auth/keys`."""
    found = [_outcomes(document) for document in documents]
    known = {key for outcomes in found for key in outcomes}
    order = list(dict.fromkeys(endpoint for document in documents for endpoint in run_file.endpoints(document)))
    for endpoint, area in sorted(known, key=lambda key: (order.index(key[0]), key[1])):
        yield Row(endpoint, area, tuple(_share(endpoint, outcomes.get((endpoint, area))) for outcomes in found))


def _outcomes(document: JSON) -> Mapping[tuple[str, str], list[str]]:
    """How the cases of each endpoint and area ended; those of a whole endpoint stand under the area ""."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for entry in document["verdicts"]:
        own = entry["family"] == entry["endpoint"]
        area = entry["area"] if own else f"{entry['family']}/{entry['area']}"
        for key in ("", area):
            found[entry["endpoint"], key].append(entry["outcome"])
    return found


def _share(endpoint: str, outcomes: Sequence[str] | None) -> Share | None:
    return scores.share(endpoint, "", outcomes) if outcomes else None


def _broken(documents: Sequence[JSON]) -> Iterable[Broken]:
    """The rules at the levels that verdicts turn on, the gravest first, then those that most cases break."""
    for level in run_file.FAILING_LEVELS:
        counted = [_counted(document, level) for document in documents]
        rules = {rule for counts in counted for rule in counts}
        for rule in sorted(rules, key=lambda rule: (-sum(counts.get(rule, 0) for counts in counted), rule)):
            yield Broken(rule, level, _sentence(documents, rule), tuple(counts.get(rule, 0) for counts in counted))


def _counted(document: JSON, level: str) -> Mapping[str, int]:
    """In how many cases each rule of a level was broken."""
    found: dict[str, int] = defaultdict(int)
    for entry in document["verdicts"]:
        for rule in run_file.rules(entry, level):
            found[rule] += 1
    return found


def _sentence(documents: Sequence[JSON], rule: str) -> str:
    told = (document["rules"].get(rule) for document in documents)
    return next((entry["sentence"] for entry in told if entry), "")
