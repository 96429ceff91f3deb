"""Which features a question is about: those first seen between two instants. Pure.

Days are the person's own: they begin and end at midnight of the local time zone.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from telemetry.contract.records import TrackedFeature

DEFAULT_DAYS = 30
COMPARED_DAYS = 90  # with others: of 30 days, half are too young to be compared


class Period(NamedTuple):
    """Days from `since` to `until`, both included; None where nothing bounds them."""

    since: date | None
    until: date | None
    title: str

    def as_json(self) -> dict[str, str | None]:
        """Its days; null where nothing bounds it."""
        return {"since": str(self.since) if self.since else None, "until": str(self.until) if self.until else None}


def last_days(days: int, today: date) -> Period:
    """The last so many days, today included."""
    return Period(today - timedelta(days=days - 1), today, f"Last {days} Days" if days > 1 else "Today")


def between(since: date | None, until: date | None) -> Period:
    """From one day to another; open where a day is None."""
    if since and until:
        title = f"{since} to {until}"
    elif since:
        title = f"Since {since}"
    else:
        title = f"Until {until}" if until else "All Time"
    return Period(since, until, title)


def cohort(features: list[TrackedFeature], period: Period) -> list[TrackedFeature]:
    """The features first seen in the period."""
    begin = begin_of(period)
    end = _midnight(period.until + timedelta(days=1)) if period.until else None
    return [
        feature
        for feature in features
        if (begin is None or feature.first_seen >= begin) and (end is None or feature.first_seen < end)
    ]


def begin_of(period: Period) -> datetime | None:
    """The instant at which the period begins."""
    return _midnight(period.since) if period.since else None


def _midnight(day: date) -> datetime:
    """The local instant at which a day begins, summer time included."""
    return datetime.combine(day, time()).astimezone()
