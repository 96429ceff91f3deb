"""Recommendations: each rule speaks where the figures support it, and is silent where they do not."""

from __future__ import annotations

import pytest

from telemetry.contract.records import Matching, TrackedFeature
from telemetry.contract.vocabulary import AGENTS, PHASES
from telemetry.insights.discoveries import discoveries_of
from telemetry.insights.figures import figures_of
from telemetry.insights.recommendations import RULES, SPECIALISTS, Recommendation, recommendations_of
from tests.insights.cohorts import NOW, feature


def advised(features: list[TrackedFeature]) -> dict[str, Recommendation]:
    """The recommendations for some features, by kind."""
    figures = figures_of(features, NOW)
    return {found.kind: found for found in recommendations_of(figures, discoveries_of(figures))}


def _match(agent: str, file_type: str, overridden: bool = False) -> tuple[Matching, ...]:
    return (Matching(agent, file_type, 0.95, overridden),)


SUPPORTING = {
    "weakest_transition": [feature()] * 5 + [feature("abandoned", PHASES[:3])] * 5,
    "judge_more": [feature(judged=True)] * 12 + [feature("abandoned")] * 8,
    "clarify_define": [feature(error=("define", "needs_clarification"))] * 5 + [feature()] * 5,
    "plan_tests": [feature(tested=False)] * 6 + [feature()] * 4,
    "fix_tests": [feature(error=("build", "tests_failed"))] * 5 + [feature()] * 5,
    "improve_agent": [feature(agents={"spark-specialist": 5.0})] * 5,
    "replaced_agent": [feature(matching=_match("dbt-specialist", ".sql", overridden=True))] * 6,
    "use_specialist": [feature(matching=_match("general", ".tf"))] * 6,
    "follow_gap": [feature(matching=_match("terraform-specialist", ".tf"))] * 10
    + [feature("abandoned", matching=_match("general", ".tf"))] * 6,
    "split_large": [feature(files=3)] * 12 + [feature("abandoned", files=50)] * 8,
    "steady_api": [feature(error=("build", "api_error"))] * 5 + [feature()] * 5,
    "fewer_interrupts": [feature(error=("build", "interrupted"))] * 5 + [feature()] * 5,
    "take_up_waiting": [feature("in_flight", ("define",), idle_days=9)],
}


def test_every_rule_has_a_case_here() -> None:
    """A rule without a test is not a rule."""
    assert [rule.__name__ for rule in RULES] == list(SUPPORTING)


@pytest.mark.parametrize("kind", SUPPORTING)
def test_a_rule_speaks_where_the_figures_support_it(kind: str) -> None:
    """Under its own name, in one or two sentences, with its n."""
    found = advised(SUPPORTING[kind])[kind]
    assert found.text.endswith(".")
    assert found.n >= 1


@pytest.mark.parametrize("kind", [kind for kind in SUPPORTING if kind != "take_up_waiting"])
def test_few_features_support_nothing(kind: str) -> None:
    """Two of the same features are no habit."""
    assert kind not in advised(SUPPORTING[kind][:1] + SUPPORTING[kind][-1:])


def test_a_good_month_needs_no_advice() -> None:
    """Everything ships, tested, with good specialists: silence."""
    assert advised([feature(agents={"python-developer": 9.1}, matching=_match("python-developer", ".py"))] * 12) == {}


def test_a_habit_that_may_be_chance_is_none() -> None:
    """2 of 10 could be 1 of 20 as well."""
    assert "steady_api" not in advised([feature(error=("build", "api_error"))] * 2 + [feature()] * 8)


def test_specialists_are_agents_of_agentspec() -> None:
    """Nobody is sent to an agent that does not exist."""
    assert set(SPECIALISTS.values()) <= AGENTS


def test_a_young_month_is_told_nothing_of_where_it_stops() -> None:
    """Features of this week have not stopped anywhere yet."""
    young = [feature(days_ago=4)] * 9 + [feature("in_flight", PHASES[:3], days_ago=4)] * 9
    assert advised(young) == {}


def test_replaced_agents_are_counted_by_feature() -> None:
    """Three file types of two features are two, too few to speak of."""
    rows = tuple(Matching("dbt-specialist", name, 0.95, True) for name in (".sql", ".yml", ".py"))
    assert "replaced_agent" not in advised([feature(matching=rows)] * 2)
    text = advised([feature(matching=rows)] * 6)["replaced_agent"].text
    assert text.startswith("/build replaced @dbt-specialist in 6 of 6 features.")


def test_the_advice_quotes_the_figures() -> None:
    """So that it can be checked against the screen."""
    text = advised(SUPPORTING["weakest_transition"])["weakest_transition"].text
    assert text.startswith("5 of 10 features stopped between /design and /build.")
