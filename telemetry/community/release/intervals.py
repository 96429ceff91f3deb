"""How sure a figure is that was made from noised sums: 95 % intervals for the noise and the sampling together. Pure.

A figure speaks of the features that people like these work on, not just of those of the week; so besides the noise,
whose size is known exactly, it counts the chance that lies in any sample of so many reports. Reports of one client are
counted as independent of each other, as nobody can tell which they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

Z = NormalDist().inv_cdf(0.975)


class Range(NamedTuple):
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


def count(noisy: float, sigma: float) -> Range:
    """How many reports there were: never fewer than none."""
    return Range(max(0.0, noisy), max(0.0, noisy - Z * sigma), max(0.0, noisy + Z * sigma))


def rate(part: float, whole: float, part_sigma: float, whole_sigma: float) -> Range | None:
    """A share of `whole`, 0 to 1; None where the noise leaves nothing to say.

    All p for which part - p * whole is no further from 0 than noise and sampling explain (Fieller's interval for the
    noise and Wilson's for the sample in one): (part - p whole)² ≤ z² (σ² + p² σ'² + whole p (1 - p)).
    """
    squared = whole**2 - Z**2 * whole_sigma**2 + Z**2 * whole
    linear = 2 * part * whole + Z**2 * whole
    constant = part**2 - Z**2 * part_sigma**2
    inside = linear**2 - 4 * squared * constant
    if whole <= 0 or whole <= Z * whole_sigma or inside < 0:
        return None
    low, high = ((linear + sign * sqrt(inside)) / (2 * squared) for sign in (-1, 1))
    if low >= 1 or high <= 0:
        return None  # nothing that can be: cut to what can, it would read as certain
    return _within(part / whole, low, high, 1.0)


def mean(total: float, whole: float, sigmas: tuple[float, float], most: float) -> Range | None:
    """The average of numbers from 0 to `most`, from their noised sum; `sigmas`: of the sum, and of how many they are.

    Of all such numbers those that are 0 or `most` vary most, so the interval of their rate is wide enough for any.
    """
    found = rate(total / most, whole, sigmas[0] / most, sigmas[1])
    return Range(found.value * most, found.low * most, found.high * most) if found else None


def quantile(bins: Sequence[float], edges: Sequence[float], sigma: float, share: float) -> Range | None:
    """The value below which `share` (0 to 1) of a histogram lies; in units of `edges`, one more than there are bins.

    The value is interpolated within its bin. The interval goes from edge to edge: an edge is left out if the share
    below it is surely less, or surely more. None where nothing is sure.
    """
    below = [0.0, *accumulate(bins)]
    whole = below[-1]
    if whole <= 0:
        return None
    sums = [_sure(bins, index, share, sigma, whole) for index in range(1, len(bins))]
    low = max((edges[i] for i, sign in enumerate(sums, 1) if sign < 0), default=edges[0])
    high = min((edges[i] for i, sign in enumerate(sums, 1) if sign > 0), default=edges[-1])
    if low >= high:
        return None
    return _within(_interpolated(below, edges, share), low, high, edges[-1])


def _sure(bins: Sequence[float], index: int, share: float, sigma: float, whole: float) -> int:
    """-1 where the share below an edge is surely less, 1 where it is surely more, else 0."""
    left, right = sum(bins[:index]), sum(bins[index:])
    apart = (1 - share) * left - share * right  # has the mean 0 where the share below is just that
    noise = sigma**2 * ((1 - share) ** 2 * index + share**2 * (len(bins) - index))
    reach = Z * sqrt(noise + whole * share * (1 - share))
    return 0 if abs(apart) <= reach else (1 if apart > 0 else -1)


def _interpolated(below: Sequence[float], edges: Sequence[float], share: float) -> float:
    wanted = share * below[-1]
    for index in range(1, len(below)):
        if below[index] >= wanted:
            there = below[index] - below[index - 1]
            part = (wanted - below[index - 1]) / there if there > 0 else 0.0
            return edges[index - 1] + min(1.0, max(0.0, part)) * (edges[index] - edges[index - 1])
    return edges[-1]


def _within(value: float, low: float, high: float, most: float) -> Range:
    """After the noise: back into what can be, the value inside its own interval."""
    low, high = max(0.0, min(low, most)), max(0.0, min(high, most))
    return Range(min(max(value, low), high), low, high)
