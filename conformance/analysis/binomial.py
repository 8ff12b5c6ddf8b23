"""Exact bounds of a share, from a number of hits among independent trials; pure.

The bounds are those of Clopper and Pearson (The Use of Confidence or Fiducial Limits Illustrated in the Case of the
Binomial, Biometrika 26, 1934), each one-sided at 95 %. Without a hit in n trials, the upper one is about 3/n.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

CONFIDENCE = 0.95
_STEPS = 60
"""Halvings of the interval: more than the digits of a float."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` among `trials`. The true share is at least `low`, and at most `high`, each with 95 % confidence."""

    hits: int
    trials: int
    low: float
    high: float


def share(hits: int, trials: int) -> Share:
    """The share with its bounds. Without a trial it is anything from 0 to 1."""
    return Share(hits, trials, lower(hits, trials), upper(hits, trials))


def upper(hits: int, trials: int) -> float:
    """The largest share with which so few hits have a probability of 5 %."""
    if hits >= trials:
        return 1.0
    return _crossing(lambda p: at_most(hits, trials, p) > 1 - CONFIDENCE)


def lower(hits: int, trials: int) -> float:
    """The smallest share with which that many hits have a probability of 5 %."""
    if not hits:
        return 0.0
    return _crossing(lambda p: 1 - at_most(hits - 1, trials, p) < 1 - CONFIDENCE)


def at_most(hits: int, trials: int, probability: float) -> float:
    """The probability of at most `hits` in `trials`."""
    yes, no = math.log(probability), math.log1p(-probability)
    whole = math.lgamma(trials + 1)
    return math.fsum(
        math.exp(whole - math.lgamma(k + 1) - math.lgamma(trials - k + 1) + k * yes + (trials - k) * no)
        for k in range(hits + 1)
    )


def _crossing(is_below: Callable[[float], bool]) -> float:
    """The share at which a condition that holds below it ends."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_below(middle) else (low, middle)
    return high
