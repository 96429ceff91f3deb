"""Who is chosen as the best is as good as is said: over many communities, each with noise of its own.

The best of several noised shares is mostly one that noise has lifted, so an interval that holds for a share which was
picked beforehand (tests/community/release/test_coverage.py) does not hold for the one that was picked for being high.
Every community is drawn anew from one population, whose shares are known exactly. Chance and noise come from seeds.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from telemetry.community.records import Cell, Increment
from telemetry.community.release.bounds import RHO_A_WEEK, Query, queries
from telemetry.community.release.building import WITH_NOISE, table
from telemetry.community.release.noised import Noised, draw, together
from telemetry.contract.categories import CATEGORIES
from telemetry.contract.release import Release, release_of
from telemetry.insights.community.effectiveness import effectiveness_of
from telemetry.insights.community.estimates import told
from telemetry.insights.community.leaderboard import leaderboard_of
from telemetry.insights.community.sources import Sources
from telemetry.insights.screen import percent
from tests.community.release.samples import WEEK
from tests.community.release.test_coverage import population
from tests.insights.community.releases import gaussian

COMMUNITIES = 60
REPORTS = 20_000  # a week: noise is most of the error
TABLES = ("category_pair", "category_agent", "agent")
LEFT_OUT = 0.05  # of the intervals of 95 %


class Chosen(NamedTuple):
    """Who is said to be the best of a table, with the share that is shown and its interval."""

    table: str
    cell: str
    value: float
    low: float
    high: float

    @property
    def holds(self) -> bool:
        """Whether what is true lies in the interval."""
        return self.low <= truth()[self.table, self.cell] <= self.high


@cache
def people() -> Counter[tuple[Increment, ...]]:
    """The population, by what each adds to the shares of these tables that shipped."""
    return Counter(tuple(filter(is_looked_at, each.increments)) for each in population())


def is_looked_at(one: Increment) -> bool:
    """Whether it is part of a share that is ranked."""
    return one.slice in TABLES and one.measure in ("reports", "shipped")


def added_up(counts: Iterable[tuple[Sequence[Increment], int]]) -> list[Cell]:
    """The sums of so many reports of each kind."""
    sums: Counter[tuple[str, str, str]] = Counter()
    for increments, count in counts:
        for one in increments:
            sums[one.slice, one.cell, one.measure] += one.amount * count
    return [Cell(WEEK, *place, value) for place, value in sums.items()]


@cache
def truth() -> dict[tuple[str, str], float]:
    """How many shipped of the whole population, by table and cell."""
    sums = {(cell.slice, cell.cell, cell.measure): cell.value for cell in added_up(people().items())}
    return {
        (part, cell): sums.get((part, cell, "shipped"), 0) / count
        for (part, cell, measure), count in sums.items()
        if measure == "reports"
    }


@cache
def asked() -> tuple[Query, ...]:
    """These tables with their noise, of the cells that there is anybody in."""
    cells = {part: tuple(sorted(cell for table, cell in truth() if table == part)) for part in TABLES}
    return tuple(query._replace(cells=cells[query.slice]) for query in queries(RHO_A_WEEK) if query.slice in TABLES)


def released(sums: Noised, period: str) -> Release:
    """What a client reads of them."""
    return release_of(
        {
            "period": period,
            "weeks": sums.weeks,
            "development": False,
            "manifest": {"k": 20, **WITH_NOISE._asdict(), "hidden": []},
            "tables": {part: table(sums, part, WITH_NOISE).rows for part in TABLES},
        }
    )


@cache
def communities() -> tuple[Sources, ...]:
    """The newest week and month of each."""
    kinds, bounds = tuple(people()), tuple(accumulate(people().values()))

    def community(seed: int) -> Sources:
        chance, noise = random.Random(seed), gaussian(seed)

        def week() -> Noised:
            drawn = Counter(chance.choices(range(len(kinds)), cum_weights=bounds, k=REPORTS))
            return draw(WEEK, added_up((kinds[kind], count) for kind, count in drawn.items()), asked(), noise)

        weeks = [week() for _ in range(4)]
        return Sources(released(weeks[-1], "2026-W48"), released(together(weeks), "2026-11"))

    return tuple(map(community, range(COMMUNITIES)))


# --- who is chosen


def of_each_category(sources: Sources) -> Iterator[Chosen]:
    """As AGENT EFFECTIVENESS has it."""
    for category in effectiveness_of(sources):
        for part, ranking in (("category_pair", category.pairs), ("category_agent", category.agents)):
            if ranking and len(ranking.contenders) > 1:
                cell = "|".join((category.category, *ranking.best.agents))
                yield Chosen(part, cell, *ranking.best.shipped[:3])


def of_the_leaderboard(sources: Sources) -> Iterator[Chosen]:
    """Who stands first."""
    board = leaderboard_of(sources)
    assert board
    yield Chosen("agent", board.ranked[0].agent, *board.ranked[0].shipped[:3])


def of_the_highest_intervals(sources: Sources) -> Iterator[Chosen]:
    """Whose interval begins highest in the week, as the release states it: a choice that forgets that it is one."""
    assert sources.week
    for part in TABLES[:2]:
        for category in CATEGORIES:
            rows = [row for row in sources.week.rows(part) if row.cell[0] == category]
            shares = [(told(figure), "|".join(row.cell)) for row in rows if (figure := row.figure("shipped"))]
            best = max((share for share in shares if share[0].n >= sources.week.ranks_from), key=lambda one: one[0].low)
            yield Chosen(part, best[1], *best[0][:3])


def chosen(choice: Callable[[Sources], Iterator[Chosen]]) -> list[Chosen]:
    """Of all communities."""
    return [one for sources in communities() for one in choice(sources)]


def missed(found: Sequence[Chosen]) -> float:
    """In how many of them the interval leaves out what is true."""
    return sum(not one.holds for one in found) / len(found)


def test_the_best_of_each_kind_of_work_is_as_good_as_is_said() -> None:
    """Pairs and single agents, of five kinds of work: the interval that is shown holds as often as it says."""
    found = chosen(of_each_category)
    for part in TABLES[:2]:
        of_part = [one for one in found if one.table == part]
        assert len(of_part) > 4 * COMMUNITIES
        assert missed(of_part) <= LEFT_OUT


def test_who_leads_the_leaderboard_is_as_good_as_is_said() -> None:
    """The first of twelve."""
    assert missed(chosen(of_the_leaderboard)) <= LEFT_OUT


def test_no_noise_is_shown_as_a_success() -> None:
    """Nobody in this community ships all, and nobody is shown to."""
    assert max(truth().values()) < 0.96
    assert "100%" not in {percent(one.value) for one in (*chosen(of_each_category), *chosen(of_the_leaderboard))}


def test_a_choice_that_forgets_to_be_one_is_found_out() -> None:
    """By the same look: its intervals miss too often, and much of it would be shown as 100 %."""
    found = chosen(of_the_highest_intervals)
    assert missed(found) > LEFT_OUT
    assert sum(percent(one.value) == "100%" for one in found) > len(found) / 5
