"""Shares with the uncertainty that few data carry. Pure arithmetic; knows nothing of features.

Named tuples here and in figures.py, not dataclasses: making a frozen dataclass costs half a
millisecond at every start, and a dozen of them a fifth of what `agentspec insights` may take.
"""

from __future__ import annotations

from math import erf, sqrt
from typing import NamedTuple

CONFIDENCE = 0.95


class Rate(NamedTuple):
    """A share, its 95 % interval and what it is a share of; all None but `n` where n is 0."""

    value: float | None
    low: float | None
    high: float | None
    n: int

    @property
    def hits(self) -> int:
        """How many of the n."""
        return round((self.value or 0.0) * self.n)


class Difference(NamedTuple):
    """First share minus second, with its interval."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out that there is no difference at all."""
        return self.low > 0 or self.high < 0


def rate(hits: int, n: int) -> Rate:
    """`hits` of `n` as a share with its 95 % Wilson interval."""
    if n == 0:
        return Rate(None, None, None, 0)
    low, high = wilson(hits, n, _Z)
    return Rate(hits / n, low, high, n)


def wilson(hits: float, n: int, z: float) -> tuple[float, float]:
    """Wilson's score interval, which stays honest at small n and near 0 and 1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927), 209-212; without continuity correction, as
    recommended by Brown, Cai and DasGupta, Statistical Science 16 (2001), 101-133.
    """
    share, spread = hits / n, z * z / n
    middle = share + spread / 2
    reach = z * sqrt(share * (1 - share) / n + spread / (4 * n))
    low, high = (middle - reach) / (1 + spread), (middle + reach) / (1 + spread)
    # At the ends the interval touches 0 or 1 exactly; floating point does not.
    return (0.0 if hits == 0 else low), (1.0 if hits == n else high)


def difference(first: Rate, second: Rate, comparisons: int = 1) -> Difference:
    """How far two shares lie apart; both must have n > 0.

    R. G. Newcombe, "Interval estimation for the difference between independent proportions:
    comparison of eleven methods", Statistics in Medicine 17 (1998), 873-890, method 10: a hybrid
    of two Wilson intervals. Where the pair was picked among several `comparisons`, each interval
    is widened (Bonferroni), so that looking at many things does not find differences by chance.
    """
    z = z_of(1 - (1 - CONFIDENCE) / comparisons)
    one, two = first.hits / first.n, second.hits / second.n
    low_1, high_1 = wilson(first.hits, first.n, z)
    low_2, high_2 = wilson(second.hits, second.n, z)
    below = sqrt((one - low_1) ** 2 + (high_2 - two) ** 2)
    above = sqrt((high_1 - one) ** 2 + (two - low_2) ** 2)
    return Difference(one - two, one - two - below, one - two + above)


def z_of(confidence: float) -> float:
    """How many standard deviations around the mean hold that share of a normal distribution.

    Found by halving: `statistics` knows it too, but its import costs as much as starting Python.
    """
    low, high = 0.0, 10.0
    for _ in range(50):
        middle = (low + high) / 2
        if erf(middle / sqrt(2)) < confidence:
            low = middle
        else:
            high = middle
    return low


_Z = z_of(CONFIDENCE)
