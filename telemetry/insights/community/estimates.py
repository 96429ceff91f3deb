"""Numbers with intervals, and how far two of them lie apart. Pure arithmetic; knows nothing of features.

A person's few features and a community's many reports are two independent samples, each with an interval of its own:
the person's is made here, the community's is stated in the release and counts its noise as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log, sqrt
from typing import TYPE_CHECKING, NamedTuple

from telemetry.insights.intervals import CONFIDENCE, Difference, rate, wilson, z_of

if TYPE_CHECKING:
    from telemetry.contract.release import Figure

_Z = z_of(CONFIDENCE)


class Estimate(NamedTuple):
    """A share or a mean, its 95 % interval, and how many features or reports it rests on."""

    value: float
    low: float
    high: float
    n: int

    @property
    def hits(self) -> int:
        """Of a share, how many of the n."""
        return round(self.value * self.n)


def told(figure: Figure, unit: float = 1.0) -> Estimate:
    """A figure of a release, divided by `unit`."""
    return Estimate(figure.number / unit, figure.least / unit, figure.most / unit, figure.n)


def share_of(hits: int, n: int) -> Estimate | None:
    """A share with its Wilson interval; None of nothing."""
    found = rate(hits, n)
    if found.value is None or found.low is None or found.high is None:
        return None
    return Estimate(found.value, found.low, found.high, n)


def mean_of(numbers: Sequence[float], most: float) -> Estimate | None:
    """The mean of counts from 0 to `most`, with its 95 % interval by Student's t; None of nothing."""
    if not _vary(numbers):
        return _of_bounds(numbers, most)
    mean, spread = _moments(numbers)
    reach = student(len(numbers) - 1) * spread / sqrt(len(numbers))
    return Estimate(mean, max(mean - reach, 0.0), min(mean + reach, most), len(numbers))


def mean_time_of(times: Sequence[float], most: float) -> Estimate | None:
    """The mean of times above 0 and up to `most`, with its 95 % interval; None of nothing.

    Times are skewed to the right, and Student's interval would end too low for one in ten. So the interval is as wide
    as that for the mean of logarithmically normal times: the modified method of Cox, U. Olsson, "Confidence intervals
    for the mean of a log-normal distribution", Journal of Statistics Education 13 (2005).
    """
    if not _vary(times):
        return _of_bounds(times, most)
    mean, n = sum(times) / len(times), len(times)
    variance = _moments([log(time) for time in times])[1] ** 2
    reach = exp(student(n - 1) * sqrt(variance / n + variance**2 / (2 * (n - 1))))
    return Estimate(mean, mean / reach, min(mean * reach, most), n)


def _vary(numbers: Sequence[float]) -> bool:
    return len(set(numbers)) > 1


def _moments(numbers: Sequence[float]) -> tuple[float, float]:
    """Mean and standard deviation of two numbers or more."""
    mean = sum(numbers) / len(numbers)
    return mean, sqrt(sum((number - mean) ** 2 for number in numbers) / (len(numbers) - 1))


def _of_bounds(alike: Sequence[float], most: float) -> Estimate | None:
    """The mean of numbers that are all alike, which tells nothing of their spread.

    It is taken to be that of the numbers from 0 to `most` which vary most, as the server has it for its means: Wilson's
    interval on the bounds, too wide rather than too narrow.
    """
    if not alike:
        return None
    mean = alike[0]
    low, high = wilson(mean / most * len(alike), len(alike), _Z)
    return Estimate(mean, min(low * most, mean), max(high * most, mean), len(alike))


def student(degrees: int) -> float:
    """How many standard errors around a mean hold 95 % of Student's t.

    R. A. Fisher's expansion (M. Abramowitz and I. A. Stegun, "Handbook of Mathematical Functions", 1964, 26.7.5): from
    four degrees of freedom on it is right to a thousandth, and nothing is said of fewer.
    """
    z, v = _Z, degrees
    terms: tuple[float, ...] = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + sum(term / float(v**power) for power, term in enumerate(terms, 1))


def widened(estimate: Estimate, comparisons: int) -> Estimate:
    """The same with an interval for one of so many looks (Bonferroni), so that many find no differences by chance."""
    wider = z_of(1 - (1 - CONFIDENCE) / comparisons) / _Z
    low, high = estimate.value - estimate.low, estimate.high - estimate.value
    return estimate._replace(low=estimate.value - low * wider, high=estimate.value + high * wider)


def at_once(share: Estimate, shares: int) -> Estimate:
    """The same share with an interval that holds for so many shares at once, so that whichever is chosen keeps it."""
    wide = widened(share, shares)
    return wide._replace(low=max(wide.low, 0.0), high=min(wide.high, 1.0))


def apart(first: Estimate, second: Estimate) -> Difference:
    """First minus second, with its 95 % interval, recovered from theirs.

    G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures: a general approach", Statistics
    in Medicine 27 (2008), 1693-1702. For two Wilson intervals it is Newcombe's (telemetry/insights/intervals.py).
    """
    value = first.value - second.value
    below = sqrt((first.value - first.low) ** 2 + (second.high - second.value) ** 2)
    above = sqrt((first.high - first.value) ** 2 + (second.value - second.low) ** 2)
    return Difference(value, value - below, value + above)


def relative(first: Estimate, second: Estimate) -> Difference | None:
    """By what share of the second the first is larger, with its 95 % interval; None where the second may be nothing.

    A. Donner and G. Y. Zou, "Closed-form confidence intervals for functions of the normal mean and standard deviation",
    Statistical Methods in Medical Research 21 (2012), 347-359: the ratios r for which `apart` of the first and r times
    the second, in its own form, would just leave out zero. So both agree on what is clear.
    """
    wide, narrow = second.high * (2 * second.value - second.high), second.low * (2 * second.value - second.low)
    if narrow <= 0:
        return None
    product = first.value * second.value
    small, large = first.low * (2 * first.value - first.low), first.high * (2 * first.value - first.high)
    root = product + sqrt(max(product**2 - small * wide, 0.0))
    low = small / root if root else 0.0
    high = (product + sqrt(max(product**2 - large * narrow, 0.0))) / narrow
    return Difference(first.value / second.value - 1, low - 1, high - 1)
