"""How far one client can move the sums, and what hiding that costs."""

from __future__ import annotations

import json
from math import sqrt

import pytest

from telemetry.community.contributions import SLICES, contribution_of
from telemetry.community.release import noise
from telemetry.community.release.bounds import (
    DELTA,
    REPORTS_A_WEEK,
    RHO_A_WEEK,
    RHO_A_YEAR,
    SHARES,
    epsilon,
    queries,
    rounded_up,
    scale,
    sensitivity,
)
from telemetry.community.strangers import simulated


def test_every_slice_has_its_share_and_every_measure_is_asked() -> None:
    """So that nothing is noised for free, and no share is for nobody."""
    assert SHARES.keys() == {part.name for part in SLICES}
    asked = [(query.slice, query.measure) for query in queries(RHO_A_WEEK)]
    assert asked == [(part.name, measure) for part in SLICES for measure in part.measures]


def test_all_questions_together_cost_what_the_week_may() -> None:
    """ρ adds up."""
    assert sum(query.rho for query in queries(RHO_A_WEEK)) == pytest.approx(RHO_A_WEEK)
    assert pytest.approx(RHO_A_YEAR) == 52 * RHO_A_WEEK


def test_ten_reports_move_no_measure_further_than_its_sensitivity() -> None:
    """Ten times the same report is the furthest that ten can go; of a thousand simulated ones, each is tried."""
    bounds = {(query.slice, query.measure): query.sensitivity for query in queries(RHO_A_WEEK)}
    for line in simulated(3, 1000):
        squares = dict.fromkeys(bounds, 0)
        for increment in contribution_of(json.loads(line)["report"], "any", "2026-W45").increments:
            squares[increment.slice, increment.measure] += (REPORTS_A_WEEK * increment.amount) ** 2
        assert all(sqrt(square) <= bounds[name] for name, square in squares.items())


def test_noise_grows_with_what_a_client_can_do_and_shrinks_with_what_it_may_cost() -> None:
    """By hand: ten reports, each 20 in each of 4 cells."""
    assert sensitivity(per_report=4, most=20) == REPORTS_A_WEEK * 20 * 2
    assert scale(400.0, rho=0.5) == 400.0
    assert scale(400.0, rho=0.005) == pytest.approx(4000.0)


@pytest.mark.parametrize("rho", [0.001, 0.01, RHO_A_WEEK, 1.0, RHO_A_YEAR])
def test_no_epsilon_is_smaller_than_opendp_says(rho: float) -> None:
    """Nor much larger: ours is a bound in a closed form, OpenDP's is found numerically."""
    theirs = noise.epsilon(scale(1.0, rho), 1.0, DELTA)
    assert theirs <= epsilon(rho) + 1e-6
    assert epsilon(rho) <= theirs * 1.1


def test_costs_are_never_rounded_down() -> None:
    """And what is whole stays as it is."""
    assert rounded_up(0.2, 1e-6) == 200_000
    assert rounded_up(0.2000001, 1e-6) == 200_001
    assert rounded_up(3.1310001, 1e-3) == 3132
    assert epsilon(0.0) == 0.0
