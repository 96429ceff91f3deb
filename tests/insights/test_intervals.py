"""Intervals: the published examples, and what must hold of any share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.insights.intervals import Rate, difference, rate, z_of


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_newcombes_published_values(hits: int, n: int, low: float, high: float) -> None:
    """Newcombe 1998 (Statistics in Medicine 17, 857-872), table I, method 3."""
    found = rate(hits, n)
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [((56, 70), (48, 80), 0.0524, 0.3339), ((9, 10), (3, 10), 0.1705, 0.8090), ((10, 10), (0, 10), 0.6075, 1.0)],
)
def test_differences_give_newcombes_published_values(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    """Newcombe 1998 (Statistics in Medicine 17, 873-890), table II, method 10."""
    found = difference(rate(*first), rate(*second))
    assert found.low == pytest.approx(low, abs=5e-5)
    assert found.high == pytest.approx(high, abs=5e-5)


def test_a_share_of_nothing_is_no_share() -> None:
    """Nothing is neither 0 % nor 100 %."""
    assert rate(0, 0) == Rate(None, None, None, 0)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_a_share_lies_in_its_interval_and_both_between_0_and_1(counts: tuple[int, int]) -> None:
    """For any counts; and the counts can be had back from the share."""
    found = rate(*counts)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.hits == counts[0]


def test_looking_at_more_widens_the_interval() -> None:
    """A difference picked among twenty must be larger to count."""
    once, often = difference(rate(9, 10), rate(3, 10)), difference(rate(9, 10), rate(3, 10), 20)
    assert often.low < once.low < once.value < once.high < often.high


@pytest.mark.parametrize(("confidence", "z"), [(0.95, 1.959964), (0.99, 2.575829), (0.9975, 3.023341)])
def test_z_is_the_tables(confidence: float, z: float) -> None:
    """As printed in any table of the normal distribution."""
    assert z_of(confidence) == pytest.approx(z, abs=1e-6)
