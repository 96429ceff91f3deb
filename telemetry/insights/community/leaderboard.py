"""The leaderboard: specialists of the community by how many of their features shipped. Pure.

Ranks are ranges. Whose interval overlaps with others' shares their ranks with them: an agent is surely behind those
whose intervals lie above its own, and surely ahead of those whose intervals lie below. M. Klein, T. Wright and
J. Wieczorek, "A joint confidence region for an overall ranking of populations", Journal of the Royal Statistical
Society C 69 (2020), 589-606; here with each agent's own 95 % interval, so that a range holds by itself and not all at
once. Intervals that only touch belong to differences at about 99.4 %, so few pairs are torn apart by chance.

The shares that are shown beside have wider intervals, which hold for all at once (rankable.py): whoever comes to stand
first may be the one that noise has lifted most. Where ranges are the same, the one of which most is sure comes first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from telemetry.contract.release import Release, Row
from telemetry.insights.community.estimates import Estimate
from telemetry.insights.community.rankable import Rankable, Share, clear_of, doubt, rankable
from telemetry.insights.community.sources import Sources, Sureness
from telemetry.insights.figures import NO_SPECIALISTS

MOST_QUALITY = 10.0


class Rank(NamedTuple):
    """A ranked agent: its range of ranks, how many of its features shipped, builds completed, quality of 10.

    The interval of `shipped` holds for all who are ranked at once.
    """

    agent: str
    first: int
    last: int
    shipped: Estimate
    completed: Estimate | None
    quality: Estimate | None


class Unranked(NamedTuple):
    """An agent of too few reports to be ranked, or no specialist, or one whose share noise drowned.

    `shipped`: None where even that is not told.
    """

    agent: str
    reports: int
    shipped: Estimate | None
    is_drowned: bool = False


class Leaderboard(NamedTuple):
    """Ranked, the first first; not ranked, the most reports first. `ranks_from`: how many reports it takes."""

    ranked: tuple[Rank, ...]
    unranked: tuple[Unranked, ...]
    period: str
    ranks_from: int

    @property
    def sureness(self) -> Sureness:
        """One alone is nothing to rank; else the narrower the narrowest interval, the surer."""
        return min(len(self.ranked), 2), -min((doubt(rank.shipped) for rank in self.ranked), default=0.0)


def leaderboard_of(sources: Sources) -> Leaderboard | None:
    """All of one release: of the week or the month, the surer one; None where there is no agent."""
    return sources.surest(_leaderboard, lambda board: board.sureness)


def _leaderboard(release: Release) -> Leaderboard | None:
    rows = release.rows("agent")
    found = rankable(release, [row for row in rows if row.cell[0] not in NO_SPECIALISTS])
    rest = [row for row in rows if row not in [share.row for share in found.shares]]
    unranked = [_unranked(release, row, found) for row in rest]
    return Leaderboard(ranked(release, found), tuple(unranked), release.period, release.ranks_from) if rows else None


def ranked(release: Release, found: Rankable) -> tuple[Rank, ...]:
    """Agents with a ship rate, each with its range of ranks."""
    ranks = [_rank(release, share, found.shares) for share in found.shares]
    return tuple(sorted(ranks, key=lambda one: (one.first, one.last, -one.shipped.low, one.agent)))


def _rank(release: Release, share: Share, shares: Sequence[Share]) -> Rank:
    row = share.row
    ahead = sum(other.own.low > share.own.high for other in shares)
    behind = sum(other.own.high < share.own.low for other in shares)
    completed, quality = clear_of(release, row, "completed"), clear_of(release, row, "quality", MOST_QUALITY)
    return Rank(row.cell[0], ahead + 1, len(shares) - behind, share.shipped, completed, quality)


def _unranked(release: Release, row: Row, found: Rankable) -> Unranked:
    return Unranked(row.cell[0], row.reports.value, clear_of(release, row, "shipped"), row in found.drowned)
