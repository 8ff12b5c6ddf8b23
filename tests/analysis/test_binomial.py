"""Wilson's interval: published values, coverage in simulations, and fewer trials where they come in clusters."""

from __future__ import annotations

import random

import pytest

from conformance.analysis.binomial import clustered, wilson


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [
        (3, 20, 0.0524, 0.3604),
        (0, 20, 0.0, 0.1611),
        (20, 20, 0.8389, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe, Statistics in Medicine 17, 1998, table I
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_has_the_published_ends(hits: int, trials: int, low: float, high: float) -> None:
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("share", [0.02, 0.15, 0.5, 0.9])
def test_it_covers_the_true_share_as_often_as_it_claims(share: float) -> None:
    chance = random.Random(7)
    runs = [wilson(sum(chance.random() < share for _ in range(20)), 20) for _ in range(1000)]
    assert sum(low <= share <= high for low, high in runs) >= 920


def test_clusters_that_differ_by_chance_are_as_good_as_single_trials() -> None:
    assert clustered([(3, 20)]) == wilson(3, 20)
    assert clustered([(0, 20), (0, 20)]) == wilson(0, 40)
    assert clustered([(20, 20), (20, 20)]) == wilson(40, 40)
    assert clustered([(2, 20), (2, 20), (2, 20)]) == wilson(6, 60)


def test_clusters_that_differ_widen_the_interval() -> None:
    low, high = clustered([(20, 20), (0, 20), (0, 20)])
    assert low < wilson(20, 60)[0] - 0.1
    assert high > wilson(20, 60)[1] + 0.1
