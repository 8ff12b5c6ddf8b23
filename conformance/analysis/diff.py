"""Two runs of a gateway, compared: what turned, by case and by rule.

A case that fails for another reason than before is a regression, even though it failed before. Times are
compared as well, but a slow night is no defect: they are shown, and decide nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from conformance.core.model import JSON
from conformance.records import run_file
from conformance.records.run_file import FailOn

Kind = Literal["regressed", "newly_unverified", "still_failing", "fixed", "new", "gone"]
KINDS: tuple[Kind, ...] = ("regressed", "newly_unverified", "still_failing", "fixed", "new", "gone")

SLOWER_BY = 0.25
SLOWER_TIMES = 1.5
"""A time is worth showing when it grew by this many seconds, and to so many times what it was."""


@dataclass(frozen=True, slots=True)
class Change:
    """What became of a case. `rules` are those that the kind is about: newly broken, mended or still broken."""

    kind: Kind
    id: str
    was: str
    now: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What became of a rule: how many cases broke it, and the cases that turned."""

    kind: Kind
    rule: str
    was: int
    now: int
    broke: tuple[str, ...] = ()
    mended: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Slower:
    """A time that grew: of a case or of an endpoint's median; `what` is `first byte` or `total`; in seconds."""

    name: str
    what: str
    was: float
    now: float


@dataclass(frozen=True, slots=True)
class Diff:
    """All that changed, each part in the order of ids. `notes` say what makes the runs hard to compare."""

    changes: tuple[Change, ...] = ()
    rules: tuple[RuleChange, ...] = ()
    slower: tuple[Slower, ...] = ()
    notes: tuple[str, ...] = ()

    def of(self, kind: Kind) -> list[Change]:
        """The cases that changed so."""
        return [change for change in self.changes if change.kind == kind]


def diff(old: JSON, new: JSON) -> Diff:
    """What changed from one run.json document to another."""
    before, after = _by_id(old), _by_id(new)
    return Diff(
        changes=tuple(_changes(before, after)),
        rules=tuple(_rules(before, after)),
        slower=tuple(_slower(before, after)),
        notes=tuple(_notes(old, new)),
    )


def fails_run(difference: Diff, new: JSON, fail_on: FailOn | None) -> bool:
    """Whether it calls for somebody: a regression, or anything broken at a level; nothing where nobody asks."""
    if fail_on == "regression":
        return bool(difference.of("regressed"))
    levels = {"must": {"failed"}, "should": {"failed", "warned"}}.get(fail_on or "", set())
    return any(entry["outcome"] in levels for entry in new["verdicts"])


def _by_id(document: JSON) -> dict[str, JSON]:
    return {entry["id"]: entry for entry in document["verdicts"]}


def _changes(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> Iterator[Change]:
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            yield _came_or_went(name, old, new)
        elif found := _turned(old, new):
            kind, rules = found
            yield Change(kind, name, old["outcome"], new["outcome"], tuple(sorted(rules)))


def _came_or_went(name: str, old: JSON, new: JSON) -> Change:
    """A case that only one of the runs has."""
    if old is None:
        return Change("new", name, "", new["outcome"], tuple(sorted(_broken(new))))
    return Change("gone", name, old["outcome"], "", tuple(sorted(_broken(old))))


def _turned(old: JSON, new: JSON) -> tuple[Kind, set[str]] | None:
    """What became of a case that both runs have, and the rules that it is about; None where nothing did."""
    was, now = _broken(old), _broken(new)
    if new["outcome"] not in run_file.CONCLUSIVE:  # whatever a busy moment broke
        return ("newly_unverified", was) if old["outcome"] in run_file.CONCLUSIVE else None
    if worse := now - was:
        return "regressed", worse
    if now:
        return "still_failing", now
    return ("fixed", was) if was and old["outcome"] in run_file.CONCLUSIVE else None


def _broken(entry: JSON) -> set[str]:
    return run_file.rules(entry, *run_file.FAILING_LEVELS)


def _rules(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> Iterator[RuleChange]:
    """Rules that any case broke, over the cases that both runs judged."""
    both = [name for name in sorted(before) if name in after and _comparable(before[name], after[name])]
    was = Counter(rule for name in both for rule in _broken(before[name]))
    now = Counter(rule for name in both for rule in _broken(after[name]))
    for rule in sorted({*was, *now}):
        broke = tuple(name for name in both if rule in _broken(after[name]) - _broken(before[name]))
        mended = tuple(name for name in both if rule in _broken(before[name]) - _broken(after[name]))
        kind: Kind = "regressed" if broke else "still_failing" if now[rule] else "fixed"
        yield RuleChange(kind, rule, was[rule], now[rule], broke, mended)


def _comparable(old: JSON, new: JSON) -> bool:
    """Whether a case's rules can be compared: both runs judged it, or only the new one, which found what it breaks."""
    return new["outcome"] in run_file.CONCLUSIVE and (
        old["outcome"] in run_file.CONCLUSIVE or bool(_broken(new) - _broken(old))
    )


def _slower(before: Mapping[str, JSON], after: Mapping[str, JSON]) -> Iterator[Slower]:
    """Endpoints first, by their medians, then single cases."""
    both = [(before[name], after[name]) for name in sorted(before) if name in after]
    judged = [pair for pair in both if all(entry["outcome"] in run_file.CONCLUSIVE for entry in pair)]
    for what, read in (("first byte", _first_byte), ("total", _total)):
        timed = [(new, read(old), read(new)) for old, new in judged]
        known = [(entry, was, now) for entry, was, now in timed if was is not None and now is not None]
        for endpoint in sorted({entry["endpoint"] for entry, _, _ in known}):
            own = [(was, now) for entry, was, now in known if entry["endpoint"] == endpoint]
            yield from _grown(f"{endpoint} (median)", what, [was for was, _ in own], [now for _, now in own])
        for entry, was, now in known:
            yield from _grown(entry["id"], what, [was], [now])


def _grown(name: str, what: str, was: Sequence[float], now: Sequence[float]) -> Iterator[Slower]:
    old, new = median(was), median(now)
    if new - old >= SLOWER_BY and new >= old * SLOWER_TIMES:
        yield Slower(name, what, round(old, 4), round(new, 4))


def _first_byte(entry: JSON) -> float | None:
    """Seconds until the first byte of the last answer's body."""
    chunks = entry["exchanges"][-1]["chunks"] if entry["exchanges"] else ()
    return float(chunks[0].get("at", 0.0)) if chunks else None


def _total(entry: JSON) -> float | None:
    return float(entry["seconds"]) if entry["exchanges"] else None


def _notes(old: JSON, new: JSON) -> Iterator[str]:
    """What differs about the runs themselves, so that nobody blames the gateway for it."""
    pairs = {
        "suite": (old["suite"]["version"], new["suite"]["version"]),
        "gateway": (old["gateway"].get("name", ""), new["gateway"].get("name", "")),
        "version of the gateway": (old["gateway"].get("version", ""), new["gateway"].get("version", "")),
        "models": (_models(old), _models(new)),
        "set of cases": (old.get("cases", {}).get("set", ""), new.get("cases", {}).get("set", "")),
    }
    for what, (was, now) in pairs.items():
        if was != now:
            yield f"another {what}: {was or 'none given'}, then {now or 'none given'}"


def _models(document: JSON) -> str:
    return ", ".join(sorted(set(document["gateway"]["models"].values())))
