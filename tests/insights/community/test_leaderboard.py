"""The leaderboard: ranks as far as they are known."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.contract.release import Count, Figure, Release, Row
from telemetry.insights.community.estimates import told
from telemetry.insights.community.leaderboard import Leaderboard, leaderboard_of, ranked
from telemetry.insights.community.rankable import rankable
from telemetry.insights.community.sources import Sources
from tests.insights.community.releases import MONTH, WEEK, counted, exact, shipped


def board(week: Release | None, month: Release | None = None) -> Leaderboard:
    """The leaderboard, which is there."""
    found = leaderboard_of(Sources(week, month))
    assert found
    return found


def agents(**known: tuple[int, float]) -> Release:
    """A week with agents, `_` for `-`: reports, and the share that shipped."""
    return counted({"agent": {name.replace("_", "-"): shipped(*of) for name, of in known.items()}})


def ranks(found: Leaderboard) -> dict[str, tuple[int, int]]:
    """The range of ranks of each agent."""
    return {rank.agent: (rank.first, rank.last) for rank in found.ranked}


def test_those_whose_intervals_overlap_share_their_ranks() -> None:
    """Two at the top, one surely behind."""
    found = board(agents(dbt_specialist=(500, 0.95), sql_optimizer=(500, 0.94), code_cleaner=(500, 0.7)))
    assert ranks(found) == {"dbt-specialist": (1, 2), "sql-optimizer": (1, 2), "code-cleaner": (3, 3)}


def test_too_few_reports_and_no_specialists_are_below_without_a_rank() -> None:
    """The most reports first."""
    found = board(agents(dbt_specialist=(500, 0.9), sql_optimizer=(29, 1.0), general=(900, 0.7), custom=(80, 1.0)))
    assert list(ranks(found)) == ["dbt-specialist"]
    assert [one.agent for one in found.unranked] == ["general", "custom", "sql-optimizer"]


def test_all_of_it_is_of_one_release() -> None:
    """The surer one, the week where they are alike; whom nobody ranks is there all the same."""
    month = exact()[MONTH]
    assert board(agents(dbt_specialist=(90_000, 0.9)), month).period == MONTH
    assert board(agents(dbt_specialist=(90, 0.9), code_cleaner=(90, 0.9)), month).period == MONTH
    assert board(agents(dbt_specialist=(90_000, 0.9), code_cleaner=(90, 0.9)), month).period == WEEK
    assert board(month._replace(period=WEEK), month).period == WEEK
    none = board(agents(dbt_specialist=(29, 0.9)))
    assert none.ranked == () and [one.agent for one in none.unranked] == ["dbt-specialist"]
    assert leaderboard_of(Sources(None, None)) is None


def test_shares_are_shown_with_intervals_that_hold_for_all_at_once() -> None:
    """Wider than those by which ranks are told apart: of many, one is lucky."""
    week = agents(dbt_specialist=(500, 0.92), code_cleaner=(500, 0.84))
    (first, _), row = board(week).ranked, week.row("agent", "dbt-specialist")
    assert row
    own = row.figures[0]
    assert ranks(board(week)) == {"dbt-specialist": (1, 1), "code-cleaner": (2, 2)}
    assert first.shipped.low < own.least - 0.003 and first.shipped.high > own.most + 0.001


def test_of_the_same_ranks_the_one_of_which_most_is_sure_is_first() -> None:
    """Noise lifts small ones most."""
    found = board(agents(dbt_specialist=(70, 0.95), sql_optimizer=(700, 0.94)))
    assert ranks(found) == {"dbt-specialist": (1, 2), "sql-optimizer": (1, 2)}
    assert [rank.agent for rank in found.ranked] == ["sql-optimizer", "dbt-specialist"]


def test_what_noise_pushed_to_an_end_is_not_shown_as_success() -> None:
    """An agent is not ranked by it, and a build's completion is left out; without noise it is what it says."""
    sums = {"reports": 900, "shipped": 800, "completed": 900}
    week = counted({"agent": {"dbt-specialist": sums, "code-cleaner": shipped(900, 1.0), "general": shipped(90, 1.0)}})
    found, exactly = board(week._replace(development=False)), board(week)
    assert [(rank.agent, rank.completed) for rank in found.ranked] == [("dbt-specialist", None)]
    assert [(one.agent, one.shipped, one.is_drowned) for one in found.unranked] == [
        ("code-cleaner", None, True),
        ("general", None, False),
    ]
    assert ranks(exactly) == {"code-cleaner": (1, 1), "dbt-specialist": (2, 2)}
    assert exactly.ranked[1].completed and exactly.ranked[1].completed.value == 1


def test_completed_builds_and_quality_stand_beside() -> None:
    """As the release has them."""
    rank = board(exact()[WEEK]).ranked[0]
    assert rank.completed and 0.8 < rank.completed.value <= 1
    assert rank.quality and 7 < rank.quality.value < 9


@st.composite
def rows(draw: st.DrawFn) -> list[Row]:
    """Any agents with any ship rates."""
    figures = draw(st.lists(st.tuples(*[st.integers(0, 1000)] * 3).map(sorted), max_size=12))
    return [
        Row((f"agent-{number}",), Count(99, 99, 99), (Figure("shipped", 99, value, low, high),))
        for number, (low, value, high) in enumerate(figures)
    ]


@given(rows())
@settings(deadline=None)
def test_any_ranges_hold_an_order(found: list[Row]) -> None:
    """There is a way to give each its rank: in the order of values, every one lies within its range."""
    week = exact()[WEEK]
    all_ranks = ranked(week, rankable(week, found))
    assert len(all_ranks) == len(found)
    for number, rank in enumerate(sorted(all_ranks, key=lambda one: -one.shipped.value), 1):
        assert 1 <= rank.first <= rank.last <= len(all_ranks)
        assert rank.first <= number <= rank.last
    by_value = {rank.agent: rank for rank in all_ranks}
    own = {f"agent-{number}": told(row.figures[0]) for number, row in enumerate(found)}
    for one in all_ranks:
        for other in all_ranks:
            if own[one.agent].low > own[other.agent].high:
                assert by_value[one.agent].first < by_value[other.agent].last
