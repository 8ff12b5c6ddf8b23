"""The differences between two runs: by problem, by case and by rule.

A regression is a new or a wider problem (`problem_changes`), or a case that breaks a rule that no problem explains,
even if it failed before for another reason. So is a case that is lost: it passed before, and now the gateway says that
it does not have the endpoint or the capability. If the profile says so, or the user named another model, which lacks a
capability, this is the user's decision: the case no longer applies. An outage is reported as such (`outage`). Times are
compared too, but they are only shown: they never fail a run. Runs of different tiers are compared by the cases that
both have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Literal, get_args

from conformance.analysis import outage, problem_changes
from conformance.analysis.outage import Outage
from conformance.analysis.problem_changes import ProblemChange
from conformance.core.model import Outcome
from conformance.core.reasons import REFUSED
from conformance.records import run_file
from conformance.records.run_format import OverRunEntry, RunDocument, VerdictEntry

Kind = Literal["regressed", "lost", "outage", "newly_unverified", "withdrawn", "still_failing", "fixed", "new", "gone"]
KINDS: tuple[Kind, ...] = get_args(Kind)

SLOWER_BY = 0.25
SLOWER_TIMES = 1.5
"""A time is shown if it grew by at least SLOWER_BY seconds and by at least the factor SLOWER_TIMES."""

Pair = tuple[VerdictEntry, VerdictEntry]
"""The verdicts on the same case in the old and in the new run."""


@dataclass(frozen=True, slots=True)
class Change:
    """A case that changed. `rules` are those that the kind is about: newly broken, fixed or still broken.

    `reason` is why the case was not judged in the new run. `problems` are the ids of the problems that explain why the
    case regressed or still fails, if they explain it in full.
    """

    kind: Kind
    id: str
    was: str
    now: str
    rules: tuple[str, ...] = ()
    reason: str = ""
    problems: tuple[str, ...] = ()

    @property
    def is_regression(self) -> bool:
        """Whether the change is a regression of its own: a lost case, or one that no problem explains."""
        return self.kind == "lost" or (self.kind == "regressed" and not self.problems and self.now != "known")


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule: how many cases broke it, those that break it only now, and those that no longer break it."""

    kind: Kind
    rule: str
    was: int
    now: int
    broke: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slower:
    """A time that grew, in seconds: of a case, or the median of an endpoint. `what` is `first byte` or `total`."""

    name: str
    what: str
    was: float
    now: float


@dataclass(frozen=True, slots=True)
class Diff:
    """All differences. `notes` say what makes the runs hard to compare."""

    changes: tuple[Change, ...] = ()
    rules: tuple[RuleChange, ...] = ()
    slower: tuple[Slower, ...] = ()
    notes: tuple[str, ...] = ()
    problems: tuple[ProblemChange, ...] = ()

    @property
    def is_regression(self) -> bool:
        """Whether the gateway became worse."""
        return any(one.is_regression for one in self.problems) or any(one.is_regression for one in self.changes)

    def of(self, *kinds: Kind) -> list[Change]:
        """The cases with one of these kinds of change."""
        return [change for change in self.changes if change.kind in kinds]


def diff(old: RunDocument, new: RunDocument) -> Diff:
    """The differences between two runs. The cases of an outage say nothing about the gateway."""
    was, now = outage.find(old), outage.find(new)
    old, new = problem_changes.told(old), problem_changes.told(new)
    old, new = outage.set_aside(old, was), outage.set_aside(new, now)
    before = {entry["id"]: entry for entry in old["verdicts"]}
    after = {entry["id"]: entry for entry in new["verdicts"]}
    pairs = [(before[name], after[name]) for name in sorted(before) if name in after]
    if _tier(old) != _tier(new):  # the runs have different cases by choice
        before, after = ({was["id"]: was for was, _ in pairs}, {now["id"]: now for _, now in pairs})
    found = [*_changes(before, after, _is_rechosen(old, new)), *_over_run(old, new)]
    return Diff(
        changes=tuple(_explained(_as_outage(change, now), new) for change in found),
        rules=tuple(_rules(pairs)),
        slower=tuple(_slower(pairs)),
        notes=tuple(_notes(old, new)),
        problems=tuple(
            problem_changes.changes(old, new, [one["id"] for one, other in pairs if _comparable(one, other)])
        ),
    )


def _as_outage(change: Change, now: Outage) -> Change:
    return replace(change, kind="outage") if change.kind == "newly_unverified" and change.id in now.cases else change


def _explained(change: Change, new: RunDocument) -> Change:
    """The change with the problems that explain why the case regressed or still fails."""
    if change.kind not in ("regressed", "still_failing"):
        return change
    over_run = [name for one in new.get("over_run", []) if one["rule"] in change.rules for name in one["cases"]]
    return replace(change, problems=problem_changes.telling(new["problems"], [change.id, *over_run], change.rules))


def _broken(entry: VerdictEntry) -> set[str]:
    return run_file.broken_rules(entry, *run_file.FAILING_LEVELS)


def _is_conclusive(entry: VerdictEntry) -> bool:
    return entry["outcome"] in run_file.CONCLUSIVE


# Cases


Chosen = Callable[[VerdictEntry], bool]


def _is_rechosen(old: RunDocument, new: RunDocument) -> Chosen:
    """Whether the user named another model for a case than the one that the old run used."""
    was, now = old["gateway"]["models"], new["gateway"]["models"]
    named = new["gateway"].get("named", {})

    def is_rechosen(entry: VerdictEntry) -> bool:
        model = run_file.model_of(now, entry)
        return model == run_file.model_of(named, entry) != run_file.model_of(was, entry)

    return is_rechosen


def _changes(
    before: Mapping[str, VerdictEntry], after: Mapping[str, VerdictEntry], is_rechosen: Chosen
) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        if name not in before:
            yield _change("new", None, after[name], _broken(after[name]))
        elif name not in after:
            yield _change("gone", before[name], None, _broken(before[name]))
        elif change := _changed(before[name], after[name], is_rechosen):
            yield change


def _changed(old: VerdictEntry, new: VerdictEntry, is_rechosen: Chosen) -> Change | None:
    """The change of a case that both runs have; None if it did not change."""
    was, now = _broken(old), _broken(new)
    if not _is_conclusive(new):  # whatever rules it broke, nothing was shown
        return _change(_unjudged(old, new, is_rechosen), old, new, was) if _is_conclusive(old) else None
    if now - was:
        return _change("regressed", old, new, now - was)
    if now:
        return _change("still_failing", old, new, now)
    if was and _is_conclusive(old):
        return _change("fixed", old, new, was)
    return None


def _unjudged(old: VerdictEntry, new: VerdictEntry, is_rechosen: Chosen) -> Kind:
    """The kind of change of a case that was judged before and is not judged now."""
    if new["outcome"] != "not_applicable":
        return "newly_unverified"
    lacks_capability = new["reason"].startswith(REFUSED)
    is_decided = run_file.is_declared(new) or (lacks_capability and is_rechosen(new))
    return "lost" if old["outcome"] in run_file.CONFORMANT and not is_decided else "withdrawn"


def _over_run(old: RunDocument, new: RunDocument) -> Iterator[Change]:
    """The changes of the rules that the answers of a family break together, as if the family were a case.

    Such rules are new if the old run was made by a version of the suite without them.
    """
    was, now = (_by_family(document.get("over_run", [])) for document in (old, new))
    for family in sorted({*was, *now}):
        before, after = was.get(family, {}), now.get(family, {})
        name, old_outcome, new_outcome = f"{family}: the whole run", _worst(before), _worst(after)
        if "over_run" not in old:
            yield Change("new", name, "", new_outcome, tuple(sorted(after)))
        elif broke := after.keys() - before.keys():
            yield Change("regressed", name, old_outcome, new_outcome, tuple(sorted(broke)))
        elif after:
            yield Change("still_failing", name, old_outcome, new_outcome, tuple(sorted(after)))
        else:
            yield Change("fixed", name, old_outcome, new_outcome, tuple(sorted(before)))


def _by_family(found: Sequence[OverRunEntry]) -> dict[str, dict[str, Outcome]]:
    """Family -> its broken rules -> their outcomes."""
    families: dict[str, dict[str, Outcome]] = {}
    for entry in found:
        families.setdefault(entry["family"], {})[entry["rule"]] = run_file.over_run_outcome(entry)
    return families


def _worst(rules: Mapping[str, Outcome]) -> Outcome:
    order: Sequence[Outcome] = ("failed", "warned", "known")
    return next((outcome for outcome in order if outcome in rules.values()), "passed")


def _change(kind: Kind, old: VerdictEntry | None, new: VerdictEntry | None, rules: set[str]) -> Change:
    entry = new or old
    assert entry is not None
    return Change(
        kind,
        entry["id"],
        was=old["outcome"] if old else "",
        now=new["outcome"] if new else "",
        rules=tuple(sorted(rules)),
        reason=new["reason"] if new and not _is_conclusive(new) else "",
    )


# Rules


def _rules(pairs: Sequence[Pair]) -> Iterator[RuleChange]:
    """The rules that any case broke in either run, over the cases that can be compared."""
    was, now = _cases_by_rule(pairs)
    for rule in sorted({*was, *now}):
        old, new = was.get(rule, []), now.get(rule, [])
        broke = tuple(name for name in new if name not in old)
        mended = tuple(name for name in old if name not in new)
        yield RuleChange(_rule_kind(broke, new), rule, len(old), len(new), broke, mended)


def _cases_by_rule(pairs: Sequence[Pair]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Rule -> the cases that broke it, in the old and in the new run."""
    was: dict[str, list[str]] = {}
    now: dict[str, list[str]] = {}
    for old, new in pairs:
        if _comparable(old, new):
            for found, entry in ((was, old), (now, new)):
                for rule in _broken(entry):
                    found.setdefault(rule, []).append(entry["id"])
    return was, now


def _comparable(old: VerdictEntry, new: VerdictEntry) -> bool:
    """Whether a case counts for its rules: both runs judged it, or only the new one, which broke a rule more."""
    return _is_conclusive(new) and (_is_conclusive(old) or not _broken(new) <= _broken(old))


def _rule_kind(broke: Sequence[str], now: Sequence[str]) -> Kind:
    if broke:
        return "regressed"
    return "still_failing" if now else "fixed"


# Times


def _slower(pairs: Sequence[Pair]) -> Iterator[Slower]:
    """The times that grew: for each kind of time the medians of the endpoints, then the single cases."""
    conclusive = [pair for pair in pairs if all(map(_is_conclusive, pair))]
    for what, seconds in _TIMES.items():
        times = [(new, was, now) for old, new in conclusive for was, now in _both(seconds(old), seconds(new))]
        by_endpoint: dict[str, list[tuple[float, float]]] = {}
        for entry, was, now in times:
            by_endpoint.setdefault(entry["endpoint"], []).append((was, now))
        for endpoint, own in sorted(by_endpoint.items()):
            old_times, new_times = zip(*own, strict=True)
            yield from _grown(f"{endpoint} (median)", what, median(old_times), median(new_times))
        for entry, was, now in times:
            yield from _grown(entry["id"], what, was, now)


def _both(was: float | None, now: float | None) -> Iterator[tuple[float, float]]:
    """The two times, if both are known."""
    if was is not None and now is not None:
        yield was, now


def _grown(name: str, what: str, was: float, now: float) -> Iterator[Slower]:
    if now - was >= SLOWER_BY and now >= was * SLOWER_TIMES:
        yield Slower(name, what, round(was, 4), round(now, 4))


def _total(entry: VerdictEntry) -> float | None:
    return float(entry["seconds"]) if run_file.is_sent(entry) else None


_TIMES: Mapping[str, Callable[[VerdictEntry], float | None]] = {"first byte": run_file.first_byte, "total": _total}


# The runs themselves


def _notes(old: RunDocument, new: RunDocument) -> Iterator[str]:
    """Differences between the runs themselves, which may explain the others."""
    was, now = _facts(old), _facts(new)
    for what in was:
        if was[what] != now[what]:
            yield f"another {what}: {was[what] or 'none given'}, then {now[what] or 'none given'}"


def _tier(document: RunDocument) -> str:
    return str(document.get("options", {}).get("--gateway-tier", "full"))


def _facts(document: RunDocument) -> dict[str, str]:
    gateway = document["gateway"]
    return {
        "suite": document["suite"]["version"],
        "gateway": gateway.get("name", ""),
        "version of the gateway": gateway.get("version", ""),
        "models": ", ".join(sorted(set(gateway["models"].values()))),
        "tier": _tier(document),
        "set of cases": document["cases"]["set"] if "cases" in document else "",
    }
