"""Judges the tries of an endpoint: each measure for itself, and all of them together; pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from conformance.analysis.tool_quality.compare import MARGIN, WORST_FIRST, Compared, Row, Verdict, compare
from conformance.analysis.tool_quality.tried import MEASURES, Measure, Side, Tried

SIDES: Sequence[Side] = ("gateway", "upstream")


@dataclass(frozen=True, slots=True)
class Quality:
    """The comparison of an endpoint.

    `answers` are the answered requests of each side, and `failures` the reasons of the others with their numbers.
    `has_many_failures` is whether too many requests failed to call the sides equal.
    """

    measures: Mapping[Measure, Compared]
    answers: Mapping[Side, int]
    failures: Mapping[Side, Counter[str]]
    has_many_failures: bool

    @property
    def verdict(self) -> Verdict:
        """The worst verdict of the measures, but `better` if none is worse than equal and one is better."""
        found = [one.verdict for one in self.measures.values()]
        worst = min(found, key=WORST_FIRST.index)
        return "better" if worst == "equal" and "better" in found else worst


def judge(tries: Iterable[Tried], endpoints: int = 1, margin: float = MARGIN, seed: int = 1) -> Quality:
    """Judges the tries of one endpoint of `endpoints`, all of which are judged together."""
    found = list(tries)
    answers: dict[Side, int] = dict.fromkeys(SIDES, 0)
    failures: dict[Side, Counter[str]] = {side: Counter() for side in SIDES}
    for one in found:
        answers[one.side] += not one.failure
        if one.failure:
            failures[one.side][one.failure] += 1
    sent = {side: answers[side] + failures[side].total() for side in SIDES}
    has_many = any(failures[side].total() > margin * sent[side] for side in SIDES)
    comparisons = len(MEASURES) * endpoints
    measures = {
        name: _capped(compare(rows, margin, comparisons, seed=seed), has_many) for name, rows in _rows(found).items()
    }
    return Quality(measures, answers, failures, has_many)


def _capped(found: Compared, has_many_failures: bool) -> Compared:
    """With many failed requests, only `worse` can be told: the lost answers may have been of either kind."""
    return replace(found, verdict="inconclusive") if has_many_failures and found.verdict != "worse" else found


def _rows(tries: Iterable[Tried]) -> dict[Measure, dict[str, Row]]:
    """Measure -> prompt -> the hits and trials of both sides."""
    counts: dict[tuple[Measure, str, Side], list[int]] = defaultdict(lambda: [0, 0])
    prompts: dict[str, None] = {}
    for one in tries:
        prompts[one.prompt] = None
        for name, is_met in one.met.items():
            counted = counts[name, one.prompt, one.side]
            counted[0] += is_met
            counted[1] += 1
    return {
        name: {prompt: Row(*(number for side in SIDES for number in counts[name, prompt, side])) for prompt in prompts}
        for name in MEASURES
    }
