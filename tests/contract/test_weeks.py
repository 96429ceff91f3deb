"""Weeks begin on Monday in UTC, and close when nothing in them can change any more."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.contract.weeks import end_of, is_closed, month_of, start_of, week_of

MOMENTS = st.datetimes(datetime(2000, 1, 3), datetime(2099, 12, 1), timezones=st.just(timezone.utc))


def test_a_week_begins_on_monday_in_utc() -> None:
    """Wherever the server's clock is read."""
    assert week_of(datetime(2026, 11, 22, 23, 59, 59, tzinfo=timezone.utc)) == "2026-W47"
    assert week_of(datetime(2026, 11, 23, tzinfo=timezone.utc)) == "2026-W48"
    assert week_of(datetime(2026, 11, 22, 23, tzinfo=timezone(timedelta(hours=-2)))) == "2026-W48"


def test_the_first_days_of_january_may_be_of_the_old_year() -> None:
    """As ISO 8601 counts."""
    assert week_of(datetime(2027, 1, 1, tzinfo=timezone.utc)) == "2026-W53"
    assert week_of(datetime(2027, 1, 4, tzinfo=timezone.utc)) == "2027-W01"


@given(MOMENTS)
def test_every_moment_lies_in_its_week(moment: datetime) -> None:
    """And weeks follow each other without a gap, also by their names."""
    week = week_of(moment)
    assert start_of(week) <= moment < end_of(week)
    assert week_of(end_of(week)) > week


@pytest.mark.parametrize("word", ["2026-W54", "2026-W00", "2026-W7", "2026-11", "", "W", "2025-W53"])
def test_what_is_no_week_is_refused(word: str) -> None:
    """2025 has 52 of them."""
    with pytest.raises(ValueError):
        start_of(word)


def test_a_week_closes_when_its_last_report_cannot_be_taken_back_any_more() -> None:
    """Seven days after its end, to the second."""
    closes = datetime(2026, 11, 30, tzinfo=timezone.utc)
    assert is_closed("2026-W47", closes)
    assert not is_closed("2026-W47", closes - timedelta(seconds=1))


def test_a_week_has_the_month_of_its_thursday() -> None:
    """So each belongs to one month."""
    assert [month_of(week) for week in ("2026-W48", "2026-W49", "2026-W53")] == ["2026-11", "2026-12", "2026-12"]
