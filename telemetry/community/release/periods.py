"""Weeks and months as releases walk over them. Pure.

A month, as `2026-11`, is made of whole weeks (telemetry/contract/weeks.py), four or five.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from telemetry.contract.weeks import month_of, start_of, week_of

# As in schemas/release.yaml; nothing else names a file.
_WEEK = re.compile("20[0-9]{2}-W(0[1-9]|[1-4][0-9]|5[0-3])")
_MONTH = re.compile("20[0-9]{2}-(0[1-9]|1[0-2])")
PATTERN = f"^(?:{_WEEK.pattern}|{_MONTH.pattern})$"  # for others to read; is_period decides


def is_week(text: str) -> bool:
    """Whether it has the form of a week, as 2026-W45."""
    return _WEEK.fullmatch(text) is not None


def is_month(text: str) -> bool:
    """Whether it has the form of a month, as 2026-10."""
    return _MONTH.fullmatch(text) is not None


def is_period(text: str) -> bool:
    """Whether a release can be of it."""
    return is_week(text) or is_month(text)


def weeks_between(first: str, last: str) -> list[str]:
    """All weeks from the first to the last, both included; empty where they are the wrong way round."""
    weeks = []
    while first <= last:  # as texts they sort like time
        weeks.append(first)
        first = week_of(start_of(first) + timedelta(days=7))
    return weeks


def year_to(week: str) -> tuple[str, str]:
    """The first and the last of the 52 weeks that end with this one."""
    return week_of(start_of(week) - timedelta(days=51 * 7)), week


def weeks_of(month: str) -> tuple[str, ...]:
    """The weeks of a month."""
    begin = datetime.fromisoformat(f"{month}-01").replace(tzinfo=timezone.utc)
    near = weeks_between(week_of(begin - timedelta(days=7)), week_of(begin + timedelta(days=37)))
    return tuple(week for week in near if month_of(week) == month)
