"""Intervals hold what they say, and those of differences follow from those of their parts."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.contract.release import Figure
from telemetry.insights import intervals
from telemetry.insights.community.estimates import (
    Estimate,
    apart,
    at_once,
    mean_of,
    mean_time_of,
    relative,
    share_of,
    student,
    told,
    widened,
)

TABLE = {4: 2.7764, 5: 2.5706, 9: 2.2622, 19: 2.0930, 29: 2.0452, 99: 1.9842}
_units = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


@st.composite
def estimates(draw: st.DrawFn) -> Estimate:
    """Any figure inside its own interval."""
    low, value, high = sorted(draw(st.tuples(_units, _units, _units)))
    return Estimate(value, low, high, 10)


@pytest.mark.parametrize(("degrees", "quantile"), TABLE.items())
def test_students_quantile_is_that_of_the_tables(degrees: int, quantile: float) -> None:
    """To a thousandth, from five numbers on."""
    assert student(degrees) == pytest.approx(quantile, abs=1e-3)


def test_of_nothing_there_is_nothing() -> None:
    """No figure, rather than a zero."""
    assert (share_of(0, 0), mean_of([], 8), mean_time_of([], 36_000)) == (None, None, None)


def test_a_figure_is_told_in_units() -> None:
    """Seconds in thousandths, as hours."""
    assert told(Figure("seconds", 9, 7_200_000, 3_600_000, 10_800_000), 3600) == Estimate(2.0, 1.0, 3.0, 9)


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 40), st.integers(0, 40))
def test_the_difference_of_two_samples_is_newcombes(n: int, m: int, hits: int, others: int) -> None:
    """Recovered from two Wilson intervals it is the interval the rest of the program has."""
    first, second = share_of(min(hits, n), n), share_of(min(others, m), m)
    assert first and second
    expected = intervals.difference(intervals.rate(first.hits, n), intervals.rate(second.hits, m))
    assert apart(first, second) == pytest.approx(expected)


@given(estimates(), estimates())
def test_a_ratio_is_clear_where_a_difference_is(first: Estimate, second: Estimate) -> None:
    """Nobody is told of points what they are not told of percents."""
    ratio, points = relative(first, second), apart(first, second)
    if ratio is None:
        assert second.low <= 0
    elif min(map(abs, (*points[1:], *ratio[1:]))) > 1e-6:
        assert (ratio.low > 0, ratio.high < 0) == (points.low > 0, points.high < 0)
        assert ratio.low <= ratio.value + 1e-9 and ratio.value <= ratio.high + 1e-9


def test_numbers_that_are_all_alike_do_not_look_certain() -> None:
    """Five times two agents is little to go by."""
    found = mean_of([2.0] * 5, 8)
    assert found and found.value == 2 and found.low < 1 and found.high > 4
    nobody = mean_of([0.0] * 5, 8)
    assert nobody and (nobody.value, nobody.low) == (0, 0) and nobody.high > 2


def test_one_number_has_a_wide_interval() -> None:
    """And no error."""
    found = mean_time_of([7200.0], 36_000)
    assert found and found.n == 1 and found.high - found.low > 18_000


def _clipped(spread: float) -> Callable[[random.Random], float]:
    return lambda chance: min(math.exp(chance.gauss(math.log(9000), spread)), 36_000.0)


@pytest.mark.parametrize("count", [5, 10, 20])
@pytest.mark.parametrize(
    "draw", [_clipped(0.7), _clipped(1.0), lambda chance: chance.gammavariate(2, 4000)], ids=["0.7", "1.0", "gamma"]
)
def test_a_mean_time_lies_in_its_interval(count: int, draw: Callable[[random.Random], float]) -> None:
    """About 95 in 100 times, though times are skewed and few; too low an end is the error to fear."""
    chance = random.Random(count)
    truth = sum(draw(chance) for _ in range(100_000)) / 100_000
    found = [mean_time_of([draw(chance) for _ in range(count)], 10**6) for _ in range(3000)]
    held = sum(one is not None and one.low <= truth <= one.high for one in found)
    too_low = sum(one is not None and one.high < truth for one in found)
    assert held / 3000 >= 0.925
    assert too_low / 3000 <= 0.065


def test_many_looks_widen_an_interval() -> None:
    """One look changes nothing; fourteen make it half as wide again."""
    one = Estimate(0.5, 0.4, 0.7, 9)
    assert widened(one, 1) == pytest.approx(one)
    wide = widened(one, 14)
    assert wide.low == pytest.approx(0.35, abs=0.01) and wide.high == pytest.approx(0.8, abs=0.01)


def test_a_share_stays_between_none_and_all_however_many_are_looked_at() -> None:
    """And only one is as it was."""
    one = Estimate(0.95, 0.8, 0.99, 9)
    assert at_once(one, 1) == pytest.approx(one)
    assert at_once(one, 1000).high == 1.0 and at_once(Estimate(0.05, 0.01, 0.2, 9), 1000).low == 0.0
    assert at_once(one, 10).low == widened(one, 10).low
