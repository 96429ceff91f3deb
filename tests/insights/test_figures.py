"""The figures: what counts as shipped, moved on, used, waiting; and what counts neither way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.contract.records import Matching, State, TrackedFeature
from telemetry.contract.vocabulary import PHASES
from telemetry.insights.figures import SETTLED_AFTER, AgentUse, Figures, Transition, figures_of
from telemetry.insights.intervals import Rate
from tests.insights.cohorts import NOW, any_feature, any_young_feature, feature, seed_month


def figures(*features: TrackedFeature) -> Figures:
    """The figures of some features."""
    return figures_of(list(features), NOW)


def step(found: Figures, start: str) -> Transition:
    """The transition from one phase."""
    return next(row for row in found.transitions if row.start == start)


def agent(found: Figures, name: str) -> AgentUse:
    """The figures of one agent."""
    return next(use for use in found.agents if use.agent_type == name)


def test_nothing_gives_no_shares() -> None:
    """Of no features there are counts of 0, and no share of anything."""
    found = figures()
    assert found.features.started == 0
    assert found.features.ship_rate == Rate(None, None, None, 0)
    assert found.duration.mean is None
    assert [row.rate.n for row in found.transitions] == [0, 0, 0, 0]


def test_the_ship_rate_leaves_out_what_is_in_flight() -> None:
    """Work that goes on is neither shipped nor lost."""
    found = figures(feature(), feature("abandoned"), feature("in_flight"), feature("in_flight"))
    assert (found.features.started, found.features.shipped, found.features.in_flight) == (4, 1, 2)
    assert (found.features.ship_rate.value, found.features.ship_rate.n) == (0.5, 2)


def test_a_rate_waits_until_its_features_could_have_been_abandoned() -> None:
    """With --days 7 nothing can be abandoned yet: 5 shipped of 20 is not 100 %, it is too early."""
    found = figures(*[feature(days_ago=6)] * 5, *[feature("in_flight", ("define",), days_ago=6)] * 15)
    assert (found.features.started, found.features.shipped, found.features.young) == (20, 5, 20)
    assert found.features.ship_rate.n == 0
    assert (step(found, "define").rate.n, step(found, "define").in_flight) == (0, 20)
    assert not any(row.investigate for row in found.transitions)


def test_fourteen_days_are_enough() -> None:
    """As the fold has it: from then on what nobody touched is abandoned."""
    assert timedelta(days=14) == SETTLED_AFTER
    found = figures(feature(days_ago=14), feature(days_ago=13.99))
    assert (found.features.settled, found.features.ship_rate.n) == (1, 1)


def test_durations_are_of_shipped_and_timed_features() -> None:
    """Neither what was abandoned nor what was never timed has a say."""
    found = figures(
        feature(hours=1), feature(hours=3), feature(hours=5), feature("abandoned", hours=90), feature(hours=0)
    )
    assert (found.duration.mean, found.duration.median, found.duration.n) == (3, 3, 3)
    assert figures(feature(hours=1), feature(hours=2)).duration.median == 1.5


def test_a_transition_counts_only_what_could_have_moved_on() -> None:
    """One moved, one stopped for good, one is still there and may move yet."""
    found = figures(
        feature("abandoned", ("define", "design")), feature("abandoned", ("define",)), feature("in_flight", ("define",))
    )
    define = step(found, "define")
    assert (define.rate.value, define.rate.n, define.in_flight) == (0.5, 2, 1)


def test_a_later_phase_counts_as_moving_on() -> None:
    """From /define straight to /build: the design was skipped, the feature was not stopped."""
    assert step(figures(feature("in_flight", ("define", "build"))), "define").rate.value == 1


def test_a_feature_counts_where_it_started() -> None:
    """Without a /brainstorm it says nothing about brainstorms."""
    found = figures(feature(phases=("define", "design", "build", "ship")))
    assert step(found, "brainstorm").rate.n == 0
    assert step(found, "build").rate.value == 1


def test_what_is_shipped_moved_on_whatever_was_seen() -> None:
    """SHIPPED was written, though no /ship was seen."""
    assert step(figures(feature("shipped", ("build",))), "build").rate.value == 1


def test_only_the_lowest_transition_below_80_percent_is_to_be_looked_into() -> None:
    """Two are low; the lower one is named."""
    lost = [feature("abandoned", PHASES[:4])] * 3 + [feature("abandoned", PHASES[:2])] * 9
    found = figures(*[feature()] * 10, *lost)
    assert [row.start for row in found.transitions if row.investigate] == ["define"]


@pytest.mark.parametrize(("shipped", "lost", "marked"), [(8, 2, False), (7, 3, True), (2, 2, False), (3, 2, True)])
def test_the_mark_needs_five_and_a_rate_below_80_percent(shipped: int, lost: int, marked: bool) -> None:
    """80 % is good enough, and four features are too few to tell."""
    found = figures(*[feature()] * shipped, *[feature("abandoned", PHASES[:4])] * lost)
    assert step(found, "build").investigate is marked


def test_an_agent_is_used_once_per_feature() -> None:
    """By its runs or by the build report, it is the same feature."""
    found = figures(
        feature(agents={"python-developer": 9.0}, agent_runs={"python-developer": 4, "code-reviewer": 2}),
        feature(agent_runs={"code-reviewer": 1, "test-generator": 0}),
    )
    assert {use.agent_type: use.used for use in found.agents} == {"code-reviewer": 2, "python-developer": 1}
    assert agent(found, "code-reviewer").quality is None


def test_quality_is_weighted_by_files() -> None:
    """One large feature says more than one small one; an unrated one says nothing."""
    found = figures(feature(agents={"python-developer": 9.0}), feature(agents={"python-developer": None}))
    assert agent(found, "python-developer").quality == 9.0
    assert agent(found, "python-developer").rated_features == 1


def test_specialists_come_before_general_and_custom() -> None:
    """However much was done without them."""
    found = figures(feature(agents={"general": 9, "custom": 9, "spark-specialist": 9}), feature(agents={"general": 9}))
    assert [use.agent_type for use in found.agents] == ["spark-specialist", "general", "custom"]


def test_an_agent_replaced_everywhere_is_not_used_but_its_overrides_are_counted() -> None:
    """It never worked, and that is the point."""
    found = figures(*[feature(matching=(Matching("dbt-specialist", ".sql", 0.95, was_overridden=True),))] * 3)
    assert found.agents == ()
    assert [(row.agent_type, row.overridden.value, row.overridden.n) for row in found.overrides] == [
        ("dbt-specialist", 1.0, 3)
    ]


def test_an_agent_replaced_for_several_file_types_is_replaced_once_per_feature() -> None:
    """One build decided for all of them; that some of them were kept does not make it less."""
    rows = tuple(
        Matching("dbt-specialist", name, 0.95, was_overridden=name != ".yml") for name in (".sql", ".yml", ".py")
    )
    found = figures(feature(matching=rows), feature(matching=rows[1:2]))
    assert [(row.agent_type, row.overridden.hits, row.overridden.n) for row in found.overrides] == [
        ("dbt-specialist", 1, 2)
    ]


def test_judge_impact_leaves_out_what_never_reached_a_build() -> None:
    """An idea dropped before could hardly meet a judge, so it does not speak against going without."""
    found = figures(feature(judged=True), feature("abandoned", PHASES[:3]), feature("abandoned", PHASES[:4]))
    assert (found.judge.features, found.judge.adoption.n) == (1, 3)
    assert (found.judge.judged.features, found.judge.unjudged.features) == (1, 1)


def test_a_size_that_is_not_known_is_in_no_band() -> None:
    """No manifest, no size."""
    found = figures(feature(files=0), feature(files=9), feature(files=10), feature(files=30), feature(files=31))
    assert [(band.files, band.group.features) for band in found.bands] == [("<10", 1), ("10-30", 2), (">30", 1)]


def test_a_file_type_has_its_usual_specialist() -> None:
    """The one most designs choose; `general` is none, and `other` is no type to speak of."""
    terraform = Matching("terraform-specialist", ".tf", 0.95, was_overridden=True)
    general, other = Matching("general", ".tf", 0.7, False), Matching("custom", "other", 0.7, False)
    found = figures(feature(matching=(terraform, general, other)), feature(matching=(general,)), feature())
    (use,) = found.file_types
    assert (use.file_type, use.features, use.with_any_specialist, use.agent) == (".tf", 2, 1, "terraform-specialist")
    assert (use.with_agent.features, use.without_agent.features) == (1, 1)


def test_waiting_is_in_flight_and_untouched_for_over_a_week() -> None:
    """A week exactly is not over a week; what is abandoned waits no more."""
    found = figures(
        feature("in_flight", ("define",), idle_days=8),
        feature("in_flight", ("define", "design"), idle_days=9),
        feature("in_flight", ("define",), idle_days=7),
        feature("abandoned", ("define",), idle_days=30),
    )
    assert [(row.phase, row.features) for row in found.waiting] == [("define", 1), ("design", 1)]


def test_errors_are_counted_by_kind_and_phase() -> None:
    """The most frequent first."""
    found = figures(feature(error=("build", "tests_failed")), *[feature(error=("define", "api_error"))] * 2, feature())
    assert [(row.category, row.phase, row.features, row.recovered) for row in found.errors] == [
        ("api_error", "define", 2, 0),
        ("tests_failed", "build", 1, 0),
    ]


def test_the_seeds_month_has_the_seeds_figures() -> None:
    """Ten shipped in 2.3 hours, and 77 % from build to ship."""
    found = figures_of(seed_month(), NOW)
    assert found.features.shipped == 10
    assert found.duration.mean == pytest.approx(2.3, abs=0.01)
    assert step(found, "build").rate.value == pytest.approx(10 / 13)


@settings(deadline=None)
@given(st.lists(any_feature, max_size=30))
def test_figures_add_up(features: list[TrackedFeature]) -> None:
    """Whatever the features: the parts make the whole, and no share leaves 0 to 1."""
    found = figures_of(features, NOW)
    counts = found.features
    assert counts.started == counts.shipped + counts.in_flight + counts.abandoned == len(features)
    assert counts.ship_rate.n <= min(counts.settled, counts.shipped + counts.abandoned)
    for row in found.transitions:
        assert row.rate.n <= counts.settled
        assert row.rate.n + row.in_flight <= len(features)
        assert row.in_flight <= counts.in_flight + counts.young
        assert 0 <= row.rate.hits <= row.rate.n
        assert row.rate.value is None or 0 <= row.rate.low <= row.rate.value <= row.rate.high <= 1  # type: ignore[operator]
    assert sum(row.investigate for row in found.transitions) <= 1
    assert all(0 <= use.used <= len(features) for use in found.agents)
    assert all(use.quality is None or 0 <= use.quality <= 10 for use in found.agents)
    assert found.judge.judged.features + found.judge.unjudged.features <= len(features)
    assert found.judge.features <= len(features)
    assert all(row.recovered <= row.features for row in found.errors)


@settings(deadline=None)
@given(st.lists(any_feature, max_size=20), any_young_feature, st.sampled_from(("in_flight", "abandoned")))
def test_an_early_success_raises_no_rate(others: list[TrackedFeature], young: TrackedFeature, otherwise: State) -> None:
    """Before 14 days it makes no difference to any rate whether a feature shipped, or whether it is there at all."""
    shipped = young._replace(state="shipped", completed=frozenset(PHASES))
    with_success = figures(*others, shipped)
    assert rates_in(with_success) == rates_in(
        figures(*others, shipped._replace(state=otherwise, completed=young.started))
    )
    assert own_rates_in(with_success) == own_rates_in(figures(*others))


def own_rates_in(found: Figures) -> list[Rate]:
    """Every rate of what became of features, but for those whose groups depend on what others chose."""
    groups = (found.judge.judged, found.judge.unjudged, *(band.group for band in found.bands))
    steps = (row.rate for row in found.transitions)
    return [found.features.ship_rate, *steps, *(group.shipped for group in groups)]


def rates_in(found: Figures) -> list[Rate]:
    """Every rate of what became of features."""
    pairs = ((use.with_agent, use.without_agent) for use in found.file_types)
    return own_rates_in(found) + [group.shipped for pair in pairs for group in pair]
