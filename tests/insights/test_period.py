"""Periods: whole days of the person's own time zone, both ends included."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import date, datetime, timezone

import pytest

from telemetry.contract.records import TrackedFeature
from telemetry.insights.period import between, cohort, last_days
from tests.insights.cohorts import feature


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A person in New York, five hours behind UTC in winter and four in summer."""
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def seen(*moments: datetime) -> list[TrackedFeature]:
    """Features first seen at these instants."""
    return [feature()._replace(first_seen=moment) for moment in moments]


def utc(day: int, hour: int, month: int = 11) -> datetime:
    """An instant of 2026."""
    return datetime(2026, month, day, hour, tzinfo=timezone.utc)


@pytest.mark.usefixtures("in_new_york")
def test_a_day_begins_at_midnight_of_the_persons_time_zone() -> None:
    """4 o'clock UTC is still yesterday in New York."""
    features = seen(utc(22, 4), utc(22, 5), utc(23, 4), utc(23, 5))
    found = cohort(features, between(date(2026, 11, 22), date(2026, 11, 22)))
    assert [one.first_seen for one in found] == [utc(22, 5), utc(23, 4)]


@pytest.mark.usefixtures("in_new_york")
def test_summer_time_is_the_days_own() -> None:
    """A day in July begins an hour earlier in UTC than one in November."""
    assert cohort(seen(utc(1, 4, month=7)), between(date(2026, 7, 1), None))


def test_the_last_days_include_today() -> None:
    """30 days end with today, and 1 day is today."""
    assert last_days(30, date(2026, 11, 22))[:2] == (date(2026, 10, 24), date(2026, 11, 22))
    assert last_days(1, date(2026, 11, 22)) == (date(2026, 11, 22), date(2026, 11, 22), "Today")


def test_without_bounds_everything_is_in() -> None:
    """Also what a clock that went backwards left in the future."""
    assert len(cohort(seen(utc(1, 1, month=1), datetime(2099, 1, 1, tzinfo=timezone.utc)), between(None, None))) == 2


@pytest.mark.parametrize(
    ("since", "until", "title"),
    [
        (date(2026, 1, 1), date(2026, 2, 1), "2026-01-01 to 2026-02-01"),
        (date(2026, 1, 1), None, "Since 2026-01-01"),
        (None, date(2026, 2, 1), "Until 2026-02-01"),
        (None, None, "All Time"),
    ],
)
def test_a_period_says_what_it_is(since: date | None, until: date | None, title: str) -> None:
    """In the heading of the screen."""
    assert between(since, until).title == title
