"""Which clients a gateway is ready for: a pure function of run.json and of what the clients need.

A need is broken where a case like a request of the client broke a rule that the client depends on, or where the gateway
rejects what the case is about and the client depends on its being accepted. A need is open unless nearly all of its
cases were judged: a client is not ready because of cases that were not run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from conformance.analysis import problems
from conformance.core import data_files
from conformance.core.globs import Ids
from conformance.core.reasons import NO_LANE, NOT_CLAIMED
from conformance.records import run_file
from conformance.records.run_format import (
    ClientStatus,
    NeedEntry,
    ProblemEntry,
    ReadinessEntry,
    RunDocument,
    VerdictEntry,
)
from conformance.suite.applies import TWO_SIDED
from conformance.suite.clients import Client, Need, load_clients
from conformance.suite.load import load_cases

OPEN_IN = 10
"""A need counts as checked if at most one in this number of its cases could not be judged."""
ACCEPTED = "case.accepted"
"""A need without this rule is not about whether the gateway accepts the request: it may reject it without a loss."""
MAX_CASES = 5
"""Cases that are named of a need; run.json has the others among its verdicts."""


def of(document: RunDocument) -> list[ReadinessEntry]:
    """The readiness that a run states, or else the one that its verdicts show for all clients. Raises InputError."""
    if "readiness" in document:
        return document["readiness"]
    return readiness(document, load_clients(), _case_ids())


def with_readiness(
    document: RunDocument, clients: Sequence[Client] | None = None, known: Iterable[str] | None = None
) -> RunDocument:
    """The run with the readiness of these clients; `known` are the ids of all cases. Raises InputError.

    By default, the clients and the cases are those of the suite.
    """
    chosen = load_clients() if clients is None else clients
    return {**document, "readiness": readiness(document, chosen, _case_ids() if known is None else known)}


def renewed(document: RunDocument) -> RunDocument:
    """The run with the readiness computed again, for the clients that it states, or else for all. Raises InputError."""
    stated = {entry["client"] for entry in document.get("readiness", [])}
    return with_readiness(document, [client for client in load_clients() if not stated or client.id in stated])


def readiness(document: RunDocument, clients: Sequence[Client], known: Iterable[str]) -> list[ReadinessEntry]:
    """The readiness of each client. `known` are the ids of the suite's cases, of which a run may have a part."""
    shown, ids = _Shown(document), Ids(known)
    return [_entry(client, shown, ids) for client in clients]


@cache
def _case_ids() -> tuple[str, ...]:
    """The ids of the cases that a client's request is like: none of those that watch the upstream."""
    cases = load_cases(data_files.folder("cases"))
    return tuple(case.id for case in cases if TWO_SIDED not in case.marks)


@dataclass(frozen=True)
class _Shown:
    """A run: its verdicts by case, the rules that each broke, and the problems that each is in."""

    document: RunDocument
    by_case: Mapping[str, Sequence[VerdictEntry]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[str, list[VerdictEntry]] = {}
        for entry in self.document["verdicts"]:
            found.setdefault(run_file.entry_case_id(entry), []).append(entry)
        object.__setattr__(self, "by_case", found)

    @cached_property
    def over_run(self) -> Mapping[str, set[str]]:
        """Id of a verdict -> the rules that it breaks together with others."""
        found: dict[str, set[str]] = {}
        for entry in self.document.get("over_run", []):
            for id_ in entry["cases"]:
                found.setdefault(id_, set()).add(entry["rule"])
        return found

    @cached_property
    def order(self) -> Sequence[ProblemEntry]:
        """The problems of the run, the worst first."""
        return problems.of(self.document)

    @cached_property
    def problems(self) -> Mapping[str, Sequence[ProblemEntry]]:
        """Id of a verdict -> its problems, the worst first."""
        found: dict[str, list[ProblemEntry]] = {}
        for problem in self.order:
            for id_ in problem["cases"]:
                found.setdefault(id_, []).append(problem)
        return found

    def broken(self, entry: VerdictEntry, need: Need) -> set[str]:
        """The rules of a need that a verdict broke, also those that are known or the upstream's fault."""
        if entry["outcome"] not in run_file.CONCLUSIVE:
            return set()
        own = {finding["rule"] for finding in entry["findings"]} | self.over_run.get(entry["id"], set())
        return own & need.rules

    def problem(self, id_: str, rules: Collection[str]) -> str:
        """The id of the worst problem of a verdict that has one of these rules; "" without one."""
        own = self.problems.get(id_, ())
        return next((one["id"] for one in own if not {*one["rules"], *one["follows"]}.isdisjoint(rules)), "")


@dataclass(frozen=True, slots=True)
class _Checked:
    """The result of a need in a run.

    `broken` is verdict -> the rules that it broke, `lacking` verdict -> why the gateway does not have the feature.
    `affected` are the cases of both, and `open` those that were not judged.
    """

    need: Need
    cases: Sequence[str]
    broken: Mapping[str, set[str]]
    lacking: Mapping[str, str]
    affected: Collection[str]
    open: Sequence[str]

    @property
    def is_broken(self) -> bool:
        return bool(self.broken or self.lacking)

    @property
    def is_open(self) -> bool:
        return not self.is_broken and (not self.cases or len(self.open) * OPEN_IN > len(self.cases))


def _entry(client: Client, shown: _Shown, ids: Ids) -> ReadinessEntry:
    checked = [_check_with_fallback(need, shown, ids) for need in client.needs]
    found: ReadinessEntry = {
        "client": client.id,
        "name": client.name,
        "versions": client.versions,
        "status": _status(checked),
        "needs": [_need_entry(one, shown) for one in checked if one.is_broken or one.is_open],
    }
    if fix := _first_to_fix(checked, shown):
        found["fix"] = fix
    return found


def _check_with_fallback(need: Need, shown: _Shown, ids: Ids) -> _Checked:
    """The result of a need; it is not broken if the requests that the client sends instead are answered well."""
    found = _check(need, shown, ids.that_fit(need.cases))
    if need.fallback and found.is_broken:
        instead = _check(need, shown, ids.that_fit(need.fallback))
        if not instead.is_broken and not instead.is_open:
            return replace(found, broken={}, lacking={})
    return found


def _check(need: Need, shown: _Shown, cases: Sequence[str]) -> _Checked:
    broken: dict[str, set[str]] = {}
    lacking: dict[str, str] = {}
    affected: set[str] = set()
    left: list[str] = []
    for id_ in cases:
        entries = shown.by_case.get(id_, ())
        own = {entry["id"]: rules for entry in entries if (rules := shown.broken(entry, need))}
        lacks = {entry["id"]: entry["reason"] for entry in entries if _is_lacking(entry)}
        absent = lacks if ACCEPTED in need.rules else {}
        broken |= own
        lacking |= absent
        if own or absent:
            affected.add(id_)
        elif not lacks and not any(entry["outcome"] in run_file.CONCLUSIVE for entry in entries):
            left.append(id_)
    return _Checked(need, cases, broken, lacking, affected, left)


def _is_lacking(entry: VerdictEntry) -> bool:
    """Whether a case does not apply because the gateway does not have what it is about."""
    return entry["outcome"] == "not_applicable" and not entry["reason"].startswith((NOT_CLAIMED, NO_LANE))


def _status(checked: Sequence[_Checked]) -> ClientStatus:
    """Not ready because of one broken need; ready only if every need was checked."""
    broken = {one.need.without for one in checked if one.is_broken}
    left = {one.need.without for one in checked if one.is_open}
    if "stops" in broken:
        return "not_ready"
    if "stops" in left:
        return "not_judged"
    if "degrades" in broken:
        return "limited"
    return "not_judged" if "degrades" in left else "ready"


def _need_entry(one: _Checked, shown: _Shown) -> NeedEntry:
    need = one.need
    rules = Counter(rule for broken in one.broken.values() for rule in broken)
    named = [*one.broken, *one.lacking] if one.is_broken else one.open
    entry: NeedEntry = {
        "need": need.id,
        "title": need.title,
        "without": need.without,
        "state": "broken" if one.is_broken else "open",
        "sentence": need.sentence,
        "source": need.source,
        "verified": need.verified,
        "measured": need.measured,
        "rules": sorted(rules, key=lambda rule: (-rules[rule], rule)),
        "cases": [*named[:MAX_CASES]],
        "count": len(one.affected if one.is_broken else one.open),
        "of": len(one.cases),
    }
    if one.lacking:
        entry["lacking"] = Counter(one.lacking.values()).most_common(1)[0][0]
    if problem := _commonest([one], shown):
        entry["problem"] = problem
    return entry


def _first_to_fix(checked: Sequence[_Checked], shown: _Shown) -> str:
    """The problem that is behind most of what stops a client, or else of what it loses; "" if no problem is."""
    for effect in ("stops", "degrades"):
        if broken := [one for one in checked if one.is_broken and one.need.without == effect]:
            return _commonest(broken, shown)
    return ""


def _commonest(checked: Iterable[_Checked], shown: _Shown) -> str:
    """The problem that most of the broken cases show; among equals the worst."""
    found = Counter(
        problem for one in checked for id_, rules in one.broken.items() if (problem := shown.problem(id_, rules))
    )
    order = {problem["id"]: place for place, problem in enumerate(shown.order)} if found else {}
    return min(found, key=lambda problem: (-found[problem], order[problem]), default="")
