"""How far one client can move the sums of a week, and so how much noise they get and what that costs. Pure.

The unit of protection is what one honest client shares in one week: REPORTS_A_WEEK reports at most, each within the
bounds of its slices (telemetry/community/contributions.py). Cost is counted in zero-concentrated differential privacy
(ρ), which adds up, and told as (ε, δ), which people know.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, log, log1p, sqrt
from typing import NamedTuple

from telemetry.community.contributions import SLICES, Slice
from telemetry.contract import promises

REPORTS_A_WEEK = promises.REPORTS_A_WEEK  # of one honest client; held by it before anything leaves
DELTA = 1e-6
RHO_A_WEEK = 0.2
RHO_A_YEAR = 10.4  # over any 52 weeks

# How the cost of a week is divided among the slices; within a slice, equally among its measures. The first answers "how
# do you compare", so it gets most; where one report touches many cells, a small share would leave nothing to read.
SHARES = {
    "all": 20,
    "transition": 5,
    "agent": 15,
    "chosen_agent": 4,
    "category_agent": 10,
    "category_pair": 10,
    "category": 5,
    "category_habit": 7,
    "file_type": 6,
    "file_type_agent": 5,
    "band": 3,
    "judge": 4,
    "domain": 2,
    "error": 2,
    "duration": 2,
}


class Query(NamedTuple):
    """One measure of one slice over all its cells: what is noised, and paid for, at once.

    `sensitivity`: how far a client's week can move it (L2 over the cells, in the measure's unit); `scale`: the standard
    deviation of the noise in each cell, in the same unit; `rho`: what it costs.
    """

    slice: str
    measure: str
    cells: tuple[str, ...]
    per_report: int
    most: int
    sensitivity: float
    scale: float
    rho: float


def queries(rho: float, slices: Sequence[Slice] = SLICES) -> tuple[Query, ...]:
    """All that is asked of a week, for ρ in total."""
    return tuple(_queries(rho, slices))


def _queries(rho: float, slices: Sequence[Slice]) -> Iterator[Query]:
    shares = sum(SHARES[part.name] for part in slices)
    for part in slices:
        cost = rho * SHARES[part.name] / shares / len(part.measures)
        for measure, most in part.measures.items():
            far = sensitivity(part.per_report, most)
            yield Query(
                part.name, measure, part.cells, part.per_report, most, far, scale(far, cost) if rho else 0.0, cost
            )


def sensitivity(per_report: int, most: int) -> float:
    """The L2 distance over all cells that REPORTS_A_WEEK reports can make: `most` in each of `per_report` cells."""
    return REPORTS_A_WEEK * most * sqrt(per_report)


def scale(far: float, rho: float) -> float:
    """The standard deviation at which the Gaussian mechanism costs ρ for a sensitivity."""
    return far / sqrt(2 * rho)


def epsilon(rho: float, delta: float = DELTA) -> float:
    """The ε at δ that ρ-zCDP implies (Canonne, Kamath and Steinke 2020, Corollary 13).

    It holds for every order above 1, and so for the best of those tried here.
    """
    if rho <= 0:
        return 0.0
    best = sqrt(log(1 / delta) / rho)  # the best order is near 1 + this
    orders = (1 + best * step / 100 for step in range(50, 151))
    return min(
        order * rho + (log(1 / delta) + order * log1p(-1 / order) - log(order - 1)) / (order - 1) for order in orders
    )


def rounded_up(number: float, unit: float) -> int:
    """A cost in whole units, never understated. `unit`: 0.001 for thousandths."""
    return ceil(round(number / unit, 6))
