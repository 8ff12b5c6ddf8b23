"""Differences of quantiles: the definition, and intervals that cover the true difference as often as they claim."""

from __future__ import annotations

import math
import random

import pytest

from conformance.analysis.quantiles import MIN_ROUNDS, Difference, Round, differences, lack, least, quantile

SAMPLES = 300
CLAIMED = range(int(0.90 * SAMPLES), int(0.99 * SAMPLES) + 1)
"""How many of the simulated intervals may cover the true difference."""


def test_a_quantile_is_a_value_of_the_sample() -> None:
    hundred = [float(number) for number in range(1, 101)]
    assert [quantile(hundred, share) for share in (0.01, 0.5, 0.95, 0.99, 1.0)] == [1, 50, 95, 99, 100]
    assert quantile([7.0], 0.99) == 7
    with pytest.raises(IndexError):
        quantile([], 0.5)


@pytest.mark.parametrize(("share", "number"), [(0.5, 6), (0.95, 72), (0.99, 368)])
def test_the_least_number_of_values_is_the_first_whose_largest_is_high_enough(share: float, number: int) -> None:
    assert least(share) == number
    assert share**number <= 0.025 < share ** (number - 1)


def test_the_low_quantiles_need_as_many_values_as_the_high_ones() -> None:
    assert least(0.01) == least(0.99)


def test_a_quantile_without_an_interval_is_left_out_with_the_reason() -> None:
    one_each: list[Round] = [([1.0], [1.0])] * 100
    assert lack(one_each, 0.95) == ""
    assert lack(one_each, 0.99) == "needs 368 answers from each side, and there are 100"
    assert differences(one_each, (0.5, 0.95, 0.99)).keys() == {0.5, 0.95}
    few: list[Round] = [([1.0] * 50, [1.0] * 50)] * (MIN_ROUNDS - 1)
    assert lack(few, 0.5) == f"needs {MIN_ROUNDS} rounds, and there are {MIN_ROUNDS - 1}"
    assert differences(few, (0.5,)) == {}


def test_the_side_with_fewer_answers_decides() -> None:
    rounds: list[Round] = [([1.0], [1.0])] * 3 + [([1.0], [])] * 97
    assert lack(rounds, 0.5) == "needs 6 answers from each side, and there are 3"
    assert lack([], 0.5) == "needs 6 answers from each side, and there are 0"


def test_a_constant_difference_is_found_exactly() -> None:
    rounds: list[Round] = [([number + 50.0], [float(number)]) for number in range(3, 403)]
    for share, found in differences(rounds, (0.5, 0.95, 0.99)).items():
        assert found.value == 50, share
        assert found.low <= 50 <= found.high
        assert not found.is_noise


def test_equal_samples_differ_by_noise() -> None:
    chance = random.Random(4)
    rounds = [([chance.random()], [chance.random()]) for _ in range(100)]
    assert differences(rounds, (0.5,))[0.5].is_noise


@pytest.mark.parametrize(("low", "high", "is_noise"), [(-1, 1, True), (0, 1, True), (-1, 0, True), (0.1, 1, False)])
def test_an_interval_with_zero_is_noise(low: float, high: float, is_noise: bool) -> None:
    assert Difference((low + high) / 2, low, high).is_noise is is_noise


def test_the_same_values_give_the_same_interval() -> None:
    chance = random.Random(1)
    rounds = [([chance.random()], [chance.random()]) for _ in range(30)]
    assert differences(rounds, (0.5,)) == differences(rounds, (0.5,))
    assert differences(rounds, (0.5,)) != differences(rounds, (0.5,), seed=2)


def long_tail(chance: random.Random) -> float:
    """A time with a long tail, as those of servers are; its median is 1."""
    return math.exp(chance.gauss(0, 0.5))


@pytest.mark.parametrize("share", [0.5, 0.9])
def test_the_intervals_of_independent_requests_cover_the_true_difference(share: float) -> None:
    """Both samples have the same distribution, the first 0.3 later."""
    chance = random.Random(20)
    covered = 0
    for _ in range(SAMPLES):
        rounds = [([0.3 + long_tail(chance)], [long_tail(chance)]) for _ in range(60)]
        found = differences(rounds, (share,), resamples=100)[share]
        covered += found.low <= 0.3 <= found.high
    assert covered in CLAIMED


def slow_rounds(chance: random.Random, at_once: int) -> Round:
    """A round in which all requests of a side are slower or faster together."""
    together = [chance.gauss(0, 1) for _ in range(2)]
    one, other = ([base + chance.gauss(0, 1) for _ in range(at_once)] for base in together)
    return [0.3 + value for value in one], other


def test_the_intervals_cover_the_true_difference_if_requests_wait_for_each_other() -> None:
    chance = random.Random(21)
    covered = alone = 0
    for _ in range(SAMPLES):
        rounds = [slow_rounds(chance, 8) for _ in range(24)]
        found = differences(rounds, (0.5,), resamples=100)[0.5]
        covered += found.low <= 0.3 <= found.high
        pairs = (zip(*sides, strict=True) for sides in rounds)
        torn: list[Round] = [([one], [other]) for pair in pairs for one, other in pair]
        apart = differences(torn, (0.5,), resamples=20)[0.5]
        alone += apart.low <= 0.3 <= apart.high
    assert covered in CLAIMED
    assert alone not in CLAIMED, "single requests are not independent, so rounds must be drawn"
