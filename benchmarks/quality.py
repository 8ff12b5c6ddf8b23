"""How often `tool-quality` calls a gateway worse in simulated runs: one that is equal, and one with a drop of 5 points.

The tries are drawn at random, with the prompts, the tries and the judgement of the command. In each setting the
upstream has a rate for each prompt; the gateway has the same rates, or loses 5 points of one measure.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from conformance.analysis.tool_quality.compare import Verdict
from conformance.analysis.tool_quality.judge import SIDES, judge
from conformance.analysis.tool_quality.tried import Measure, Tried, with_all
from conformance.run.tool_quality import TRIES
from conformance.suite.tool_prompts import Prompt, tool_prompts

__all__ = ["RUNS", "TRIES", "lines"]

RUNS = 100
DROP = 0.05
MOST_FALSE, LEAST_FOUND = 0.05, 0.95
"""Targets: the shares of the runs in which equal gateways, and a drop, are called worse."""

DROPPED: Sequence[Measure] = ("trigger", "names", "arguments")
SETTINGS: Mapping[str, Sequence[float]] = {
    "each prompt 95 %": (0.95,),
    "95 % on average, from 75 % to 100 %": (1.0, 1.0, 1.0, 0.95, 0.75, 1.0, 0.95, 1.0, 1.0, 0.85),
    "each prompt 99 %": (0.99,),
}
"""Name -> the rates of the prompts, in turn."""


def lines(tries: int, runs: int = RUNS) -> Iterator[str]:
    """A table of the settings, and whether the targets are met in all of them."""
    yield f"{len(tool_prompts())} prompts, {tries} tries, {runs} simulated runs each: runs that are called worse"
    yield f"{'':<38}{'equal':>8}{''.join(f'{name:>12}' for name in DROPPED)}"
    equal, dropped = [], []
    for name, rates in SETTINGS.items():
        found = [called(rates, measure, tries, runs, name)["worse"] / runs for measure in (None, *DROPPED)]
        equal.append(found[0])
        dropped += found[1:]
        yield f"{name:<38}{found[0]:>8.0%}{''.join(f'{share:>12.0%}' for share in found[1:])}"
    most, least = max(equal), min(dropped)
    said = f"equal gateways are called worse in at most {most:.0%} (target: {MOST_FALSE:.0%})"
    yield f"{'met' if most <= MOST_FALSE else 'MISSED'}: {said}"
    said = f"a drop of 5 points is called worse in at least {least:.0%} (target: {LEAST_FOUND:.0%})"
    yield f"{'met' if least >= LEAST_FOUND else 'MISSED'}: {said}"


def called(rates: Sequence[float], dropped: Measure | None, tries: int, runs: int, seed: str = "") -> Counter[Verdict]:
    """How often each verdict is given; the gateway loses DROP of one measure, or of none."""
    chance = random.Random(f"{seed} {dropped}")  # noqa: S311 - a simulation, not a secret
    return Counter(judge(simulated(chance, rates, dropped, tries)).verdict for _ in range(runs))


def simulated(chance: random.Random, rates: Sequence[float], dropped: Measure | None, tries: int) -> Iterator[Tried]:
    """The tries of one run."""
    for index, prompt in enumerate(tool_prompts()):
        rate = rates[index % len(rates)]
        for side in SIDES:
            lost = {dropped: DROP} if side == "gateway" and dropped else {}
            yield from (Tried(prompt.id, side, _met(chance, prompt, rate, lost)) for _ in range(tries))


def _met(chance: random.Random, prompt: Prompt, rate: float, lost: Mapping[Measure, float]) -> Mapping[Measure, bool]:
    """The measures that a try meets; without a call, nothing is known of its name and arguments."""

    def is_met(measure: Measure) -> bool:
        return chance.random() < rate - lost.get(measure, 0.0)

    is_right = is_met("trigger")
    if not prompt.calls or not is_right:
        return with_all({"trigger": is_right})
    return with_all({"trigger": True, "names": is_met("names"), "arguments": is_met("arguments")})
