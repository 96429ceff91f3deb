"""Instants of events as numbers. Total: a 31st of February is the 3rd of March, never an error."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

_EPOCH = date(1970, 1, 1).toordinal()
_ZERO = datetime(1970, 1, 1, tzinfo=timezone.utc)
_days: dict[str, int] = {}  # at most a century of dates


def minute_of(at: str) -> int:
    """Whole minutes since 1970 of an event's instant."""
    day = _days.get(at[:10])
    if day is None:
        day = _days[at[:10]] = date(int(at[:4]), int(at[5:7]), 1).toordinal() - _EPOCH + int(at[8:10]) - 1
    return (day * 24 + int(at[11:13])) * 60 + int(at[14:16])


def milliseconds(at: str) -> int:
    """Milliseconds since 1970 of an event's instant."""
    return minute_of(at) * 60_000 + int(at[17:19]) * 1000 + int(at[20:23])


def instant(moment: int) -> datetime:
    """Milliseconds since 1970 as a time in UTC."""
    return _ZERO + timedelta(milliseconds=moment)


def text_of(moment: int) -> str:
    """Milliseconds since 1970 as an event writes them: 2026-11-22T10:00:00.000Z."""
    return instant(moment).isoformat(timespec="milliseconds")[:23] + "Z"
