"""Stated intervals cover the truth as often as they say."""

from __future__ import annotations

import random
from math import log

import pytest

from telemetry.community.release import intervals

RUNS = 2000
LEAST, MOST = 0.935, 0.985  # of 2,000 runs: 95 % less three standard errors; discrete ones may cover a little more


def binomial(chance: random.Random, count: int, rate: float) -> int:
    """So many coins."""
    return sum(chance.random() < rate for _ in range(count))


@pytest.mark.parametrize(("count", "sigma"), [(400, 0.0), (400, 20.0), (600, 100.0)])
@pytest.mark.parametrize("rate", [0.5, 0.9, 0.98])
def test_a_rate_is_where_it_says(count: int, sigma: float, rate: float) -> None:
    """With noise and without, in the middle and at the edge."""
    chance = random.Random(f"{count} {sigma} {rate}")
    covered = said = 0
    for _ in range(RUNS):
        part, whole = binomial(chance, count, rate) + chance.gauss(0, sigma), count + chance.gauss(0, sigma)
        found = intervals.rate(part, whole, sigma, sigma)
        if found:
            said += 1
            covered += found.low <= rate <= found.high
    assert said > 0.9 * RUNS
    assert covered / said >= LEAST
    assert rate > 0.9 or covered / said <= MOST


def test_a_mean_is_at_least_as_often_where_it_says() -> None:
    """Its interval is made for the most uneven numbers there could be, so it is too wide for most."""
    chance = random.Random(1)
    covered = 0
    for _ in range(500):
        total = sum(chance.uniform(0, 8) for _ in range(300)) + chance.gauss(0, 80.0)
        found = intervals.mean(total, 300 + chance.gauss(0, 10.0), (80.0, 10.0), 8)
        assert found
        covered += found.low <= 4.0 <= found.high
    assert covered / 500 >= LEAST


@pytest.mark.parametrize("share", [0.25, 0.5, 0.75])
def test_a_quartile_is_where_it_says(share: float) -> None:
    """Exponential times in bins that double."""
    chance, edges = random.Random(2), (0, *(2**power for power in range(6, 15)))
    truth, covered = -1000 * log(1 - share), 0
    for _ in range(300):
        bins = [chance.gauss(0, 15.0) for _ in range(len(edges) - 1)]
        for _ in range(600):
            time = min(chance.expovariate(1 / 1000), edges[-1] - 1)
            bins[sum(edge <= time for edge in edges) - 1] += 1
        found = intervals.quantile(bins, edges, 15.0, share)
        assert found and found.low <= found.value <= found.high
        covered += found.low <= truth <= found.high
    assert covered / 300 >= 0.92


@pytest.mark.parametrize(("part", "whole"), [(10, 15), (0, 0), (5, -40), (50, 100)])
def test_nothing_is_said_where_noise_leaves_nothing(part: int, whole: int) -> None:
    """A whole that may well be nothing."""
    assert intervals.rate(part, whole, 100.0, 100.0) is None


@pytest.mark.parametrize(("part", "whole"), [(900.0, 700.0), (-200.0, 700.0)])
def test_nothing_is_said_where_only_noise_can_have_been_at_work(part: float, whole: float) -> None:
    """Cut to what a share can be, the whole interval would be 1, or 0, as if it were certain."""
    assert intervals.rate(part, whole, 40.0, 40.0) is None


def test_figures_stay_within_what_can_be() -> None:
    """After the noise, and inside their own interval."""
    high = intervals.rate(520, 500, 20.0, 20.0)
    low = intervals.rate(-30, 500, 20.0, 20.0)
    assert high and low
    assert high.value <= high.high == 1.0
    assert 0.0 == low.low <= low.value
    assert intervals.count(-50, 10.0) == (0.0, 0.0, 0.0)


def test_an_empty_histogram_has_no_quartile() -> None:
    """Nor one of noise below nothing."""
    assert intervals.quantile([-3.0, 1.0], (0, 1, 2), 5.0, 0.5) is None
