"""What of the person's week is taken, in words: how much has left, what waits for a place, what is left out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from telemetry.cli.sharing.setting import moment, plural
from telemetry.sharing.household import Household
from telemetry.sharing.sealed import text_of


def as_json(household: Household, now: datetime) -> dict[str, Any]:
    """The week for programs. `left` (for this server), `sealed`: of all projects; `left_out`: features of this one."""
    outlook = household.outlook(now)
    return {
        "most": outlook.most,
        "left": outlook.left,
        "next": _text_of(outlook.next_left),
        "sealed": outlook.sealed,
        "next_sealed": _text_of(outlook.next_sealed),
        "left_out": household.left_out(),
    }


def has_left(week: dict[str, Any]) -> str:
    """How much has left, and when more may."""
    count = f"{week['left']} of {week['most']} reports of all your projects have left"
    return f"{count}; the next may leave on {_day(week['next'])}" if week["next"] else count


def is_sealed(week: dict[str, Any]) -> str | None:
    """What becomes of what is finished now; None where it is sealed as ever."""
    if not week["next_sealed"]:
        return None
    return (
        f"{week['sealed']} of {week['most']} are sealed; what is finished before {_day(week['next_sealed'])} stays here"
    )


def left_out(week: dict[str, Any]) -> str | None:
    """What found the week full; None where nothing did."""
    count = week["left_out"]
    return f"{plural(count, 'feature')}: the week was full; never shared" if count else None


def _day(text: str) -> str:
    at = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    return f"{at:%A}, {moment(text)}"


def _text_of(at: datetime | None) -> str | None:
    return text_of(at) if at else None
