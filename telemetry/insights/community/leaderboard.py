"""The leaderboard: specialists of the community by how many of their features shipped. Pure.

Ranks are ranges. Whose interval overlaps with others' shares their ranks with them: an agent is surely behind those
whose intervals lie above its own, and surely ahead of those whose intervals lie below. M. Klein, T. Wright and
J. Wieczorek, "A joint confidence region for an overall ranking of populations", Journal of the Royal Statistical
Society C 69 (2020), 589-606; here with each agent's own 95 % interval, so that a range holds by itself and not all at
once. Intervals that only touch belong to differences at about 99.4 %, so few pairs are torn apart by chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from telemetry.contract.release import Release, Row
from telemetry.insights.community.estimates import Estimate, told
from telemetry.insights.community.sources import Sources
from telemetry.insights.figures import NO_SPECIALISTS


class Rank(NamedTuple):
    """A ranked agent: its range of ranks, how many of its features shipped, builds completed, quality of 10."""

    agent: str
    first: int
    last: int
    shipped: Estimate
    completed: Estimate | None
    quality: Estimate | None


class Unranked(NamedTuple):
    """An agent of too few reports to be ranked, or no specialist. `shipped`: None where even that is not told."""

    agent: str
    reports: int
    shipped: Estimate | None


class Leaderboard(NamedTuple):
    """Ranked, the first first; not ranked, the most reports first. `ranks_from`: how many reports it takes."""

    ranked: tuple[Rank, ...]
    unranked: tuple[Unranked, ...]
    period: str
    ranks_from: int


def leaderboard_of(sources: Sources) -> Leaderboard | None:
    """All of one release: the week's where it ranks two or more, else the month's; None where there is no agent."""
    found = sources.ranking(_ranked_rows) or sources.ranking(lambda release: release.rows("agent"))
    if found is None:
        return None
    release = found[1]
    rows = _ranked_rows(release)
    unranked = [row for row in release.rows("agent") if row not in rows]
    return Leaderboard(ranked(rows), tuple(map(_unranked, unranked)), release.period, release.ranks_from)


def ranked(rows: Sequence[Row]) -> tuple[Rank, ...]:
    """Agents with a ship rate, each with its range of ranks."""
    shares = [share for row in rows if (share := _told(row, "shipped"))]
    found = [_rank(row, share, shares) for row in rows if (share := _told(row, "shipped"))]
    return tuple(sorted(found, key=lambda one: (one.first, one.last, -one.shipped.value, one.agent)))


def _rank(row: Row, share: Estimate, shares: Sequence[Estimate]) -> Rank:
    ahead = sum(other.low > share.high for other in shares)
    behind = sum(other.high < share.low for other in shares)
    return Rank(row.cell[0], ahead + 1, len(shares) - behind, share, _told(row, "completed"), _told(row, "quality"))


def _ranked_rows(release: Release) -> tuple[Row, ...]:
    return tuple(row for row in release.rows("agent") if _can_be_ranked(row, release.ranks_from))


def _can_be_ranked(row: Row, least: int) -> bool:
    figure = row.figure("shipped")
    return row.cell[0] not in NO_SPECIALISTS and figure is not None and figure.n >= least


def _unranked(row: Row) -> Unranked:
    return Unranked(row.cell[0], row.reports.value, _told(row, "shipped"))


def _told(row: Row, name: str) -> Estimate | None:
    figure = row.figure(name)
    return told(figure) if figure else None
