"""Releases for tests, made by the server's own code: strangers, noise, rows, signature, and read again."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from telemetry.community.records import Cell
from telemetry.community.release.bounds import RHO_A_WEEK, RHO_A_YEAR, Query
from telemetry.community.release.budget import Limits, opened
from telemetry.community.release.making import Job, make
from telemetry.community.release.noised import Mechanism
from telemetry.community.release.signing import Key, public_of
from telemetry.contract.release import Release, release_of
from telemetry.contract.signature import verify
from tests.community.release.samples import Sums, community

WEEKS = tuple(f"2026-W{number}" for number in range(45, 49))  # all of November
WEEK, MONTH = WEEKS[-1], "2026-11"
KEY = Key.generate()


def made(cells: Sequence[Cell], mechanism: Mechanism | None) -> dict[str, Release]:
    """The releases of these sums by their periods."""
    return {period: release_of(document) for period, document in documents(cells, mechanism).items()}


def documents(cells: Sequence[Cell], mechanism: Mechanism | None) -> dict[str, dict[str, Any]]:
    """The same as they were signed."""
    with tempfile.TemporaryDirectory() as folder, opened(Path(folder) / "releases.db", mechanism is None) as store:
        make(
            Job(store, Sums(cells), KEY, mechanism, Limits(RHO_A_WEEK, RHO_A_YEAR)),
            sorted({cell.week for cell in cells}),
        )
        files = store.releases()
    return {period: verify(file, public_of(KEY)) for period, file in files.items()}


@cache
def strangers(times: int) -> tuple[Cell, ...]:
    """The sums of 4,000 simulated strangers in each week of a month, each counted so many times."""
    return tuple(
        cell._replace(value=cell.value * times)
        for number, week in enumerate(WEEKS)
        for cell in community(4000, week, number)
    )


@cache
def noised() -> dict[str, Release]:
    """Releases of a month with noise, always the same: 40,000 reports a week."""
    return made(strangers(10), gaussian(45))


def noised_week(seed: int, times: int) -> Release:
    """The release of one week with noise: so many times 4,000 reports."""
    return made([cell for cell in strangers(times) if cell.week == WEEK], gaussian(seed))[WEEK]


def gaussian(seed: int) -> Mechanism:
    """The noise of a real release in its size, and the same each time."""
    chance = random.Random(seed)

    def mechanism(values: Sequence[int], query: Query) -> Sequence[int]:
        return [value + round(chance.gauss(0, query.scale)) for value in values]

    return mechanism


@cache
def exact() -> dict[str, Release]:
    """Releases of a server in development mode: 4,000 reports a week."""
    return made(strangers(1), None)


def counted(sums: dict[str, dict[str, dict[str, int]]], week: str = WEEK) -> Release:
    """The exact release of a week with these sums, by slice, cell and measure."""
    cells = [
        Cell(week, part, cell, measure, value)
        for part, of in sums.items()
        for cell, measures in of.items()
        for measure, value in measures.items()
    ]
    return made(cells, None)[week]


def shipped(reports: int, share: float) -> dict[str, int]:
    """The sums of a cell of so many reports, of which such a share shipped."""
    return {"reports": reports, "shipped": round(reports * share)}
