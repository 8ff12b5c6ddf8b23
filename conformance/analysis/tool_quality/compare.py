"""Compares the rates of two sides that were asked the same prompts, and judges the difference; pure.

The interval of a difference is a paired percentile bootstrap over the prompts (Efron and Tibshirani, An Introduction
to the Bootstrap, 1993, chapter 13): a prompt is drawn with all tries of both sides, so that prompts of different
difficulty add nothing to the difference. The intervals of all measures hold together with a confidence of 95 %
(Bonferroni). Their ends are a little wider than the percentiles, as Hesterberg advises for samples of this size (What
Teachers Should Know About the Bootstrap, The American Statistician 69, 2015). "Equal" is an equivalence test: the whole
interval is within the margin (Schuirmann, Journal of Pharmacokinetics and Biopharmaceutics 15, 1987).

A difference that is confined to a few prompts can escape such an interval. Each prompt is therefore tested alone as
well (Fisher's exact test), on a level that is seldom reached by chance.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from statistics import NormalDist
from typing import Literal

CONFIDENCE = 0.95
RESAMPLES = 2000
MIN_PROMPTS = 20
"""With fewer prompts, an interval from resampling is too narrow."""
MARGIN = 0.05
"""Two rates are equal if they differ by less than this."""
SINGLE = 0.001
"""The probability with which chance alone makes any single prompt of any measure differ."""

Verdict = Literal["worse", "inconclusive", "equal", "better"]
WORST_FIRST: Sequence[Verdict] = ("worse", "inconclusive", "equal", "better")
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Row:
    """The hits and the trials of both sides on one prompt."""

    gateway: int
    gateway_trials: int
    upstream: int
    upstream_trials: int


@dataclass(frozen=True, slots=True)
class Single:
    """A prompt on which the sides differ by more than chance."""

    prompt: str
    row: Row

    @property
    def is_worse(self) -> bool:
        """Whether the gateway has the lower rate."""
        return self.row.gateway * self.row.upstream_trials < self.row.upstream * self.row.gateway_trials


@dataclass(frozen=True, slots=True)
class Compared:
    """The rates of both sides, the gateway's minus the upstream's with its interval, and the verdict.

    Rates and differences are shares from 0 to 1. `total` adds up all prompts. `needed` is the number of tries a prompt
    after which a difference as large as the margin shows; None if there are enough, or if it cannot be told.
    """

    verdict: Verdict
    prompts: int
    total: Row
    value: float
    low: float
    high: float
    singles: tuple[Single, ...] = ()
    needed: int | None = None

    @property
    def is_judged(self) -> bool:
        """Whether there are enough prompts for an interval."""
        return self.prompts >= MIN_PROMPTS


def compare(
    rows: Mapping[str, Row], margin: float = MARGIN, comparisons: int = 1, *, resamples: int = RESAMPLES, seed: int = 1
) -> Compared:
    """Compares the sides; `rows` are by prompt. `comparisons` is the number of measures that are judged together."""
    paired = {name: row for name, row in rows.items() if row.gateway_trials and row.upstream_trials}
    total = _added(list(paired.values()))
    if len(paired) < MIN_PROMPTS:
        return Compared("inconclusive", len(paired), total, _difference(total) if paired else 0.0, -1.0, 1.0)
    value = _difference(total)
    low, high = interval(list(paired.values()), comparisons, resamples=resamples, seed=seed)
    singles = tuple(_singles(paired, comparisons))
    verdict = _verdict(low, high, margin, singles)
    needed = _needed(high - low, margin, comparisons, paired.values()) if verdict == "inconclusive" else None
    return Compared(verdict, len(paired), total, value, low, high, singles, needed)


def interval(rows: Sequence[Row], comparisons: int, *, resamples: int, seed: int) -> tuple[float, float]:
    """The ends of the interval of the difference; without any difference, Wilson's bound for the number of trials."""
    if all(row.gateway * row.upstream_trials == row.upstream * row.gateway_trials for row in rows):
        return _without_difference(rows, comparisons)
    packed = [_packed(row) for row in rows]
    drawn = sorted(_unpacked(sum(draw(packed))) for draw in _draws(len(rows), resamples, seed))
    tail = _tail(len(rows), comparisons)
    last = max(0, math.ceil(tail * resamples) - 1)
    return drawn[last], drawn[-1 - last]


@cache
def _draws(size: int, resamples: int, seed: int) -> Sequence[Callable[[Sequence[int]], Sequence[int]]]:
    """Functions that draw as many members of a list of this size; the same ones for all measures, and made once."""
    chance = random.Random(seed)  # noqa: S311 - statistics, not a secret
    return [itemgetter(*chance.choices(range(size), k=size)) for _ in range(resamples)]


_BITS = 40


def _packed(row: Row) -> int:
    """The four counts in one integer, because adding up those of a resample takes most of the time."""
    return row.gateway | row.gateway_trials << _BITS | row.upstream << 2 * _BITS | row.upstream_trials << 3 * _BITS


def _unpacked(packed: int) -> float:
    """The difference of the rates of added counts."""
    mask = (1 << _BITS) - 1
    return _ratio(*(packed >> number * _BITS & mask for number in range(4)))


def z(comparisons: int) -> float:
    """The number of standard errors on each side of an interval that holds together with the others."""
    return -_NORMAL.inv_cdf((1 - CONFIDENCE) / (2 * comparisons))


def _tail(size: int, comparisons: int) -> float:
    """The share of the resamples below the interval: that of Student's t, with the variance of a sample this small.

    The quantile of t is the expansion of Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.5.
    """
    normal, freedom = z(comparisons), size - 1
    student = (
        normal
        + (normal**3 + normal) / (4 * freedom)
        + (5 * normal**5 + 16 * normal**3 + 3 * normal) / (96 * freedom**2)
    )
    return _NORMAL.cdf(-student * math.sqrt(size / freedom))


def _without_difference(rows: Sequence[Row], comparisons: int) -> tuple[float, float]:
    """Wilson's bound for a difference that none of the trials shows."""
    total, square = _added(rows), z(comparisons) ** 2
    trials = min(total.gateway_trials, total.upstream_trials)
    bound = square / (trials + square)
    return -bound, bound


def _verdict(low: float, high: float, margin: float, singles: Sequence[Single]) -> Verdict:
    if high < 0 or any(single.is_worse for single in singles):
        return "worse"
    if low > 0:
        return "better"
    return "equal" if -margin < low and high < margin else "inconclusive"


def _needed(width: float, margin: float, comparisons: int, rows: Iterable[Row]) -> int | None:
    """The tries a prompt after which a difference of the margin shows in 95 of 100 runs, from the width found."""
    standard_error = width / (2 * z(comparisons))
    times = (standard_error * (z(comparisons) + _NORMAL.inv_cdf(CONFIDENCE)) / margin) ** 2
    tries = max(max(row.gateway_trials, row.upstream_trials) for row in rows)
    return math.ceil(tries * times) if times > 1 else None


def _singles(rows: Mapping[str, Row], comparisons: int) -> Iterator[Single]:
    level = SINGLE / (len(rows) * comparisons)
    return (Single(name, row) for name, row in rows.items() if _differs(row) and _probability(row) < level)


def _differs(row: Row) -> bool:
    return row.gateway * row.upstream_trials != row.upstream * row.gateway_trials


def _probability(row: Row) -> float:
    """The probability of a table at most as likely as this one, by chance alone (Fisher's exact test, two-sided)."""
    hits, trials = row.gateway + row.upstream, row.gateway_trials + row.upstream_trials

    def ways(gateway: int) -> int:
        return math.comb(row.gateway_trials, gateway) * math.comb(row.upstream_trials, hits - gateway)

    found = ways(row.gateway)
    rare = sum(each for gateway in range(min(hits, row.gateway_trials) + 1) if (each := ways(gateway)) <= found)
    return rare / math.comb(trials, hits)


def _added(rows: Sequence[Row]) -> Row:
    return Row(
        sum(row.gateway for row in rows),
        sum(row.gateway_trials for row in rows),
        sum(row.upstream for row in rows),
        sum(row.upstream_trials for row in rows),
    )


def _difference(row: Row) -> float:
    return _ratio(row.gateway, row.gateway_trials, row.upstream, row.upstream_trials)


def _ratio(gateway: int, gateway_trials: int, upstream: int, upstream_trials: int) -> float:
    return gateway / gateway_trials - upstream / upstream_trials
