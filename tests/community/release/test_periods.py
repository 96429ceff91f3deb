"""Weeks and months as releases walk over them."""

from __future__ import annotations

import pytest

from telemetry.community.release.periods import is_month, is_period, is_week, weeks_between, weeks_of, year_to
from telemetry.contract.weeks import month_of


def test_weeks_follow_each_other_over_the_end_of_a_long_year() -> None:
    """2026 has 53 of them."""
    assert weeks_between("2026-W52", "2027-W02") == ["2026-W52", "2026-W53", "2027-W01", "2027-W02"]
    assert weeks_between("2026-W05", "2026-W04") == []


def test_every_week_is_in_one_month_and_in_order() -> None:
    """Four or five each; together they are the year."""
    months = [f"2026-{number:02d}" for number in range(1, 13)]
    weeks = [week for month in months for week in weeks_of(month)]
    assert weeks == weeks_between("2026-W01", "2026-W53")
    assert all(month_of(week) == month for month in months for week in weeks_of(month))
    assert {len(weeks_of(month)) for month in months} == {4, 5}


def test_a_year_is_52_weeks_that_end_with_this_one() -> None:
    """However many the calendar's has."""
    first, last = year_to("2027-W10")
    assert len(weeks_between(first, last)) == 52 and last == "2027-W10"


@pytest.mark.parametrize("text", ["2026-W01", "2026-W53", "2026-01", "2026-12", "2099-W45"])
def test_a_period_has_one_form(text: str) -> None:
    """A week's or a month's."""
    assert is_period(text)
    assert is_week(text) != is_month(text)


@pytest.mark.parametrize(
    "text",
    ["2026-W00", "2026-W54", "2026-W5", "2026-w45", "2026-13", "2026-00", "2026-1", "1999-10", "2026", "", "latest",
     "2026-10\n", " 2026-10", "2026-W45.json", "../2026-10", "２０２６-10", "2026-1٠"],
)  # fmt: skip
def test_nothing_else_is_a_period(text: str) -> None:
    """As it names a file."""
    assert not is_period(text)
