"""The problems of many runs: in which of them each one showed.

A problem is the same in two runs if its leading rule is the same, and it shares cases with the earlier one or the scope
of one is part of the other's. Its id may therefore change; a line has the id of the last run that shows it.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from conformance.analysis.states import KINDS, Kind, State, kind_of
from conformance.core.model import Level
from conformance.records import run_file
from conformance.records.run_format import ProblemEntry, RunDocument


@dataclass(frozen=True, slots=True)
class Night:
    """A run: when it started, its problems, and the cases that it judged."""

    started: str
    problems: Sequence[ProblemEntry]
    judged: Collection[str]


@dataclass(frozen=True, slots=True)
class ProblemLine:
    """A problem: its state in each run, and the start of the first and of the last run that show it.

    `id`, `words` and `cases`, the number of cases, are those of the last one.
    """

    id: str
    level: Level
    words: str
    cases: int
    kind: Kind
    states: tuple[State, ...]
    first: str
    last: str


@dataclass(slots=True, eq=False)
class _Thread:
    """A problem over the runs: number of the run -> the problem as it was there."""

    shown: dict[int, list[ProblemEntry]] = field(default_factory=dict)
    cases: set[str] = field(default_factory=set)

    def continues(self, problem: ProblemEntry) -> bool:
        """Whether a problem is the same as this one."""
        every = [one for found in self.shown.values() for one in found]
        return every[0]["rule"] == problem["rule"] and (
            not self.cases.isdisjoint(problem["cases"]) or any(_is_part(problem, one) for one in every)
        )

    def add(self, number: int, problem: ProblemEntry) -> None:
        self.shown.setdefault(number, []).append(problem)
        self.cases.update(problem["cases"])


def night(document: RunDocument, found: Sequence[ProblemEntry]) -> Night:
    """A run with those of its problems that can make a case fail and that a judged case shows."""
    judged = {sys.intern(one["id"]) for one in document["verdicts"] if one["outcome"] in run_file.CONCLUSIVE}
    shown = [one for one in found if run_file.can_fail(one) and not judged.isdisjoint(one["cases"])]
    return Night(document["started"], shown, judged)


def lines(nights: Sequence[Night]) -> list[ProblemLine]:
    """The problems of runs, the oldest of which is the first: regressions come first."""
    threads: list[_Thread] = []
    for number, one in enumerate(nights):
        for problem in one.problems:
            same = [thread for thread in threads if thread.continues(problem)]
            threads = [thread for thread in threads if thread not in same]
            threads.append(_joined(same))
            threads[-1].add(number, problem)
    return sorted((_line(thread, nights) for thread in threads), key=lambda line: (KINDS.index(line.kind), line.id))


def _joined(same: Sequence[_Thread]) -> _Thread:
    joined = _Thread()
    for thread in same:
        for number, found in thread.shown.items():
            for problem in found:
                joined.add(number, problem)
    return joined


def _line(thread: _Thread, nights: Sequence[Night]) -> ProblemLine:
    numbers = sorted(thread.shown)
    last = max(thread.shown[numbers[-1]], key=lambda problem: len(problem["cases"]))
    states = tuple(_states(thread, nights))
    return ProblemLine(
        id=last["id"],
        level=last["level"],
        words=last["scope"]["words"],
        cases=len({name for problem in thread.shown[numbers[-1]] for name in problem["cases"]}),
        kind=kind_of(states),
        states=states,
        first=nights[numbers[0]].started,
        last=nights[numbers[-1]].started,
    )


def _states(thread: _Thread, nights: Sequence[Night]) -> Iterator[State]:
    for number, one in enumerate(nights):
        if number in thread.shown:
            yield "broken"
        else:
            yield "unjudged" if thread.cases.isdisjoint(one.judged) else "kept"


def _is_part(one: ProblemEntry, other: ProblemEntry) -> bool:
    """Whether the scope of one problem is part of the other's."""
    first, second = set(one["scope"]["facts"]), set(other["scope"]["facts"])
    return first <= second or second <= first
