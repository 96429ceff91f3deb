"""HOW YOU COMPARE: the same things compared, a difference only where there is one, and joy only where it is due."""

from __future__ import annotations

import random

import pytest

from telemetry.contract.records import TrackedFeature
from telemetry.insights.community.compare import BETTER, Measure, measures_of
from telemetry.insights.community.own import own_of
from telemetry.insights.community.sources import Sources
from tests.insights.cohorts import NOW, feature
from tests.insights.community.releases import MONTH, WEEK, counted, exact, noised_week


def measured(features: list[TrackedFeature], sources: Sources | None = None) -> dict[str, Measure]:
    """The measures of these features beside an exact community of 4,000 reports a week."""
    found = measures_of(own_of(features, NOW), sources or Sources(exact()[WEEK], None))
    return {measure.kind: measure for measure in found}


def lost(count: int) -> list[TrackedFeature]:
    """Features that were abandoned in the build."""
    return [feature("abandoned")] * count


def test_each_figure_is_that_of_decision_11() -> None:
    """Of the community as it was planted, and of the person as the server would count them."""
    found = measured([feature(hours=hours, judged=hours > 2, agents={"general": 8.0, "dbt-specialist": 8.0})
                      for hours in (1, 2, 3, 4, 30)] + lost(5))  # fmt: skip
    values = {kind: (one.yours.value, one.yours.n) for kind, one in found.items() if one.yours}
    assert values == {"ship_rate": (0.5, 10), "duration": (4.0, 5), "agents": (1.0, 5), "judge_adoption": (0.3, 10)}
    theirs = {kind: round(one.community.value, 1) for kind, one in found.items() if one.community}
    assert theirs == {"ship_rate": 0.8, "duration": 3.1, "agents": 2.8, "judge_adoption": 0.3}
    assert list(found) == list(BETTER)


def test_too_few_of_ones_own_give_no_difference() -> None:
    """From five on; four ships of four prove nothing."""
    assert measured([feature()] * 4)["ship_rate"].difference is None
    assert not measured([feature()] * 4)["ship_rate"].has_enough
    assert measured([feature()] * 5)["ship_rate"].difference is not None


def test_five_of_five_are_no_reason_to_celebrate() -> None:
    """22 points more, and well within chance."""
    found = measured([feature()] * 5)["ship_rate"]
    assert found.difference and found.difference.value > 0.2
    assert not found.is_clear and not found.is_better


@pytest.mark.parametrize(
    ("kind", "features", "is_better"),
    [
        ("ship_rate", [feature()] * 60, True),
        ("ship_rate", lost(30), False),
        ("judge_adoption", [feature(judged=True)] * 30, True),
        ("judge_adoption", [feature()] * 60, False),
        ("duration", [feature(hours=0.5 + number / 40) for number in range(20)], True),
        ("duration", [feature(hours=7 + number / 10) for number in range(20)], False),
        ("agents", [feature(agents=dict.fromkeys(("dbt-specialist", "sql-optimizer")[: 1 + number % 2]))
                    for number in range(30)], False),
        ("agents", [feature(agents=dict.fromkeys(("dbt-specialist", "sql-optimizer", "code-cleaner", "code-reviewer",
                                                  "llm-specialist", "infra-deployer")[: 5 + number % 2]))
                    for number in range(30)], False),
    ],
)  # fmt: skip
def test_what_is_clear_is_better_only_in_the_seeds_direction(
    kind: str, features: list[TrackedFeature], is_better: bool
) -> None:
    """More shipped, faster, more judges; the number of agents is neither good nor bad."""
    found = measured(features)[kind]
    assert found.is_clear
    assert found.is_better is is_better


def test_whoever_is_as_the_community_hardly_ever_celebrates() -> None:
    """Features drawn from the very community: a popper by chance for at most one person in twenty or so."""
    chance, poppers, people = random.Random(7), dict.fromkeys(BETTER, 0), 300
    truth = {kind: one.community.value for kind, one in measured([]).items() if one.community}
    for _ in range(people):
        drawn = [_typical(chance, truth) for _ in range(15)]
        for kind, one in measured(drawn).items():
            poppers[kind] += one.is_better
    assert poppers["agents"] == 0
    assert max(poppers.values()) / people <= 0.07


def _typical(chance: random.Random, truth: dict[str, float]) -> TrackedFeature:
    state = "shipped" if chance.random() < truth["ship_rate"] else "abandoned"
    hours = chance.gammavariate(2, truth["duration"] / 2)
    return feature(state, hours=hours, judged=chance.random() < truth["judge_adoption"])


def test_the_month_stands_in_for_what_the_week_cannot_carry() -> None:
    """Where the week has no mean of agents, the month's is taken, and says so."""
    week = counted({"all": {"all": {"reports": 100, "shipped": 80, "judged": 30}}})
    found = measured([feature()] * 9, Sources(week, exact()[MONTH]))
    periods = {kind: one.period for kind, one in found.items()}
    assert periods == {"ship_rate": WEEK, "duration": MONTH, "agents": MONTH, "judge_adoption": WEEK}


def test_without_a_release_only_ones_own_is_there() -> None:
    """Nothing to compare with is no error."""
    found = measured([feature()] * 9, Sources(None, None))
    assert all(one.community is None and one.difference is None and one.period is None for one in found.values())


def test_noise_widens_the_difference() -> None:
    """The same person beside noised figures knows less."""
    features = [feature(agents={"dbt-specialist": 8.0, "sql-optimizer": 8.0})] * 6
    noisy = measured(features, Sources(noised_week(1, times=1), None))["ship_rate"].difference
    sure = measured(features)["ship_rate"].difference
    assert noisy and sure and noisy.high - noisy.low > sure.high - sure.low
