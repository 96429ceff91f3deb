"""AGENT EFFECTIVENESS: best is only who is surely so, and it is said whom they are not ahead of."""

from __future__ import annotations

from telemetry.contract.release import Release
from telemetry.insights.community.effectiveness import Category, effectiveness_of
from telemetry.insights.community.sources import Sources
from tests.insights.community.releases import MONTH, WEEK, counted, exact, noised, shipped

DBT, SPARK, TESTS = "dbt-specialist", "spark-specialist", "test-generator"


def of(week: Release | None, month: Release | None = None) -> dict[str, Category]:
    """What is said of each kind of work."""
    return {one.category: one for one in effectiveness_of(Sources(week, month))}


def pairs(**cells: tuple[int, float]) -> Release:
    """A week with pairs of data pipelines: reports, and the share that shipped."""
    names = {"first": f"{SPARK}|{TESTS}", "second": f"{DBT}|{SPARK}", "third": f"{DBT}|{TESTS}"}
    return counted(
        {
            "category_pair": {
                f"data_pipelines|{names[name]}": shipped(*known) for name, known in cells.items()
            }
        }
    )  # fmt: skip


def test_the_planted_teams_are_found() -> None:
    """In an exact month of 16,000 reports; a reviewer who joins teams by chance may stand beside one of them."""
    found = of(exact()[MONTH])
    assert list(found) == ["data_pipelines", "infrastructure", "ai_llm", "services", "libraries"]
    best = {name: one.pairs.best.agents for name, one in found.items() if one.pairs}
    assert best["data_pipelines"] == (SPARK, TESTS)
    assert "terraform-specialist" in best["infrastructure"]
    assert best["ai_llm"] == ("extraction-specialist", "llm-specialist")


def test_the_first_is_the_one_of_which_most_is_sure() -> None:
    """99 of 100 are less than 970 of 1000."""
    ranking = of(pairs(first=(70, 1.0), second=(1000, 0.98)))["data_pipelines"].pairs
    assert ranking and ranking.best.agents == (DBT, SPARK)
    assert [rival.agents for rival in ranking.rivals] == [(SPARK, TESTS)]


def test_who_is_clearly_ahead_has_no_rivals() -> None:
    """Where no interval overlaps with the first one's."""
    ranking = of(pairs(first=(1000, 0.95), second=(1000, 0.80), third=(1000, 0.78)))["data_pipelines"].pairs
    assert ranking and ranking.rivals == () and len(ranking.contenders) == 3


def test_what_rests_on_too_few_is_not_ranked() -> None:
    """29 reports are shown, but not ranked; without any to rank nothing is said."""
    ranking = of(pairs(first=(29, 1.0), second=(30, 0.5), third=(90, 0.5)))["data_pipelines"].pairs
    assert ranking and {one.agents for one in ranking.contenders} == {(DBT, SPARK), (DBT, TESTS)}
    assert of(pairs(first=(29, 1.0))) == {}
    assert of(None) == {}


def test_the_surer_of_week_and_month_ranks() -> None:
    """The one whose best has the narrower interval; the week, where it is as narrow. One alone is nothing to rank."""
    month = exact()[MONTH]
    for week, period in (
        (pairs(first=(100, 0.9)), MONTH),
        (pairs(first=(9000, 0.9)), MONTH),
        (pairs(first=(100, 0.9), second=(99, 0.9)), MONTH),
        (pairs(first=(9000, 0.9), second=(9000, 0.9)), WEEK),
        (month._replace(period=WEEK), WEEK),
    ):
        ranking = of(week, month)["data_pipelines"].pairs
        assert ranking and ranking.period == period
    alone = of(pairs(first=(100, 0.9)))["data_pipelines"].pairs
    assert alone and alone.period == WEEK and len(alone.contenders) == 1


def test_intervals_hold_for_all_contenders_at_once() -> None:
    """The one of two is wider than a release states it, the one of three wider still; one alone has its own."""
    widths = []
    for others in ({}, {"second": (100, 0.8)}, {"second": (100, 0.8), "third": (100, 0.8)}):
        ranking = of(pairs(first=(100, 0.9), **others))["data_pipelines"].pairs
        assert ranking and ranking.best.agents == (SPARK, TESTS)
        widths.append(ranking.best.shipped.high - ranking.best.shipped.low)
    own = pairs(first=(100, 0.9)).rows("category_pair")[0].figures[0]
    assert widths[0] == own.most - own.least
    assert widths[0] * 1.1 < widths[1] < widths[2]


def test_what_noise_pushed_to_all_is_not_ranked_and_is_no_less_a_rival() -> None:
    """Nobody knows how far it lay beyond. Without noise, all of them are all of them."""
    sums = pairs(first=(1000, 1.0), second=(1000, 0.9), third=(1000, 0.7))
    exactly, noisily = (of(sums._replace(development=one))["data_pipelines"].pairs for one in (True, False))
    assert exactly and exactly.best.agents == (SPARK, TESTS) and exactly.drowned == ()
    assert noisily and noisily.best.agents == (DBT, SPARK) and noisily.drowned == ((SPARK, TESTS),)
    assert len(noisily.contenders) == 2 and noisily.rivals == ()
    assert of(pairs(first=(1000, 1.0))._replace(development=False)) == {}


def test_what_noise_left_no_share_of_is_a_rival_as_well() -> None:
    """It has the reports, and a share that lies surely beyond what can be is not told."""
    week = pairs(first=(1000, 0.9), second=(1000, 0.7))
    untold = [row._replace(figures=()) if row.cell[1:] == (DBT, SPARK) else row for row in week.rows("category_pair")]
    ranking = of(week._replace(tables={"category_pair": tuple(untold)}))["data_pipelines"].pairs
    assert ranking and ranking.drowned == ((DBT, SPARK),) and len(ranking.contenders) == 1


def test_with_noise_nothing_false_is_clear() -> None:
    """Of the planted teams none is torn from another that ships as often."""
    found = of(noised()[WEEK], noised()[MONTH])
    ranking = found["data_pipelines"].agents
    assert ranking and ranking.rivals
