"""The level that a gateway reaches in each family: a pure function of run.json and of the cases of the suite.

A level is a set of cases (`suite/level_sets`). The gateway has it if no case of the set breaks a `must` rule, none is
unverified, the profile leaves none out, and enough of them apply. A case that the profile leaves out might break a
rule, so a denial must not be better than that: it costs the level. Only a whole run is judged.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from conformance.analysis import problems, rejudge
from conformance.core import data_files
from conformance.core.model import Case
from conformance.core.plural import counted
from conformance.core.yaml_input import InputError
from conformance.protocol.family import MAIN
from conformance.records import run_file
from conformance.records.run_format import (
    GivenLevel,
    LevelEntry,
    LevelName,
    OverRunEntry,
    ProblemEntry,
    RunDocument,
    VerdictEntry,
)
from conformance.suite import level_sets
from conformance.suite.applies import TWO_SIDED
from conformance.suite.level_sets import LevelSet
from conformance.suite.order import load_order
from conformance.suite.requirement_sets import LATER
from conformance.target.target import model_for

GIVEN: Sequence[GivenLevel] = ("core", "agent", "complete")
"""The levels, the lowest first."""

_TOGETHER = 2
"""The number of cases of a set that must break a rule of the whole run; one may break it with cases outside the set."""


def rank(name: LevelName) -> int:
    """The number of levels that are reached: 0 without any, 3 for complete."""
    return GIVEN.index(name) + 1 if name in GIVEN else 0


def is_graded(entry: LevelEntry) -> bool:
    """Whether a level was judged, even if none is reached."""
    return entry["level"] not in ("not_judged", "not_offered")


def of(document: RunDocument) -> list[LevelEntry]:
    """The levels that a run states, or else those that its verdicts show."""
    return document["levels"] if "levels" in document else levels(document)


def stated(document: RunDocument) -> RunDocument:
    """The run with the levels that it states, or else with those that its verdicts show."""
    return document if "levels" in document else with_levels(document)


def with_levels(document: RunDocument) -> RunDocument:
    """The run with the levels that its verdicts show."""
    return {**document, "levels": levels(document)}


def levels(document: RunDocument) -> list[LevelEntry]:
    """The level in each family, by the cases of this suite under the requirement set of the run."""
    if part := _part(document):
        return [_ungraded(document, family, "not_judged", part) for family in MAIN]
    try:
        known = rejudge.cases(document, data_files.folder("cases"))
    except InputError as error:
        return [_ungraded(document, family, "not_judged", str(error)) for family in MAIN]
    return judged(document, known)


def _part(document: RunDocument) -> str:
    """Why a run is not judged that has a part of the cases; "" if it may have all of them.

    It has fewer than it says there are, or none of those in the order: only cases of the user's own, or from both
    ends. The order tells that at once; to load the suite's cases would take a tenth of the time of a run of a few.
    """
    number = document["cases"]["count"] if "cases" in document else 0
    own = {run_file.entry_case_id(entry) for entry in document["verdicts"]}
    if len(own) < number:
        return _had(len(own), number)
    return _FEW if own.isdisjoint(load_order().places) else ""


_FEW = "the run has too few of the suite's cases; only a whole run is judged"


def _had(had: int, number: int) -> str:
    return f"the run has {had:,} of {counted(number, 'case')}; only a whole run is judged"


def judged(document: RunDocument, cases: Sequence[Case]) -> list[LevelEntry]:
    """The level in each family; `cases` are all cases of the suite, of which a run may have a part."""
    shown = _Shown(document)
    counting = [case for case in cases if LATER not in case.marks]
    return [_judged(shown, family, counting) for family in MAIN]


@dataclass(frozen=True)
class _Shown:
    """A run: its verdicts by case, and its problems."""

    document: RunDocument
    by_case: Mapping[str, Sequence[VerdictEntry]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[str, list[VerdictEntry]] = defaultdict(list)
        for entry in self.document["verdicts"]:
            found[run_file.entry_case_id(entry)].append(entry)
        object.__setattr__(self, "by_case", dict(found))

    @cached_property
    def problems(self) -> Sequence[ProblemEntry]:
        """The problems, the worst first."""
        return problems.of(self.document)

    def applies(self, case: Case) -> bool:
        """Whether a case applies in all of its verdicts, of which each route and each repetition has one."""
        own = self.by_case.get(case.id, ())
        return bool(own) and all(entry["outcome"] != "not_applicable" for entry in own)

    def missing(self, cases: Collection[Case]) -> int:
        """The number of cases that the run does not have."""
        return sum(case.id not in self.by_case for case in cases)


def _judged(shown: _Shown, family: str, cases: Sequence[Case]) -> LevelEntry:
    document = shown.document
    both_ends = "provider" in document["gateway"]
    whole = [case for case in level_sets.of_family(family, cases) if both_ends or TWO_SIDED not in case.marks]
    own = [entry for case in whole if case.endpoint == family for entry in shown.by_case.get(case.id, ())]
    offered = document["gateway"].get("claims", {}).get("endpoints")
    if offered is not None and family not in offered:
        return _ungraded(document, family, "not_offered", "the profile does not offer it")
    one_sided = [case for case in whole if TWO_SIDED not in case.marks]
    if missing := shown.missing(one_sided):
        return _ungraded(document, family, "not_judged", _had(len(one_sided) - missing, len(one_sided)))
    if all(entry["outcome"] == "not_applicable" for entry in own):
        return _ungraded(document, family, "not_offered", _commonest(own))
    sets = level_sets.cases_of(family, cases)
    return _graded(shown, family, sets, sum(map(shown.applies, whole)), len(whole))


def _graded(
    shown: _Shown, family: str, sets: Mapping[str, Sequence[Case]], applicable: int, total: int
) -> LevelEntry:  # fmt: skip
    """The highest level that is reached together with all lower ones."""
    reached: LevelName = "none"
    for name, level in zip(GIVEN, level_sets.level_sets(), strict=True):
        if hindrance := _hindrance(shown, level, sets[name]):
            entry = _entry(shown.document, family, reached, applicable, total, hindrance.reason)
            entry["next"] = name
            if hindrance.problem:
                entry["problem"] = hindrance.problem
            return entry
        reached = name
    return _entry(shown.document, family, reached, applicable, total, "")


@dataclass(frozen=True, slots=True)
class _Hindrance:
    """The reason why a gateway does not have a level, and the id of the worst problem behind it, or ""."""

    reason: str
    problem: str = ""


def _hindrance(shown: _Shown, level: LevelSet, cases: Sequence[Case]) -> _Hindrance | None:
    """The worst reason why a gateway does not have a level; None if it has the level."""
    entries = [entry for case in cases for entry in shown.by_case.get(case.id, ())]
    of_set = f"of {counted(len(cases), 'case')}"
    if broken := [entry for entry in entries if _is_broken(entry)]:
        return _broken(shown, broken, of_set)
    if together := next(_broken_together(shown.document, entries), None):
        return _Hindrance(f"the answers of the whole run break {together['rule']} together")
    if unverified := [entry for entry in entries if entry["outcome"] == "unverified"]:
        return _Hindrance(f"{_cases(unverified)} {of_set} could not be verified: {_commonest(unverified)}")
    if left_out := [entry for entry in entries if run_file.is_declared(entry)]:
        return _Hindrance(f"{_cases(left_out)} {of_set} were not tested: {_commonest(left_out)}")
    if missing := shown.missing(cases):
        return _Hindrance(f"{missing:,} {of_set} need the suite as the gateway's upstream, and are not in the run")
    applicable = sum(map(shown.applies, cases))
    if 100 * applicable < level.applicable * len(cases):
        absent = [entry for entry in entries if entry["outcome"] == "not_applicable"]
        needed = f"at least {level.applicable} % must" if level.applicable < 100 else "all must"
        return _Hindrance(f"only {applicable:,} {of_set} apply, and {needed}: {_commonest(absent)}")
    return None


def _is_broken(entry: VerdictEntry) -> bool:
    """Whether a case breaks a `must` rule that may be known."""
    return entry["outcome"] == "failed" or (
        entry["outcome"] == "known" and bool(run_file.broken_rules(entry, "must"))
    )  # fmt: skip


def _broken(shown: _Shown, broken: Sequence[VerdictEntry], of_set: str) -> _Hindrance:
    rules = {entry["id"]: run_file.broken_rules(entry, "must") for entry in broken}
    worst = next((one for one in shown.problems if _explains(one, rules)), None)
    verb = "breaks" if len(_ids(broken)) == 1 else "break"
    said = f"{_cases(broken)} {of_set} {verb} a required rule"
    if worst is None:
        counts = Counter(rule for own in rules.values() for rule in own)
        named = min(counts, key=lambda rule: (-counts[rule], rule), default="")
        return _Hindrance(f"{said}, most often {named}" if named else said)
    return _Hindrance(f"{said}; the worst problem is {worst['rule']} in {worst['scope']['words']}", worst["id"])


def _explains(problem: ProblemEntry, rules: Mapping[str, Collection[str]]) -> bool:
    """Whether a problem is behind a case; `rules` are the `must` rules that each case breaks."""
    told = {*problem["rules"], *problem["follows"]}
    return any(not told.isdisjoint(rules.get(id_, ())) for id_ in problem["cases"])


def _broken_together(document: RunDocument, entries: Sequence[VerdictEntry]) -> Iterator[OverRunEntry]:
    """The `must` rules that the answers of a set break together."""
    together = [found for found in document.get("over_run", []) if found["level"] == "must"]
    own = {entry["id"]: run_file.entry_case_id(entry).partition("[")[0] for entry in entries if together}
    for found in together:
        if len({own[id_] for id_ in found["cases"] if id_ in own}) >= _TOGETHER:
            yield found


def _ids(entries: Sequence[VerdictEntry]) -> set[str]:
    return {run_file.entry_case_id(entry) for entry in entries}


def _cases(entries: Sequence[VerdictEntry]) -> str:
    return f"{len(_ids(entries)):,}"


def _commonest(entries: Sequence[VerdictEntry]) -> str:
    """The most frequent reason; among equals the first by the alphabet."""
    reasons = Counter(entry["reason"] for entry in entries)
    return min(reasons, key=lambda reason: (-reasons[reason], reason), default="no case of it applies")


def _ungraded(document: RunDocument, family: str, level: LevelName, reason: str) -> LevelEntry:
    """A family without a judged level; the number of its cases that apply says nothing then."""
    return _entry(document, family, level, 0, 0, reason)


def _entry(
    document: RunDocument, family: str, level: LevelName, applicable: int, cases: int, reason: str
) -> LevelEntry:  # fmt: skip
    return {
        "family": family,
        "model": model_for(document["gateway"]["models"], family),
        "level": level,
        "applicable": applicable,
        "cases": cases,
        "reason": reason,
    }
