"""Which of the two releases a figure comes from: the week's, or the month's for what the week cannot carry. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import NamedTuple, TypeVar

from telemetry.contract.release import Release

T = TypeVar("T")
Found = TypeVar("Found", bound="Collection[object]")


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

    def ranking(self, find: Callable[[Release], Found]) -> tuple[Found, Release] | None:
        """What the week has if that can be ranked, two or more; else what the month has, if it has more."""
        found = [(find(release), release) for release in self.releases]
        two = next((pair for pair in found if len(pair[0]) > 1), None)
        return two or next((pair for pair in found if pair[0]), None)
