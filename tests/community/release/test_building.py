"""Whole tables of figures: true as often as they say, and showing nothing small."""

from __future__ import annotations

import pytest

from telemetry.community.records import Cell
from telemetry.community.release.bounds import RHO_A_WEEK, queries
from telemetry.community.release.building import WITH_NOISE, WITHOUT_NOISE, Row, carried, tables, visible
from telemetry.community.release.figures import told
from telemetry.community.release.noised import Noised, draw, together, without_noise
from telemetry.community.release.suppression import K
from telemetry.contract.categories import DATA_PIPELINES, LIBRARIES
from tests.community.release.samples import WEEK, allowed, by_category, community, opendp

EXACT, NOISY = queries(0.0), queries(RHO_A_WEEK)


def test_stated_intervals_of_rates_cover_the_truth_over_many_communities() -> None:
    """Each with new people and new noise, and two figures that have nothing in common: 95 %."""
    asked = [
        query for query in NOISY if (query.slice, query.measure) in {("category", "reports"), ("category", "shipped")}
    ]
    rates = {DATA_PIPELINES: (2000, 0.8), LIBRARIES: (1500, 0.6)}
    held = said = 0
    for seed in range(400):
        noised = draw(WEEK, by_category(rates, seed), asked, opendp)
        for category, (_, rate) in rates.items():
            found = _rate(noised, category)
            if found:
                said += 1
                held += found[0] <= rate <= found[1]
    assert said == 800
    assert said - held <= allowed(said)
    assert held / said <= 0.99  # no wider than stated, either: 5 standard errors


def _rate(noised: Noised, category: str) -> tuple[float, float] | None:
    complete = Noised(
        noised.weeks,
        {
            **noised.columns,
            ("category", "built_shipped"): noised.columns["category", "shipped"],
            ("category", "built"): noised.columns["category", "reports"],
        },
    )
    found = [one.found for one in told(complete, "category", category, 300) if one.name == "shipped"]
    return (found[0].low, found[0].high) if found else None


def test_without_noise_a_figure_is_the_quotient() -> None:
    """And its count the count."""
    (row,) = (
        row
        for table in tables(draw(WEEK, by_category({LIBRARIES: (400, 0.5)}, 1), EXACT, without_noise), WITHOUT_NOISE)
        if table.slice == "all"
        for row in table.rows
    )
    assert row["reports"] == {"value": 400, "low": 400, "high": 400}
    shipped = next(one for one in row["figures"] if one["figure"] == "shipped")
    assert shipped["n"] == 400 and shipped["low"] < shipped["value"] < shipped["high"]


def test_no_exact_cell_of_fewer_than_k_is_shown_or_can_be_subtracted() -> None:
    """19 data pipelines beside 400 libraries and 60 services: the 60 go, too, as the total is shown."""
    cells = by_category({LIBRARIES: (400, 0.5), "services": (60, 0.5), DATA_PIPELINES: (K - 1, 0.5)}, 1)
    found = {table.slice: table for table in tables(draw(WEEK, cells, EXACT, without_noise), WITHOUT_NOISE)}
    assert [row["cell"] for row in found["category"].rows] == [[LIBRARIES]]
    assert found["category"].hidden == 4


def test_a_rate_waits_for_more_reports_than_a_count() -> None:
    """With noise, 300 of them."""
    noised = draw(WEEK, by_category({LIBRARIES: (20_000, 0.5)}, 1), NOISY, opendp)
    rows = [row for table in tables(noised, WITH_NOISE) for row in table.rows]
    assert all(one["n"] >= 300 for row in rows for one in row["figures"])
    assert all(one["low"] <= one["value"] <= one["high"] for row in rows for one in row["figures"])


def test_nothing_is_shown_of_nobody() -> None:
    """Weeks without a report are all noise: of 15 tables in each of 20 weeks hardly one shows any of 13,000 cells."""
    empty = (tables(draw(WEEK, [], NOISY, opendp), WITH_NOISE) for _ in range(20))
    assert sum(len(table.rows) > 0 for found in empty for table in found) <= 4


def test_the_month_shows_what_no_week_can() -> None:
    """Four small weeks are one that is large enough; the noise of a sum is known.

    The noise happens to be nothing here: whether a cell is shown would else be left to chance.
    """
    weeks = [draw(WEEK, by_category({LIBRARIES: (300, 0.5)}, week), NOISY, without_noise) for week in range(4)]
    assert all("all" not in visible(week, "all") for week in weeks)
    month = together(weeks)
    scale = weeks[0].columns["all", "reports"].scale
    assert month.columns["all", "reports"].scale == pytest.approx(2 * scale)
    assert month.columns["all", "reports"].values["all"] == sum(
        week.columns["all", "reports"].values["all"] for week in weeks
    )
    assert "all" in carried(month, "all", weeks)


def test_a_month_from_which_one_small_week_could_be_subtracted_is_hidden() -> None:
    """Three weeks of 100 were shown and one of 7 was not."""
    weeks = [
        draw(WEEK, by_category({LIBRARIES: (count, 0.5)}, 1), EXACT, without_noise) for count in (100, 100, 7, 100)
    ]
    assert "all" not in carried(together(weeks), "all", weeks)
    small = [draw(WEEK, by_category({LIBRARIES: (15, 0.5)}, 1), EXACT, without_noise)] * 4
    assert "all" in carried(together(small), "all", small)


def exact(**sums: dict[str, int]) -> Noised:
    """A week without noise: by slice, and its measure (`slice__measure`; else reports), the sums of its cells."""
    cells = [
        Cell(WEEK, part, cell, measure or "reports", value)
        for (part, _, measure), values in ((name.partition("__"), values) for name, values in sums.items())
        for cell, value in values.items()
    ]
    return draw(WEEK, cells, EXACT, without_noise)


@pytest.mark.parametrize(("together_built", "is_shown"), [(97, False), (81, False), (80, True), (100, True)])
def test_no_pair_can_be_subtracted_from_either_of_its_agents(together_built: int, is_shown: bool) -> None:
    """Where it is all but a few of what one of them did, these few are told."""
    week = exact(
        category_agent={"data_pipelines|dbt-specialist": 100, "data_pipelines|test-generator": 200},
        category_pair={"data_pipelines|dbt-specialist|test-generator": together_built},
    )
    assert len(visible(week, "category_agent")) == 2
    assert bool(visible(week, "category_pair")) is is_shown


@pytest.mark.parametrize(("with_any", "is_shown"), [(97, False), (94, True), (114, True)])
def test_no_specialist_can_be_subtracted_from_all_specialists_of_a_type(with_any: int, is_shown: bool) -> None:
    """How many .tf files had any is told as well."""
    week = exact(
        file_type={".tf": 200},
        file_type__with_specialist={".tf": with_any},
        file_type_agent={".tf|terraform-specialist": 94},
    )
    assert bool(visible(week, "file_type_agent")) is is_shown


@pytest.mark.parametrize(("unjudged", "is_shown"), [(3, False), (19, False), (0, True), (20, True)])
def test_what_was_built_without_a_category_is_not_told_by_the_judged_ones(unjudged: int, is_shown: bool) -> None:
    """All that came to /build are told, of whatever kind they are; here the unjudged ones are of none."""
    week = exact(
        transition={"build|ship": 97 + unjudged},
        category__built={LIBRARIES: 97},
        judge={"before_build": 97, "not_before_build": unjudged},
    )
    assert ("before_build" in visible(week, "judge")) is is_shown


@pytest.mark.parametrize(("few", "is_shown"), [(3, False), (19, False), (0, True), (20, True)])
def test_a_month_of_durations_tells_of_no_week_that_hid_its_few(few: int, is_shown: bool) -> None:
    """100 builds were timed in one week, and a few in the other: 100 from 100 and these leaves them."""
    weeks = [exact(duration={"build|1024": 60, "build|2048": 40}), exact(duration={"build|1024": few})]
    assert _timed(together(weeks), weeks) == (["build"] if is_shown else [])


def test_weeks_that_hid_many_durations_together_do_not_hide_the_month() -> None:
    """15 and 15: what is subtracted is 30."""
    weeks = [exact(duration={"design|512": count}) for count in (100, 15, 15)]
    assert _timed(together(weeks), weeks) == ["design"]


@pytest.mark.parametrize("seed", range(4))
def test_whoever_reads_exact_tables_subtracts_down_to_no_few(seed: int) -> None:
    """Of a simulated community, every difference that decision 12 speaks of."""
    found = {
        table.slice: table.rows
        for table in tables(draw(WEEK, community(500, seed=seed), EXACT, without_noise), WITHOUT_NOISE)
    }
    read = {part: {tuple(row["cell"]): row["reports"]["value"] for row in rows} for part, rows in found.items()}
    rests = [
        read["all"]["all",] - sum(read["category"].values()),
        read["transition"]["build", "ship"] - sum(read["judge"].values()),
    ]
    for (category, *agents), count in read["category_pair"].items():
        rests += [read["category_agent"].get((category, agent), count) - count for agent in agents]
    for (agent,), count in read["agent"].items():
        rests.append(count - sum(those for (_, name), those in read["category_agent"].items() if name == agent))
    for (file_type, _), count in read["file_type_agent"].items():
        rests.append(read["file_type"].get((file_type,), count) - count)
    assert len(rests) > 30
    assert not [rest for rest in rests if 0 < rest < K]


def _timed(month: Noised, weeks: list[Noised]) -> list[str]:
    rows: list[Row] = [
        row for table in tables(month, WITHOUT_NOISE, weeks) if table.slice == "duration" for row in table.rows
    ]
    return [row["cell"][0] for row in rows]
