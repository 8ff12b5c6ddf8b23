"""The differences between the problems of two runs: new ones, wider ones, narrower ones, and those that are gone.

Only cases that both runs judged count, so that a new case, or another choice of cases, does not make a problem wider.
A problem of one run is the same as one of the other run if the leading rule of one is a rule of the other, and if they
share cases, or if the scope of one is true of every case of the other. So the id may change.

An intermittent problem shows in other cases in each run. It is only wider if it shows in clearly more cases: in more
than chance explains (two standard deviations of the difference), or in new ones besides all of the old ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Literal, get_args

from conformance.analysis import problems
from conformance.analysis.problems import scope
from conformance.analysis.problems.observed import with_observed
from conformance.records import run_file
from conformance.records.jsonl import RecordingError
from conformance.records.run_format import ProblemEntry, RunDocument, VerdictEntry

ProblemKind = Literal["new", "wider", "gone", "narrower", "unseen", "same"]
PROBLEM_KINDS: tuple[ProblemKind, ...] = get_args(ProblemKind)
"""`unseen` problems show only in cases that one of the runs did not judge."""

_OVER_RUN = "run."
"""The prefix of the rules that the answers of a run break together."""


@dataclass(frozen=True, slots=True)
class ProblemChange:
    """A problem, as it is in the new run, or as it was in the old one if it is gone.

    `was` and `now` are the numbers of cases that both runs judged and that show it. `broke` are those that show it only
    in the new run, `fixed` those that no longer show it.
    """

    kind: ProblemKind
    problem: ProblemEntry
    was: int = 0
    now: int = 0
    broke: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()

    @property
    def is_regression(self) -> bool:
        """Whether the gateway became worse, and the list of known failures does not cover it."""
        return self.kind in ("new", "wider") and "known" not in self.problem


@dataclass(frozen=True, slots=True)
class _Run:
    """The problems of a run that can make cases fail, and the rules that each case broke."""

    problems: Sequence[ProblemEntry]
    verdicts: Mapping[str, VerdictEntry]
    broken: Mapping[str, frozenset[str]]

    def is_judged(self, name: str) -> bool:
        """Whether a case says something about the gateway."""
        return name in self.verdicts and self.verdicts[name]["outcome"] in run_file.CONCLUSIVE


@dataclass(frozen=True, slots=True)
class _Compared:
    """Two runs, and the ids of the cases that both judged; `fresh` is case -> rules that it breaks only now."""

    old: _Run
    new: _Run
    cases: frozenset[str]
    fresh: Mapping[str, frozenset[str]] = field(default_factory=dict)


def changes(old: RunDocument, new: RunDocument, comparable: Collection[str]) -> list[ProblemChange]:
    """The problems of both runs, new and wider ones first; `comparable` are the cases that both runs judged.

    Both runs state their problems (`told`).
    """
    before, after = _run(old), _run(new)
    if "over_run" not in old:  # a version without these rules: nothing says that they were kept
        unknown = {rule for rules in after.broken.values() for rule in rules if rule.startswith(_OVER_RUN)}
        before = _Run(before.problems, before.verdicts, {name: before.broken[name] | unknown for name in before.broken})
    common = frozenset(comparable)
    fresh = {name: after.broken[name] - before.broken[name] for name in common}
    runs = _Compared(before, after, common, {name: rules for name, rules in fresh.items() if rules})
    found = [*_of_new(runs), *_gone(runs)]
    return sorted(found, key=lambda change: PROBLEM_KINDS.index(change.kind))


def telling(found: Sequence[ProblemEntry], cases: Collection[str], rules: Collection[str]) -> tuple[str, ...]:
    """The ids of the problems that tell why cases break rules; none if they do not tell it of every rule."""
    own = [one for one in found if run_file.can_fail(one) and not _all_rules(one).isdisjoint(rules)]
    own = [one for one in own if not set(cases).isdisjoint(one["cases"])]
    is_whole = set(rules) <= {rule for one in own for rule in _all_rules(one)}
    return tuple(one["id"] for one in own) if is_whole else ()


def told(document: RunDocument) -> RunDocument:
    """The run with its problems, and with the facts about its exchanges; an older run has to be evaluated for them.

    If its exchanges cannot be read, it has no problems, so that every changed case counts on its own.
    """
    if "problems" in document:
        return document
    try:
        document = with_observed(document)
    except RecordingError:
        return {**document, "problems": []}
    return {**document, "problems": problems.of(document)}


def _run(document: RunDocument) -> _Run:
    verdicts = {entry["id"]: entry for entry in document["verdicts"]}
    broken = {name: run_file.broken_rules(entry, *run_file.FAILING_LEVELS) for name, entry in verdicts.items()}
    for finding in document.get("over_run", []):
        for name, entry in verdicts.items():
            if entry["endpoint"] == finding["family"] or name in finding["cases"]:
                broken[name] = broken[name] | {finding["rule"]}
    found = [one for one in document["problems"] if run_file.can_fail(one)]
    return _Run(found, verdicts, {name: frozenset(rules) for name, rules in broken.items()})


def _all_rules(problem: ProblemEntry) -> set[str]:
    return {*problem["rules"], *problem["follows"]}


def _of_new(runs: _Compared) -> Iterator[ProblemChange]:
    """The problems of the new run, without those that no judged case shows."""
    for problem in runs.new.problems:
        if not any(runs.new.is_judged(name) for name in problem["cases"]):
            continue
        earlier = [other for other in runs.old.problems if _are_same(problem, other, runs)]
        was, now = _showing(runs, problem, *earlier)
        broke, fixed = _broke(problem, runs), was - now
        by_chance = bool(fixed) and any(map(_is_intermittent, (problem, *earlier)))
        kind: ProblemKind = "same"
        if broke and not earlier:
            kind = "new"
        elif broke:
            kind = "same" if by_chance and not is_clearly_more(len(was), len(now)) else "wider"
        elif fixed:
            kind = "same" if by_chance and not is_clearly_more(len(now), len(was)) else "narrower"
        elif runs.cases.isdisjoint(problem["cases"]):
            kind = "unseen"
        yield ProblemChange(kind, problem, len(was), len(now), tuple(sorted(broke)), tuple(sorted(fixed)))


def _showing(runs: _Compared, *same: ProblemEntry) -> tuple[set[str], set[str]]:
    """The cases that both runs judged and that showed a problem in the old run, and in the new one."""
    cases = runs.cases.intersection(name for one in same for name in one["cases"])
    rules = {rule for one in same for rule in one["rules"]}
    was = {name for name in cases if runs.old.broken[name] & rules}
    return was, {name for name in cases if runs.new.broken[name] & rules}


def _is_intermittent(problem: ProblemEntry) -> bool:
    return problem["shown"]["broken"] < problem["shown"]["inside"]


def _broke(problem: ProblemEntry, runs: _Compared) -> set[str]:
    """The cases that break one of the problem's rules only now.

    A consequence only counts where the case does not break the rule of another problem, too: it may follow from that.
    """
    own, follows = set(problem["rules"]), set(problem["follows"])
    cases = runs.fresh.keys() & set(problem["cases"])
    others = [other for other in runs.new.problems if other is not problem]

    def is_explained(name: str) -> bool:
        return any(name in other["cases"] and runs.fresh[name] & set(other["rules"]) for other in others)

    return {
        name
        for name in cases
        if runs.fresh[name] & own or (runs.fresh[name] & follows and not is_explained(name))
    }  # fmt: skip


def is_clearly_more(was: int, now: int) -> bool:
    """Whether a number of cases grew by more than chance explains."""
    return now - was > 2 * sqrt(was + now)


def _gone(runs: _Compared) -> Iterator[ProblemChange]:
    """The problems of the old run that no problem of the new run continues."""
    for problem in runs.old.problems:
        if any(_are_same(other, problem, runs) for other in runs.new.problems):
            continue
        was, now = _showing(runs, problem)
        if was - now:
            kind: ProblemKind = "narrower" if now else "gone"
            yield ProblemChange(kind, problem, len(was), len(now), fixed=tuple(sorted(was - now)))


def _are_same(new: ProblemEntry, old: ProblemEntry, runs: _Compared) -> bool:
    if new["rule"] not in old["rules"] and old["rule"] not in new["rules"]:
        return False
    return (
        not set(new["cases"]).isdisjoint(old["cases"])
        or _is_inside(new["cases"], old, runs.new)
        or _is_inside(old["cases"], new, runs.old)
    )


def _is_inside(cases: Collection[str], problem: ProblemEntry, run: _Run) -> bool:
    """Whether the scope of a problem is true of an exchange of each of these cases."""
    literals = problem["scope"]["facts"]
    observed = [run.verdicts[name].get("observed", ()) for name in cases if name in run.verdicts]
    return bool(observed) and all(any(scope.holds(literals, seen["facts"]) for seen in steps) for steps in observed)
