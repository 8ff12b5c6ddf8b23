"""The contents of a results site: pure functions of accepted runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from conformance.analysis import comparison, history, levels, problems, scores
from conformance.analysis.comparison import Comparison
from conformance.analysis.history import History
from conformance.analysis.scores import Share
from conformance.analysis.site.submissions import Submission
from conformance.core.model import Level, Rule
from conformance.protocol import rulebook
from conformance.records import run_file
from conformance.records.run_format import LevelEntry, ProblemEntry, RunDocument
from conformance.suite.clients import Client, load_clients

_MAX_NAME = 80
_NOT_BY_THE_VENDOR = "by-others"


@dataclass(frozen=True)
class Run:
    """An accepted run, without its exchanges. `digest` is the SHA-256 of its file.

    `commands` is problem id -> the curl command of its example. `missing` cases of the suite are not in the run.
    """

    submission: Submission
    digest: str
    document: RunDocument
    commands: Mapping[str, str]
    missing: int

    @property
    def name(self) -> str:
        """The name of the gateway as recorded, or else its address."""
        gateway = self.document["gateway"]
        return _cut(gateway.get("name") or gateway["base_url"])

    @property
    def version(self) -> str:
        """The version of the gateway; "" if the run does not have it."""
        return _cut(self.document["gateway"].get("version", ""))

    @property
    def started(self) -> str:
        """ISO 8601."""
        return self.document["started"]

    @property
    def is_reproduced(self) -> bool:
        """Whether someone other than the vendor made the run."""
        return self.submission.made == _NOT_BY_THE_VENDOR

    @cached_property
    def share(self) -> Share:
        """All cases of the run together."""
        return scores.share("", "", [entry["outcome"] for entry in self.document["verdicts"]])

    @cached_property
    def levels(self) -> Mapping[str, LevelEntry]:
        """Family -> the level that the gateway reaches in it."""
        return {entry["family"]: entry for entry in levels.of(self.document)}

    @cached_property
    def broken(self) -> Mapping[str, tuple[Level, int]]:
        """Rule -> the worst level at which it was broken, and the number of cases."""
        return broken_rules(self.document)

    def problems(self, *levels: Level) -> list[ProblemEntry]:
        """The problems of these levels, the worst first."""
        return [one for one in problems.of(self.document) if one["level"] in levels]


@dataclass(frozen=True, slots=True)
class Agreement:
    """The cases that a vendor's run and another run of the same version judged, and those with the same outcome."""

    same: int
    judged: int


@dataclass(frozen=True)
class Gateway:
    """A gateway and its runs, the oldest first."""

    id: str
    runs: tuple[Run, ...]

    @cached_property
    def shown(self) -> Run:
        """The run that stands for the gateway: of the newest version, the newest that the vendor did not make."""
        version = self.runs[-1].version
        return max(
            (run for run in self.runs if run.version == version),
            key=lambda run: (run.is_reproduced, self.runs.index(run)),
        )

    @cached_property
    def agreement(self) -> Agreement | None:
        """How far the shown run confirms the vendor's newest run of the same version; None without such a run."""
        made = [run for run in self.runs if run.version == self.shown.version and not run.is_reproduced]
        return _agreement(made[-1], self.shown) if made and self.shown.is_reproduced else None

    @cached_property
    def history(self) -> History:
        """The problems in all runs, without single cases; empty for one run, which has no history yet."""
        several = self.runs if len(self.runs) > 1 else ()
        return history.history((run.document for run in several), cases=False)


@dataclass(frozen=True, slots=True)
class Breaker:
    """A gateway that breaks a rule: in how many cases, the worst level of a finding, and the problems behind it."""

    gateway: Gateway
    level: Level
    cases: int
    problems: tuple[ProblemEntry, ...]


@dataclass(frozen=True, slots=True)
class RuleUse:
    """A rule of the suite, the gateways that break it, and the clients that depend on it.

    `earlier` are runs that broke it, of gateways that no longer do.
    """

    rule: Rule
    breakers: tuple[Breaker, ...]
    earlier: tuple[tuple[Gateway, Run], ...]
    clients: tuple[str, ...]

    @property
    def is_broken(self) -> bool:
        """Whether any run broke the rule; then it has a page."""
        return bool(self.breakers or self.earlier)


@dataclass(frozen=True, slots=True)
class Site:
    """Everything that the pages show. The columns of `comparison` are the gateways, in their order.

    `refused` is file name -> the reasons, for runs that were left out.
    """

    title: str
    about: str
    gateways: tuple[Gateway, ...]
    comparison: Comparison
    rules: tuple[RuleUse, ...]
    refused: Mapping[str, Sequence[str]]


def site(title: str, about: str, runs: Iterable[Run], refused: Mapping[str, Sequence[str]]) -> Site:
    """The contents for accepted runs in any order. Raises InputError."""
    gateways = tuple(_gateways(runs))
    compared = comparison.compare([gateway.shown.document for gateway in gateways])
    return Site(title, about, gateways, compared, tuple(_rules(gateways, load_clients())), refused)


def _gateways(runs: Iterable[Run]) -> list[Gateway]:
    """The gateways by name, each with its runs in the order of time."""
    by_id: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: (run.started, run.submission.file)):
        by_id.setdefault(run.submission.gateway, []).append(run)
    found = [Gateway(id_, tuple(own)) for id_, own in by_id.items()]
    return sorted(found, key=lambda gateway: (gateway.shown.name.lower(), gateway.id))


def _rules(gateways: Sequence[Gateway], clients: Sequence[Client]) -> Iterator[RuleUse]:
    """All rules of the suite, in the order of the rulebook."""
    for rule in rulebook.rules().values():
        breakers = [one for gateway in gateways if (one := _breaker(gateway, rule.id)) is not None]
        now = {one.gateway.id for one in breakers}
        earlier = [
            (gateway, run)
            for gateway in gateways
            if gateway.id not in now
            for run in gateway.runs
            if rule.id in run.broken
        ]
        depending = [client.name for client in clients if any(rule.id in need.rules for need in client.needs)]
        yield RuleUse(rule, tuple(breakers), tuple(earlier), tuple(depending))


def _breaker(gateway: Gateway, rule: str) -> Breaker | None:
    found = gateway.shown.broken.get(rule)
    if found is None:
        return None
    level, cases = found
    behind = [one for one in gateway.shown.problems("must", "should") if rule in (*one["rules"], *one["follows"])]
    return Breaker(gateway, level, cases, tuple(behind))


def broken_rules(document: RunDocument) -> Mapping[str, tuple[Level, int]]:
    """Rule -> the worst level at which it was broken, and the number of cases; only what can make a case fail.

    Findings that are the upstream's fault do not count, and known ones do: each user has another list.
    """
    cases: dict[str, set[str]] = {}
    levels: dict[str, Level] = {}
    broken = [entry for entry in document["verdicts"] if entry["findings"]]
    for level in reversed(run_file.FAILING_LEVELS):
        for entry in broken:
            for rule in run_file.broken_rules(entry, level):
                cases.setdefault(rule, set()).add(entry["id"])
                levels[rule] = level
        for over in document.get("over_run", []):
            if over["level"] == level:
                cases.setdefault(over["rule"], set()).update(over["cases"])
                levels[over["rule"]] = level
    return {rule: (levels[rule], len(own)) for rule, own in cases.items()}


def _agreement(one: Run, other: Run) -> Agreement:
    judged = [_judged(run.document) for run in (one, other)]
    common = judged[0].keys() & judged[1].keys()
    return Agreement(sum(judged[0][name] == judged[1][name] for name in common), len(common))


def _judged(document: RunDocument) -> dict[str, str]:
    return {entry["id"]: entry["outcome"] for entry in document["verdicts"] if entry["outcome"] in run_file.CONCLUSIVE}


def _cut(name: str) -> str:
    """A name that fits into a table."""
    return name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1] + "…"
