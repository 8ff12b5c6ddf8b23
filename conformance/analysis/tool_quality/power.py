"""The number of tries that shows a drop of a given size; pure.

It is the sample size for the difference of two proportions (Fleiss, Levin and Paik, Statistical Methods for Rates and
Proportions, 2003, section 4.2), with independent tries that are all alike. Prompts that are always right, or always
wrong, need fewer.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from conformance.analysis.tool_quality import compare

POWER = 0.95
USUAL = 0.95
"""A rate of a good model: the share of the tries in which its tool calls are right."""


def tries(prompts: int, drop: float, comparisons: int, rate: float = USUAL) -> int:
    """The tries a prompt and side after which a drop from `rate` is called worse in 95 of 100 runs."""
    lower = max(0.0, rate - drop)
    variance = rate * (1 - rate) + lower * (1 - lower)
    errors = compare.z(comparisons) + NormalDist().inv_cdf(POWER)
    return math.ceil(variance * (errors / drop) ** 2 / prompts)


def shown(prompts: int, tries_: int, comparisons: int, rate: float = USUAL) -> float:
    """The smallest drop from `rate` that a number of tries shows in 95 of 100 runs, in steps of 0.001."""
    drops = (step / 1000 for step in range(1, 1000))
    return next((drop for drop in drops if tries(prompts, drop, comparisons, rate) <= tries_), 1.0)
