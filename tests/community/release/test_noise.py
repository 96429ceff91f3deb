"""The mechanism, held against what it promises: by its library, and by looking at what comes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from math import exp, sqrt
from statistics import fmean, pstdev

import pytest

from telemetry.community.release.bounds import epsilon, scale, sensitivity
from telemetry.community.release.noise import Dishonest, noised

RHO, RUNS = 0.5, 30_000
FAR = sensitivity(per_report=1, most=1)
SCALE = scale(FAR, RHO)
# At a δ that so many runs can see; the promise holds at any.
DELTA = 0.01
EPSILON = epsilon(RHO, DELTA)
BIN = 4

Mechanism = Callable[[Sequence[int]], Sequence[int]]


def ours(values: Sequence[int]) -> Sequence[int]:
    """As a release draws it."""
    return noised(values, scale=SCALE, sensitivity=FAR, rho=RHO)


def half_the_noise(values: Sequence[int]) -> Sequence[int]:
    """Deliberately broken: what a wrong sensitivity would do."""
    return noised(values, scale=SCALE / 2, sensitivity=FAR / 2, rho=RHO)


def noise_that_ends(values: Sequence[int]) -> Sequence[int]:
    """Deliberately broken: nothing goes further than one and a half standard deviations, to look tidier."""
    most = round(1.5 * SCALE)
    return [min(max(noisy, value - most), value + most) for noisy, value in zip(ours(values), values, strict=True)]


def excess(mechanism: Mechanism) -> float:
    """How far the promise P(S | one) ≤ e^ε P(S | other) + δ is surely broken by neighbours; below 0: it is not.

    The set S of outputs is looked for in one half of the runs, as the bins that speak most for one of the two, and
    tried on the other half; four standard errors are given for chance.
    """
    without, with_client = mechanism([100] * RUNS), mechanism([100 + int(FAR)] * RUNS)
    half = RUNS // 2
    return max(
        _excess(one[:half], other[:half], one[half:], other[half:])
        for one, other in ((without, with_client), (with_client, without))
    )


def _excess(one: Sequence[int], other: Sequence[int], one_again: Sequence[int], other_again: Sequence[int]) -> float:
    seen, unseen = Counter(value // BIN for value in one), Counter(value // BIN for value in other)
    chosen = {place for place, count in seen.items() if count > exp(EPSILON) * unseen[place]}
    p, q = (fmean(value // BIN in chosen for value in values) for values in (one_again, other_again))
    error = sqrt((p * (1 - p) + exp(2 * EPSILON) * q * (1 - q)) / len(one_again))
    return p - exp(EPSILON) * q - DELTA - 4 * error


def test_neighbours_cannot_be_told_apart_better_than_is_promised() -> None:
    """A client's whole week, there or not there."""
    assert excess(ours) < 0


@pytest.mark.parametrize("broken", [half_the_noise, noise_that_ends])
def test_a_broken_mechanism_is_found_out(broken: Mechanism) -> None:
    """By the same look at its outputs, so that the test above means something."""
    assert excess(broken) > 0


def test_noise_has_the_size_that_the_manifest_says_and_no_direction() -> None:
    """Within five standard errors."""
    noise = [value - 7 for value in ours([7] * RUNS)]
    assert abs(fmean(noise)) < 5 * SCALE / sqrt(RUNS)
    assert abs(pstdev(noise) / SCALE - 1) < 5 / sqrt(2 * RUNS)


def test_no_two_draws_are_the_same_and_nobody_can_seed_them() -> None:
    """Whole numbers stay whole."""
    first, second = ours([0] * 100), ours([0] * 100)
    assert first != second
    assert all(type(value) is int for value in first)


def test_noise_that_costs_more_than_is_written_down_is_not_made() -> None:
    """OpenDP computes the cost by itself, and ours must not be lower."""
    with pytest.raises(Dishonest):
        noised([1], scale=SCALE, sensitivity=FAR * 1.01, rho=RHO)
