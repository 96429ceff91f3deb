"""AGENT EFFECTIVENESS: the best agents and pairs of specialists for each kind of work, of the community. Pure.

Only cells of at least `ranks_from` reports are ranked, by the lower end of their interval: the best is the one of which
most is sure. The best of many is also the luckiest of them, so all intervals are widened until they hold at once, and
the chosen one's holds whichever is chosen (rankable.py). Agents are seen in build reports, so what they have in common
is that they came far: they compare with each other, not with the ship rate of all. These are associations.
"""

from __future__ import annotations

from typing import NamedTuple

from telemetry.contract.categories import CATEGORIES
from telemetry.contract.release import Release
from telemetry.insights.community.estimates import Estimate
from telemetry.insights.community.rankable import doubt, rankable
from telemetry.insights.community.sources import Sources, Sureness


class Contender(NamedTuple):
    """An agent, or a pair of them, and how many of its features shipped; the interval holds for all of them at once."""

    agents: tuple[str, ...]
    shipped: Estimate


class Ranking(NamedTuple):
    """Those of one kind of work that can be ranked, the best first; at least one.

    `drowned`: those that noise keeps from being ranked though they have enough reports; anything may be true of them.
    """

    contenders: tuple[Contender, ...]
    drowned: tuple[tuple[str, ...], ...]
    period: str

    @property
    def best(self) -> Contender:
        """The one whose interval begins highest."""
        return self.contenders[0]

    @property
    def rivals(self) -> tuple[Contender, ...]:
        """Those ranked that it is not clearly ahead of: their intervals overlap."""
        return tuple(other for other in self.contenders[1:] if other.shipped.high >= self.best.shipped.low)

    @property
    def sureness(self) -> Sureness:
        """One alone is nothing to rank; else the narrower the interval of the best, the surer."""
        return min(len(self.contenders), 2), -doubt(self.best.shipped)


class Category(NamedTuple):
    """A kind of work; None where nothing can be ranked."""

    category: str
    pairs: Ranking | None
    agents: Ranking | None


def effectiveness_of(sources: Sources) -> tuple[Category, ...]:
    """Every kind of work of which something can be said."""
    found = (
        Category(category, _surest(sources, "category_pair", category), _surest(sources, "category_agent", category))
        for category in CATEGORIES
    )
    return tuple(one for one in found if one.pairs or one.agents)


def _surest(sources: Sources, table: str, category: str) -> Ranking | None:
    return sources.surest(lambda release: _ranking(release, table, category), lambda ranking: ranking.sureness)


def _ranking(release: Release, table: str, category: str) -> Ranking | None:
    found = rankable(release, [row for row in release.rows(table) if row.cell[0] == category])
    contenders = [Contender(share.row.cell[1:], share.shipped) for share in found.shares]
    best_first = sorted(contenders, key=lambda one: (-one.shipped.low, -one.shipped.value, one.agents))
    drowned = tuple(row.cell[1:] for row in found.drowned)
    return Ranking(tuple(best_first), drowned, release.period) if contenders else None
