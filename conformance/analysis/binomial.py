"""Bounds of a share, from a number of hits among independent trials; pure.

The bounds of `share` are exact, those of Clopper and Pearson (The Use of Confidence or Fiducial Limits Illustrated in
the Case of the Binomial, Biometrika 26, 1934), each one-sided at 95 %. Without a hit in n trials, the upper one is
about 3/n.

The interval of `wilson` is two-sided at 95 % (Wilson, Probable Inference, the Law of Succession, and Statistical
Inference, Journal of the American Statistical Association 22, 1927). It covers the true share in 95 of 100 runs on
average, also with few trials (Brown, Cai and DasGupta, Interval Estimation for a Binomial Proportion, Statistical
Science 16, 2001).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

CONFIDENCE = 0.95
Z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
"""1.96: the middle 95 % of a normal distribution are this many standard deviations wide on each side."""
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


def wilson(hits: float, trials: float, z: float = Z) -> tuple[float, float]:
    """The two ends of Wilson's interval; 0 and 1 without a trial. 3 of 20 gives 0.05 to 0.36, 0 of 20 0 to 0.16."""
    if not trials:
        return 0.0, 1.0
    center = (hits + z * z / 2) / (trials + z * z)
    half = z / (trials + z * z) * math.sqrt(hits * (trials - hits) / trials + z * z / 4)
    return (max(0.0, center - half) if hits else 0.0), (min(1.0, center + half) if hits < trials else 1.0)


def clustered(counts: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Wilson's interval where the trials of a cluster are alike; `counts` are the (hits, trials) of each cluster.

    The number of trials is divided by the design effect: how much more the shares of the clusters differ than they
    would by chance (Dean and Pagano, Evaluating Confidence Interval Methods for Binomial Proportions in Clustered
    Surveys, Journal of Survey Statistics and Methodology 3, 2015).
    """
    hits, trials = (sum(column) for column in zip(*counts, strict=True))
    effect = _design_effect(counts, hits, trials)
    return wilson(hits / effect, trials / effect)


def _design_effect(counts: Sequence[tuple[int, int]], hits: int, trials: int) -> float:
    """The variance of the share between clusters, divided by that of independent trials; at least 1."""
    if len(counts) < 2 or hits in (0, trials):
        return 1.0
    share = hits / trials
    between = sum((hit - share * number) ** 2 for hit, number in counts) * len(counts) / (len(counts) - 1)
    return max(1.0, between / (trials * share * (1 - share)))


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
