"""Discoveries: made where both groups are large enough and the difference is clear, and only there."""

from __future__ import annotations

import pytest

from telemetry.contract.records import Judge, Matching, TrackedFeature
from telemetry.contract.vocabulary import PHASES
from telemetry.insights.discoveries import Discovery, discoveries_of
from telemetry.insights.figures import figures_of
from tests.insights.cohorts import NOW, feature


def made(*features: TrackedFeature) -> dict[str, Discovery]:
    """The discoveries in some features, by kind."""
    return {found.kind: found for found in discoveries_of(figures_of(list(features), NOW))}


def test_judged_features_that_ship_more_often_are_a_discovery() -> None:
    """With both groups' n, and the interval of the difference."""
    found = made(*[feature(judged=True)] * 20, *[feature()] * 10, *[feature("abandoned")] * 10)["judge_impact"]
    assert [side.group.shipped.n for side in found.sides] == [20, 20]
    assert found.difference.low > 0
    assert found.text == "Features judged before their build ship 50 points more often"


def test_points_are_the_difference_of_the_shares_that_are_shown() -> None:
    """95% (95.2) beside 57% (56.7) is 38 points, though nearly 39 lie between them."""
    judged = [*[feature(judged=True)] * 40, *[feature("abandoned", judged=True)] * 2]
    found = made(*judged, *[feature()] * 17, *[feature("abandoned")] * 13)["judge_impact"]
    assert found.text == "Features judged before their build ship 38 points more often"


def test_judged_features_that_ship_less_often_are_told_as_well() -> None:
    """A discovery is not an advertisement."""
    found = made(*[feature()] * 20, *[feature("abandoned", judged=True)] * 20)["judge_impact"]
    assert found.text == "Features judged before their build ship 100 points less often"


def test_four_features_are_too_few() -> None:
    """However clear they look."""
    assert made(*[feature(judged=True)] * 20, *[feature("abandoned")] * 4) == {}


def test_work_in_flight_makes_no_group_larger() -> None:
    """Five that came to an end are needed, not five that were begun."""
    assert made(*[feature(judged=True)] * 20, *[feature("abandoned")] * 4, *[feature("in_flight")] * 9) == {}


def test_early_successes_make_no_group_larger() -> None:
    """What shipped within days could not have been abandoned in them."""
    assert made(*[feature(judged=True, days_ago=3)] * 20, *[feature("abandoned")] * 20) == {}


def test_late_verdicts_are_no_discovery() -> None:
    """What lives to be shipped has more time to meet a judge; that is no merit of the judge's."""
    late = feature(judged=True)
    late = late._replace(record=late.record._replace(judge=Judge(enabled=True, post_build_score=9.0)))
    assert made(*[late] * 20, *[feature("abandoned", PHASES[:4])] * 20) == {}


def test_what_never_reached_a_build_is_no_discovery() -> None:
    """It stopped before anything could come of a verdict, or of none."""
    assert made(*[feature(judged=True)] * 20, *[feature("abandoned", PHASES[:3])] * 20) == {}


def test_a_difference_that_may_be_chance_is_none() -> None:
    """9 of 10 against 7 of 10 is what chance does."""
    judged = [feature(judged=True)] * 9 + [feature("abandoned", judged=True)]
    assert made(*judged, *[feature()] * 7, *[feature("abandoned")] * 3) == {}


def test_a_specialist_that_goes_with_shipping_is_a_discovery() -> None:
    """Named with the share of features that use it."""
    with_it = feature(matching=(Matching("terraform-specialist", ".tf", 0.95, False),))
    without = feature("abandoned", matching=(Matching("general", ".tf", 0.7, False),))
    found = made(*[with_it] * 10, *[without] * 5)["agent_gap"]
    assert found.note == "67% of .tf features use @terraform-specialist"
    assert found.about == "terraform-specialist"


def test_large_features_that_ship_less_often_are_a_ceiling() -> None:
    """Smallest against largest, of the sizes with enough features."""
    found = made(*[feature(files=3)] * 12, *[feature("abandoned", files=50)] * 8)["complexity_ceiling"]
    assert [side.label for side in found.sides] == ["<10 files", ">30 files"]


@pytest.mark.parametrize("files", [3, 20])
def test_large_features_that_ship_more_often_are_no_ceiling(files: int) -> None:
    """There is nothing to warn of."""
    assert "complexity_ceiling" not in made(*[feature("abandoned", files=files)] * 8, *[feature(files=50)] * 12)
