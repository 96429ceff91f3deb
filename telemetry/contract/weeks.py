"""Weeks, the unit in which reports are added up and released: ISO weeks in UTC, as 2026-W47. Pure.

The week of a report is the one in which the server took it, not the hour that the report says.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

SETTLING = timedelta(days=7)  # for as long as a report is kept raw, it can be taken back


def week_of(moment: datetime) -> str:
    """The week of a moment that knows its time zone."""
    year, week, _ = moment.astimezone(timezone.utc).isocalendar()
    return f"{year:04d}-W{week:02d}"


def start_of(week: str) -> datetime:
    """The first moment of a week, in UTC. Raises ValueError for what is no week."""
    year, _, number = week.partition("-W")
    start = datetime.fromisocalendar(int(year), int(number), 1).replace(tzinfo=timezone.utc)
    if week_of(start) != week:
        raise ValueError("no week")
    return start


def end_of(week: str) -> datetime:
    """The first moment after a week."""
    return start_of(week) + timedelta(days=7)


def is_closed(week: str, now: datetime) -> bool:
    """Whether nothing of a week can change any more: it is over, and none of its reports can be taken back."""
    return end_of(week) + SETTLING <= now


def month_of(week: str) -> str:
    """The month of a week, as 2026-11: that of its Thursday, so that each week has one."""
    return (start_of(week) + timedelta(days=3)).strftime("%Y-%m")
