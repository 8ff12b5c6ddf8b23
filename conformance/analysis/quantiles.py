"""Quantiles of two samples, and the difference between them with a 95 % interval; pure.

The interval is a percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13). It
draws whole rounds, because the values of a round are not independent: requests that are sent at once wait for each
other. The random numbers have a fixed seed, so that the same values always give the same interval.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

CONFIDENCE = 0.95
MIN_ROUNDS = 20
"""With fewer rounds, an interval from resampling is too narrow: it seldom draws the rare rounds."""
RESAMPLES = 1000

Round = tuple[Sequence[float], Sequence[float]]
"""The values of one round: of the first sample, and of the second."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A quantile of the first sample minus that of the second, and its 95 % interval, in the unit of the values."""

    value: float
    low: float
    high: float

    @property
    def is_noise(self) -> bool:
        """Whether the interval includes 0, so that the samples may not differ at all."""
        return self.low <= 0 <= self.high


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value such that at least `share` of the values are not larger.

    `ordered` is in ascending order. Raises IndexError if it is empty.
    """
    return ordered[max(0, math.ceil(share * len(ordered) - 1e-9) - 1)]


def least(share: float) -> int:
    """The smallest number of values for which a quantile has a 95 % interval: 6 for p50, 72 for p95, 368 for p99.

    All n values are below the true quantile with a probability of share ** n. While that exceeds 2.5 %, even the
    largest value is too low as the upper end of the interval. The same holds for the lower end with 1 - share.
    """
    return math.ceil(math.log((1 - CONFIDENCE) / 2) / math.log(max(share, 1 - share)))


def lack(rounds: Sequence[Round], share: float) -> str:
    """Why these rounds have no interval for a quantile, as part of a sentence; "" if they have one."""
    answers = min(sum(len(each[side]) for each in rounds) for side in (0, 1))
    if answers < least(share):
        return f"needs {least(share)} answers from each side, and there are {answers}"
    if len(rounds) < MIN_ROUNDS:
        return f"needs {MIN_ROUNDS} rounds, and there are {len(rounds)}"
    return ""


def differences(
    rounds: Sequence[Round], shares: Iterable[float], *, resamples: int = RESAMPLES, seed: int = 1
) -> Mapping[float, Difference]:
    """The difference at each quantile. Those for which `lack` gives a reason are left out."""
    wanted = [share for share in shares if not lack(rounds, share)]
    if not wanted:
        return {}
    drawn: dict[float, list[float]] = {share: [] for share in wanted}
    chance = random.Random(seed)  # noqa: S311 - statistics, not a secret
    for _ in range(resamples):
        for share, value in _differences(chance.choices(rounds, k=len(rounds)), wanted):
            drawn[share].append(value)
    return {share: Difference(value, *_middle(drawn[share])) for share, value in _differences(rounds, wanted)}


def _differences(rounds: Sequence[Round], shares: Iterable[float]) -> Iterable[tuple[float, float]]:
    one, other = (sorted(chain.from_iterable(each[side] for each in rounds)) for side in (0, 1))
    if not one or not other:  # drawn only rounds without an answer
        return ()
    return [(share, quantile(one, share) - quantile(other, share)) for share in shares]


def _middle(values: Sequence[float]) -> tuple[float, float]:
    """The ends of the middle 95 %."""
    ordered = sorted(values)
    return quantile(ordered, (1 - CONFIDENCE) / 2), quantile(ordered, (1 + CONFIDENCE) / 2)
