"""The comparison for other tools: as schemas/community.yaml says, whatever the features and releases are."""

from __future__ import annotations

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from telemetry.contract.records import TrackedFeature
from telemetry.contract.release import Release
from telemetry.contract.resources import shipped as resource
from telemetry.insights.community.as_json import as_json
from telemetry.insights.community.report import community_of
from tests.insights.cohorts import NOW, any_feature, seed_month
from tests.insights.community.releases import MONTH, WEEK, counted, exact, noised, shipped
from tests.insights.community.test_screen import PERIOD, PLAIN, rare_habits

SCHEMA: dict[str, Any] = yaml.safe_load(resource("schemas", "community.yaml").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def answered(features: list[TrackedFeature], week: Release | None, month: Release | None = None) -> dict[str, Any]:
    """The JSON, as it is written and read."""
    found: dict[str, Any] = json.loads(json.dumps(as_json(community_of(features, week, month, NOW), PLAIN, PERIOD)))
    return found


def test_typical_answers_are_valid() -> None:
    """Also those in which hardly anything is known."""
    thin = counted({"all": {"all": shipped(5, 1.0)}})
    for week, month in ((None, None), (thin, None), (thin, noised()[MONTH]), (exact()[WEEK], exact()[MONTH])):
        for features in ([], seed_month(), rare_habits()):
            VALIDATOR.validate(answered(features, week, month))


def test_every_part_of_the_schema_is_reached() -> None:
    """Patterns, rankings and a leaderboard, with numbers."""
    found = answered(rare_habits(), exact()[WEEK], exact()[MONTH])
    assert {"habit"} <= {pattern["kind"] for pattern in found["patterns"]}
    assert {(one["category"], one["of"]) for one in found["effectiveness"]} >= {("ai_llm", "pair"), ("ai_llm", "agent")}
    assert found["leaderboard"]["ranked"][0]["first"] == 1
    assert found["leaderboard"]["unranked"][0]["agent"] == "general"
    assert found["you"] == {"compared": 30, "young": 0, "in_flight": 0}
    assert [one["kind"] for one in found["comparison"]] == ["ship_rate", "duration", "agents", "judge_adoption"]


def test_it_says_what_the_screen_says() -> None:
    """The same figures, and where they come from."""
    found = answered(seed_month(), exact()[WEEK], exact()[MONTH])
    duration = found["comparison"][1]
    assert (duration["you"]["n"], duration["you"]["value"]) == (10, 2.3)
    assert (duration["is_relative"], duration["is_clear"], duration["is_better"]) == (True, True, True)
    assert duration["period"] == WEEK and -0.3 < duration["difference"]["value"] < -0.2
    assert found["development"] is True and found["week"]["reports"] == 4000
    assert found["standing"]["fetched"] == "2026-11-22T10:00:00.000Z"


def test_without_a_release_there_are_nulls() -> None:
    """And the person's own figures."""
    found = answered(seed_month(), None)
    assert (found["week"], found["month"], found["leaderboard"]) == (None, None, None)
    assert found["comparison"][0]["community"] is None and found["comparison"][0]["you"]["n"] == 13
    assert found["effectiveness"] == found["patterns"] == []


@settings(deadline=None, max_examples=50)
@given(st.lists(any_feature, max_size=30), st.booleans())
def test_any_features_give_valid_json(features: list[TrackedFeature], is_exact: bool) -> None:
    """No list of features is too odd."""
    releases = exact() if is_exact else noised()
    VALIDATOR.validate(answered(features, releases[WEEK], releases[MONTH]))
