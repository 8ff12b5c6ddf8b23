"""Several gateways side by side: the problems of each, and its conformance by endpoint and area."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from conformance.analysis import levels, problems, readiness, scores
from conformance.analysis.scores import Share
from conformance.core.model import Impact, Level, Outcome
from conformance.protocol.family import MAIN
from conformance.records import run_file
from conformance.records.run_format import LevelEntry, ProblemEntry, ReadinessEntry, RunDocument

IMPACTS: Sequence[Impact] = ("breaks", "degrades", "cosmetic")
"""The impacts of rules, the worst first."""


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
class Problem:
    """The problems with one leading rule: for each gateway those that it shows, with their conditions and shares.

    `hurt` says which clients break; it is "" if the rule does not say so.
    """

    rule: str
    level: Level
    impact: Impact
    sentence: str
    hurt: str
    found: tuple[tuple[ProblemEntry, ...], ...]

    @property
    def cases(self) -> int:
        """The number of cases that show it, over all gateways."""
        return sum(len(problem["cases"]) for found in self.found for problem in found)


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client, and whether it works with each gateway; None if a run does not tell."""

    name: str
    found: tuple[ReadinessEntry | None, ...]


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A family, and the level of each gateway in it; None if a run does not tell."""

    family: str
    found: tuple[LevelEntry | None, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The columns in the order of the given runs; levels, clients, problems and rows have one part for each column."""

    columns: tuple[Column, ...]
    levels: tuple[LevelRow, ...]
    clients: tuple[ClientRow, ...]
    problems: tuple[Problem, ...]
    rows: tuple[Row, ...]


def compare(documents: Sequence[RunDocument]) -> Comparison:
    """Runs side by side. They may come from different versions of the suite; `Column.suite` is each one's."""
    columns = tuple(map(_column, documents))
    return Comparison(
        columns,
        tuple(_levels(documents)),
        tuple(_clients(documents)),
        tuple(_problems(documents)),
        tuple(_rows(documents)),
    )


def _column(document: RunDocument) -> Column:
    gateway = document["gateway"]
    return Column(
        name=gateway.get("name") or gateway["base_url"],
        version=gateway.get("version", ""),
        suite=document["suite"]["version"],
        started=document["started"],
        outcomes=document["summary"],
    )


def _levels(documents: Sequence[RunDocument]) -> Iterable[LevelRow]:
    """The families of which any run judges a level."""
    found = [{entry["family"]: entry for entry in levels.of(document)} for document in documents]
    for family in MAIN:
        own = tuple(one.get(family) for one in found)
        if any(entry is not None and levels.is_graded(entry) for entry in own):
            yield LevelRow(family, own)


def _clients(documents: Sequence[RunDocument]) -> Iterable[ClientRow]:
    """The clients that any run tells about, by name."""
    found = [{entry["client"]: entry for entry in readiness.of(document)} for document in documents]
    names = {id_: entry["name"] for own in found for id_, entry in own.items()}
    for id_, name in sorted(names.items(), key=lambda pair: pair[1].lower()):
        yield ClientRow(name, tuple(own.get(id_) for own in found))


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


def _problems(documents: Sequence[RunDocument]) -> Sequence[Problem]:
    """The problems by their leading rule, the worst first. Known ones are among them: each user has another list."""
    found = [_by_rule(document) for document in documents]
    rules = {rule for own in found for rule in own}
    rows = [_problem(rule, documents, tuple(tuple(own.get(rule, ())) for own in found)) for rule in rules]
    return sorted(rows, key=_worst_first)


def _by_rule(document: RunDocument) -> Mapping[str, list[ProblemEntry]]:
    """Leading rule -> the gateway's own problems that can fail a case."""
    found: dict[str, list[ProblemEntry]] = defaultdict(list)
    for problem in problems.of(document):
        if run_file.can_fail(problem) and problem.get("blame") != "upstream":
            found[problem["rule"]].append(problem)
    return found


def _problem(rule: str, documents: Sequence[RunDocument], found: tuple[tuple[ProblemEntry, ...], ...]) -> Problem:
    every = [problem for own in found for problem in own]
    entry = next(document["rules"][rule] for document, own in zip(documents, found, strict=True) if own)
    level = min((problem["level"] for problem in every), key=problems.LEVELS.index)
    return Problem(rule, level, every[0]["impact"], entry["sentence"], entry.get("breaks", ""), found)


def _worst_first(problem: Problem) -> tuple[int, int, int, str]:
    return problems.LEVELS.index(problem.level), IMPACTS.index(problem.impact), -problem.cases, problem.rule
