"""The JSON for other tools: as schemas/insights.yaml says, whatever the features are."""

from __future__ import annotations

from datetime import date
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from telemetry.contract.records import TrackedFeature
from telemetry.contract.resources import shipped
from telemetry.insights.as_json import as_json
from telemetry.insights.discoveries import discoveries_of
from telemetry.insights.figures import figures_of
from telemetry.insights.period import between, last_days
from telemetry.insights.recommendations import RULES, recommendations_of
from telemetry.insights.screen import plain, screen
from tests.insights.cohorts import NOW, any_feature, seed_month
from tests.insights.test_screen import contrasting_month

SCHEMA: dict[str, Any] = yaml.safe_load(shipped("schemas", "insights.yaml").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def answered(features: list[TrackedFeature]) -> dict[str, Any]:
    """The JSON of some features."""
    figures = figures_of(features, NOW)
    discoveries = discoveries_of(figures)
    advice = recommendations_of(figures, discoveries)
    period = last_days(30, date(2026, 11, 22))
    return as_json(period, figures, discoveries, advice, events=7, set_aside=1)


def objects_in(schema: object) -> list[dict[str, Any]]:
    """Every object schema inside a schema."""
    if isinstance(schema, list):
        return [found for part in schema for found in objects_in(part)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if "properties" in schema else []
    return own + [found for part in schema.values() for found in objects_in(part)]


def test_the_schema_is_a_schema_and_describes_every_field() -> None:
    """Closed objects, and a description of what each field is for."""
    Draft202012Validator.check_schema(SCHEMA)
    for found in objects_in({name: part for name, part in SCHEMA.items() if name != "$defs"}):
        assert found["additionalProperties"] is False
        assert sorted(found["required"]) == sorted(found["properties"])
        for name, field in found["properties"].items():
            assert field.get("description"), name


def test_the_keys_other_tools_rely_on_are_there() -> None:
    """The contract of the first release, key for key."""
    answer = answered(seed_month())
    assert answer["period"] == {"since": "2026-10-24", "until": "2026-11-22"}
    assert answer["features"].items() >= {"started": 15, "shipped": 10, "in_flight": 2, "abandoned": 3}.items()
    assert set(answer["features"]["ship_rate"]) == {"value", "low", "high", "n"}
    assert set(answer["duration_hours"]) >= {"mean", "median"}
    assert set(answer["phase_completion"][0]) >= {"from", "to", "rate", "n", "in_flight", "investigate"}
    assert set(answer["agents"][0]) >= {"agent_type", "used", "quality"}
    assert set(answer["judge"]) >= {"features", "adoption"}
    assert set(answer["knowledge"][0]) == {"domain", "features"}
    assert set(answer["recommendations"][0]) == {"kind", "text", "n"}


def test_typical_months_are_valid() -> None:
    """Also one with every kind of discovery."""
    for features in ([], seed_month(), contrasting_month()):
        VALIDATOR.validate(answered(features))
    assert len(answered(contrasting_month())["discoveries"]) == 3


def test_a_period_without_bounds_has_null_for_days() -> None:
    """`--all` bounds nothing, so nothing is said of days."""
    figures = figures_of([], NOW)
    answer = as_json(between(None, None), figures, (), (), events=0, set_aside=0)
    assert answer["period"] == {"since": None, "until": None}
    VALIDATOR.validate(answer)


@settings(deadline=None)
@given(st.lists(any_feature, max_size=30))
def test_any_features_give_valid_json(features: list[TrackedFeature]) -> None:
    """The figures are total: no list of features is too odd for them."""
    answer = answered(features)
    VALIDATOR.validate(answer)
    assert {found["kind"] for found in answer["recommendations"]} <= {rule.__name__ for rule in RULES}


@settings(deadline=None)
@given(st.lists(any_feature, max_size=30))
def test_any_features_give_a_screen(features: list[TrackedFeature]) -> None:
    """So is the screen, at its width and in ASCII."""
    figures = figures_of(features, NOW)
    discoveries = discoveries_of(figures)
    text = screen(between(None, None), figures, discoveries, recommendations_of(figures, discoveries))
    assert max(map(len, text.splitlines())) <= 80
    assert plain(text).isascii()
