"""Which of the two releases a figure comes from: the week's, or the month's for what the week cannot carry. Pure.

A ranking comes from the one that is surer of it: the noise of a month is half of a week's, against its reports.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

from telemetry.contract.release import Release

T = TypeVar("T")
Sureness = tuple[int, float]  # how many are ranked, two standing for all more; minus how far a share may be below


class Sources(NamedTuple):
    """The newest week and the newest month; None where there is none."""

    week: Release | None
    month: Release | None

    @property
    def releases(self) -> tuple[Release, ...]:
        """Those that are there, the week first."""
        return tuple(release for release in self if release is not None)

    def first(self, find: Callable[[Release], T | None]) -> tuple[T, Release] | None:
        """What the first release has that has it at all."""
        found = ((find(release), release) for release in self.releases)
        return next(((value, release) for value, release in found if value is not None), None)

    def surest(self, find: Callable[[Release], T | None], how_sure: Callable[[T], Sureness]) -> T | None:
        """What the release has that is surest of it; the week's where both are as sure, as it is newer."""
        found = [value for release in self.releases if (value := find(release)) is not None]
        return max(found, key=how_sure, default=None)
