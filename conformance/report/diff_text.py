"""The differences between two runs, as lines for the terminal and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from conformance.analysis.diff import KINDS, Change, Diff, Kind, RuleChange, Slower
from conformance.analysis.problem_changes import ProblemChange, ProblemKind
from conformance.core.model import Level
from conformance.core.plural import counted
from conformance.core.terminal_text import plain
from conformance.report.problems import text as problems_text
from conformance.report.text import words

HEADINGS: dict[Kind, str] = {
    "regressed": "regressed",
    "lost": "lost",
    "outage": "outage",
    "newly_unverified": "newly unverified",
    "withdrawn": "no longer applicable",
    "still_failing": "still failing",
    "fixed": "fixed",
    "new": "new",
    "gone": "gone",
}


PROBLEM_HEADINGS: Mapping[ProblemKind, str] = {
    "new": "new problem",
    "wider": "wider problem",
    "gone": "problem gone",
    "narrower": "narrower problem",
    "unseen": "problem in cases that only one of the runs judged",
}
"""Problems that are the same are only counted."""

MAX_EXAMPLES = 3
GROUPED: tuple[Kind, ...] = ("lost", "outage", "withdrawn")
"""Kinds whose cases are listed by their reason."""

ADVICE = "if a loss is intended, declare it in the profile: leave it out of `endpoints`, or deny it in `capabilities`"


def groups(difference: Diff) -> Iterator[tuple[Kind, str, list[Change]]]:
    """(kind, heading, changes), the regressions first."""
    for kind in KINDS:
        if found := difference.of(kind):
            yield kind, HEADINGS[kind], found


def by_reason(changes: Sequence[Change]) -> dict[str, list[Change]]:
    """Reason -> the changes that have it; one endpoint or capability is often hundreds of cases."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.reason, []).append(change)
    return found


def lost(difference: Diff | None) -> frozenset[str]:
    """The ids of the cases that are lost; none without a baseline."""
    return frozenset(change.id for change in difference.of("lost")) if difference else frozenset()


def losses(difference: Diff) -> Iterator[str]:
    """A line for each reason why cases are lost."""
    for reason, changes in by_reason(difference.of("lost")).items():
        yield f"{reason} ({counted(len(changes), 'case')} passed before)"


def problem_lines(difference: Diff) -> Iterator[str]:
    """A line for each problem that changed, new and wider ones first, and one for the others; not escaped."""
    for change in difference.problems:
        if change.kind in PROBLEM_HEADINGS:
            yield f"{PROBLEM_HEADINGS[change.kind]}: {problem_line(change)}"
    if same := sum(change.kind == "same" for change in difference.problems):
        yield f"{counted(same, 'problem')} as before"


def regressions(difference: Diff) -> Iterator[str]:
    """The reasons why a run fails as a regression, a line each; not escaped."""
    for problem in difference.problems:
        if problem.is_regression:
            yield f"a {PROBLEM_HEADINGS[problem.kind]}: {problem.problem['id']}"
    own = [change for change in difference.changes if change.is_regression]
    for kind, verb in (("lost", "lost"), ("regressed", "broke another rule")):
        if found := [change.id for change in own if change.kind == kind]:
            yield f"{counted(len(found), 'case')} {verb}: {examples(found)}"


def problem_line(change: ProblemChange) -> str:
    """A problem in one line: level, id, condition, share, and how many of the compared cases show it."""
    problem = change.problem
    known = f" ({problem['known']})" if "known" in problem else ""
    told = f"{problem['level']} {problem['id']}: {problem['scope']['words']}, {problems_text.share(problem)}{known}"
    if change.kind == "gone":
        return (
            f"{problem['level']} {problem['id']}: {problem['scope']['words']}; in {counted(change.was, 'case')} before"
        )
    if change.kind in ("wider", "narrower"):
        return f"{told}; in {counted(change.was, 'case')} before, in {change.now:,} now"
    return told


def lines(difference: Diff) -> Iterator[str]:
    """The differences for the terminal: by problem and by case, regressions first, then by rule, then the times."""
    yield from (plain(f"note: {note}") for note in difference.notes)
    yield from map(plain, problem_lines(difference))
    yield counts(difference)
    for kind, heading, changes in groups(difference):
        if kind in GROUPED:
            yield from _grouped(heading, changes)
        else:
            yield from (plain(f"{heading}: {change_line(change)}") for change in changes)
        if kind == "lost":
            yield ADVICE
    for rule in difference.rules:
        if rule.broke or rule.mended:
            yield plain(f"rule {rule.rule}: broken in {rule.was} cases, then in {rule.now}")
    for slow in difference.slower:
        yield plain(f"slower: {slow.name}, {slow.what} {slow.was:.2f} s, then {slow.now:.2f} s")


def brief(difference: Diff) -> Iterator[str]:
    """The differences for the end of a run: problems in full; of the cases, those that no problem explains."""
    yield from (plain(f"note: {note}") for note in difference.notes)
    yield from map(plain, problem_lines(difference))
    yield counts(difference)
    for kind, heading, changes in groups(difference):
        left = [change for change in changes if not change.problems]
        if kind == "outage":  # the end of the run begins with it
            continue
        if kind in GROUPED:
            yield from _grouped(heading, left)
        elif kind == "regressed":
            yield from (plain(f"{heading}: {change_line(change)}") for change in left)
        elif left:
            yield plain(f"{heading}: {examples([change.id for change in left])}")
        if kind == "lost":
            yield ADVICE
    if difference.slower:
        yield f"slower: {counted(len(difference.slower), 'time')}"
    if difference.changes or difference.slower:
        yield "`gateway-conformance diff` lists every case and time"


def _grouped(heading: str, changes: Sequence[Change]) -> Iterator[str]:
    for reason, found in by_reason(changes).items():
        yield plain(f"{heading}: {reason} ({counted(len(found), 'case')})")
        yield plain(f"    {examples([change.id for change in found])}")


def examples(ids: Sequence[str]) -> str:
    """The first ids of many."""
    rest = len(ids) - MAX_EXAMPLES
    return ", ".join(ids[:MAX_EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")


def counts(difference: Diff) -> str:
    """The number of cases of each kind of change, in one line."""
    found = [f"{len(changes)} {heading}" for _, heading, changes in groups(difference)]
    return ", ".join(found) or "nothing changed"


def change_line(change: Change) -> str:
    """A change in one line."""
    return f"{change.id} ({_outcomes(change)})" + (f": {', '.join(change.rules)}" if change.rules else "")


def _outcomes(change: Change) -> str:
    """The outcomes before and now; a case that is new, gone or not offered has only one of them."""
    if not change.was:
        return words(change.now)
    if change.now in ("", "not_applicable"):
        return f"{words(change.was)} before"
    return f"{words(change.was)}, then {words(change.now)}"


class ProblemChangeEntry(TypedDict):
    """A problem in the output of `diff --json`."""

    kind: ProblemKind
    id: str
    rule: str
    level: Level
    words: str
    was: int
    now: int
    broke: list[str]
    fixed: list[str]
    known: str


class ChangeEntry(TypedDict):
    """A change in the output of `diff --json`."""

    kind: Kind
    id: str
    was: str
    now: str
    rules: list[str]
    reason: str
    problems: list[str]


class RuleChangeEntry(TypedDict):
    """A rule's change in the output of `diff --json`."""

    kind: Kind
    rule: str
    was: int
    now: int
    broke: list[str]
    mended: list[str]


class SlowerEntry(TypedDict):
    """A time that grew, in the output of `diff --json`."""

    name: str
    what: str
    was: float
    now: float


class DiffDocument(TypedDict):
    """The output of `diff --json`; the format is schemas/diff.schema.json."""

    format: int
    regression: bool
    summary: dict[Kind, int]
    notes: list[str]
    problems: list[ProblemChangeEntry]
    changes: list[ChangeEntry]
    rules: list[RuleChangeEntry]
    slower: list[SlowerEntry]


def document(difference: Diff) -> DiffDocument:
    """The differences as JSON; the format is schemas/diff.schema.json."""
    return {
        "format": 1,
        "regression": difference.is_regression,
        "summary": {kind: len(difference.of(kind)) for kind in KINDS},
        "notes": list(difference.notes),
        "problems": [_problem(change) for change in difference.problems],
        "changes": [_change(change) for change in difference.changes],
        "rules": [_rule(rule) for rule in difference.rules],
        "slower": [_slower(slow) for slow in difference.slower],
    }


def _change(change: Change) -> ChangeEntry:
    return {
        "kind": change.kind,
        "id": change.id,
        "was": change.was,
        "now": change.now,
        "rules": list(change.rules),
        "reason": change.reason,
        "problems": list(change.problems),
    }


def _problem(change: ProblemChange) -> ProblemChangeEntry:
    problem = change.problem
    return {
        "kind": change.kind,
        "id": problem["id"],
        "rule": problem["rule"],
        "level": problem["level"],
        "words": problem["scope"]["words"],
        "was": change.was,
        "now": change.now,
        "broke": list(change.broke),
        "fixed": list(change.fixed),
        "known": problem.get("known", ""),
    }


def _rule(rule: RuleChange) -> RuleChangeEntry:
    return RuleChangeEntry(
        kind=rule.kind,
        rule=rule.rule,
        was=rule.was,
        now=rule.now,
        broke=list(rule.broke),
        mended=list(rule.mended),
    )


def _slower(slow: Slower) -> SlowerEntry:
    return {"name": slow.name, "what": slow.what, "was": slow.was, "now": slow.now}
