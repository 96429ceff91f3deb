"""AGENT EFFECTIVENESS: the best agents and pairs of specialists for each kind of work, of the community. Pure.

Only cells of at least `ranks_from` reports are ranked, by the lower end of their interval: the best is the one of which
most is sure. Agents are seen in build reports, so what they have in common is that they came far: they compare with
each other, not with the ship rate of all. These are associations.
"""

from __future__ import annotations

from typing import NamedTuple

from telemetry.contract.categories import CATEGORIES
from telemetry.contract.release import Release, Row
from telemetry.insights.community.estimates import Estimate, told
from telemetry.insights.community.sources import Sources


class Contender(NamedTuple):
    """An agent, or a pair of them, and how many of its features shipped."""

    agents: tuple[str, ...]
    shipped: Estimate


class Ranking(NamedTuple):
    """Those of one kind of work that can be ranked, the best first; at least one."""

    contenders: tuple[Contender, ...]
    period: str

    @property
    def best(self) -> Contender:
        """The one whose interval begins highest."""
        return self.contenders[0]

    @property
    def rivals(self) -> tuple[Contender, ...]:
        """Those that it is not clearly ahead of: their intervals overlap."""
        return tuple(other for other in self.contenders[1:] if other.shipped.high >= self.best.shipped.low)


class Category(NamedTuple):
    """A kind of work; None where nothing can be ranked."""

    category: str
    pairs: Ranking | None
    agents: Ranking | None


def effectiveness_of(sources: Sources) -> tuple[Category, ...]:
    """Every kind of work of which something can be said."""
    found = (
        Category(category, _ranking(sources, "category_pair", category), _ranking(sources, "category_agent", category))
        for category in CATEGORIES
    )
    return tuple(one for one in found if one.pairs or one.agents)


def _ranking(sources: Sources, table: str, category: str) -> Ranking | None:
    found = sources.ranking(lambda release: _contenders(release, table, category))
    return Ranking(tuple(found[0]), found[1].period) if found else None


def _contenders(release: Release, table: str, category: str) -> list[Contender]:
    rows = (row for row in release.rows(table) if row.cell[0] == category)
    found = [contender for row in rows if (contender := _contender(row, release.ranks_from))]
    return sorted(found, key=lambda one: (-one.shipped.low, -one.shipped.value, one.agents))


def _contender(row: Row, least: int) -> Contender | None:
    figure = row.figure("shipped")
    return Contender(row.cell[1:], told(figure)) if figure and figure.n >= least else None
