"""The fold over any valid events: total, without an order, feature by feature."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from telemetry.contract.event_check import is_event
from telemetry.contract.records import TrackedFeature
from telemetry.contract.resources import shipped
from telemetry.contract.vocabulary import PHASES
from telemetry.features.fold import fold
from telemetry.features.runs import runs_of
from telemetry.journal.read import seen_of
from tests.features.events import ref
from tests.features.strategies import Event, crowded_events, events, journals

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
THOROUGH = settings(max_examples=400, deadline=None)


@cache
def validator() -> Draft202012Validator:
    """Of schemas/feature.yaml."""
    rules: dict[str, Any] = yaml.safe_load(shipped("schemas", "feature.yaml").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(rules)
    return Draft202012Validator(rules)


@settings(max_examples=300, deadline=None)
@given(events())
def test_the_strategy_draws_valid_events(event: Event) -> None:
    """What the other tests stand on."""
    assert is_event(event)


@THOROUGH
@given(journals())
def test_any_valid_events_give_valid_features(journal: list[Event]) -> None:
    """By schemas/feature.yaml, and consistent in themselves."""
    for feature in fold(journal, NOW):
        validator().validate(feature.record.as_json())
        _is_consistent(feature)


def _is_consistent(feature: TrackedFeature) -> None:
    record, timing, errors = feature.record, feature.record.timing, feature.record.errors
    assert feature.started == set(record.complexity.phases_used)
    assert feature.completed <= set(PHASES)
    assert feature.first_seen <= feature.last_seen
    parts = timing.define_duration_seconds + timing.design_duration_seconds + timing.build_duration_seconds
    assert 0 <= parts <= timing.total_duration_seconds + 2
    assert record.outcome.shipped == (feature.state == "shipped")
    assert not record.outcome.shipped or "ship" in feature.completed
    assert record.outcome.judge_used == record.judge.enabled
    assert (errors.phase_failed is None) == (errors.error_category is None) == (errors.recovered is None)
    assert errors.phase_failed is None or errors.phase_failed in feature.started
    assert not errors.recovered or errors.phase_failed in feature.completed
    assert all(count > 0 for count in feature.agent_runs.values())


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_order_of_arrival_and_doubles_change_nothing(data: st.DataObject) -> None:
    """Any permutation, any events twice, also with other contents under the same id."""
    journal = data.draw(st.lists(st.one_of(events(), crowded_events()), max_size=25))
    again = data.draw(st.lists(st.sampled_from(journal), max_size=10)) if journal else []
    shuffled = data.draw(st.permutations(journal + again))
    assert fold(shuffled, NOW) == fold(journal, NOW)


@THOROUGH
@given(journals(), journals(15))
def test_events_of_other_sessions_and_features_change_no_feature(journal: list[Event], others: list[Event]) -> None:
    """A feature is what its own sessions say."""
    away = [_elsewhere(event) for event in others]
    before = fold(journal, NOW)
    after = fold(journal + away, NOW)
    assert [feature for feature in after if feature in before] == before
    assert {feature.ref for feature in after} == {feature.ref for feature in before + fold(away, NOW)}


def _elsewhere(event: Event) -> Event:
    other = {"id": event["id"][::-1], "session": event["session"][::-1]}
    return {**event, **other, "feature": event["feature"] and event["feature"][::-1]}


@THOROUGH
@given(journals())
def test_runs_of_one_session_lie_in_time_and_take_no_negative_time(journal: list[Event]) -> None:
    """Whatever the clock did."""
    for run in runs_of(ref("any"), [seen_of(event) for event in journal]):
        assert 0 <= run.active <= run.end - run.start


@THOROUGH
@given(journals())
def test_time_only_makes_features_older(journal: list[Event]) -> None:
    """Asked later, nothing but states and errors differs."""
    later = datetime(2030, 1, 1, tzinfo=timezone.utc)
    for before, after in zip(fold(journal, NOW), fold(journal, later), strict=True):
        assert (before.ref, before.started, before.completed, before.record.timing) == (
            after.ref,
            after.started,
            after.completed,
            after.record.timing,
        )
        assert before.state == after.state or (before.state, after.state) == ("in_flight", "abandoned")
