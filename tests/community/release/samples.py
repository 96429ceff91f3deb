"""Sums to release: drawn quickly from known rates, or counted from simulated strangers."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone
from math import comb

from telemetry.community.contributions import contribution_of
from telemetry.community.records import Cell, Contribution
from telemetry.community.release.bounds import Query
from telemetry.community.release.noise import noised
from telemetry.community.strangers import simulated
from telemetry.contract.categories import CATEGORIES

WEEK = "2026-W45"
NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)  # a Monday: W47 ended yesterday, W46 is closed since today

MISS = 0.06  # the chance that a stated interval of 95 % misses: a little more, as counts are not quite normal
ONCE_IN = 1_000_000  # runs in which a correct implementation may fail


class Sums:
    """Sums in memory, as the port hands them out; what a release may not touch raises."""

    def __init__(self, cells: Iterable[Cell]) -> None:
        self._cells = sorted(cells)

    def add(self, contributions: Sequence[Contribution]) -> int:
        """Not for a release."""
        raise AssertionError

    def subtract(self, report_id: str) -> bool:
        """Not for a release."""
        raise AssertionError

    def forget(self, before: datetime) -> int:
        """Not for a release."""
        raise AssertionError

    def cells(self, weeks: Sequence[str]) -> Iterator[Cell]:
        """The sums of these weeks."""
        return (cell for cell in self._cells if cell.week in weeks)

    def weeks(self) -> list[str]:
        """The weeks that have sums."""
        return sorted({cell.week for cell in self._cells})


def added_up(contributions: Iterable[Contribution]) -> list[Cell]:
    """What an aggregate store keeps of contributions."""
    sums: Counter[tuple[str, str, str, str]] = Counter()
    for one in contributions:
        for increment in one.increments:
            sums[one.week, increment.slice, increment.cell, increment.measure] += increment.amount
    return [Cell(*name, value) for name, value in sums.items()]


def community(count: int, week: str = WEEK, seed: int = 1) -> list[Cell]:
    """The sums of as many simulated reports."""
    found = (json.loads(line)["report"] for line in simulated(seed, count))
    return added_up(contribution_of(report, report["session"]["id"], week) for report in found)


def by_category(rates: dict[str, tuple[int, float]], seed: int, week: str = WEEK) -> list[Cell]:
    """Sums of the slices `all` and `category`: so many reports each, shipped by chance at a known rate."""
    chance = random.Random(seed)
    cells, total, all_shipped = [], 0, 0
    for category in CATEGORIES:
        count, rate = rates.get(category, (0, 0.0))
        shipped = sum(chance.random() < rate for _ in range(count))
        total, all_shipped = total + count, all_shipped + shipped
        cells += [
            Cell(week, "category", category, "reports", count),
            Cell(week, "category", category, "shipped", shipped),
        ]
    return [*cells, Cell(week, "all", "all", "reports", total), Cell(week, "all", "all", "shipped", all_shipped)]


def opendp(values: Sequence[int], query: Query) -> Sequence[int]:
    """The mechanism of a real release."""
    return noised(values, scale=query.scale, sensitivity=query.sensitivity, rho=query.rho)


def allowed(draws: int) -> int:
    """The least number whose being exceeded has a chance below one in ONCE_IN, if each draw misses with MISS."""
    tail, most = 1.0, -1
    while tail * ONCE_IN >= 1:
        most += 1
        tail -= comb(draws, most) * MISS**most * (1 - MISS) ** (draws - most)
    return most
