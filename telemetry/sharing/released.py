"""Whether a file is the community's benchmarks, and whose. Pure; believes nothing it has not looked at.

In this order: is it small, is it canonical, did the pinned key sign each release in it, is it as schemas/release.yaml
says, and is each of a time that it can be of. Only then is there anything to show.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from telemetry.contract.resources import shipped
from telemetry.contract.signature import Forged, parsed, verify

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

MOST_BYTES = 1 << 20  # five times what the server makes at most

_KEY = re.compile("[0-9a-f]{64}")

Document = dict[str, Any]


class Latest(NamedTuple):
    """The newest week and the newest month, as signed; None where there is none (yet), one of both at least."""

    week: Document | None
    month: Document | None

    @property
    def releases(self) -> list[Document]:
        """Those that there are."""
        return [release for release in (self.week, self.month) if release is not None]

    @property
    def is_development(self) -> bool:
        """Whether any of it is exact figures, for a demo."""
        return any(release["development"] for release in self.releases)

    @property
    def ended(self) -> datetime:
        """When the newest of it ended."""
        return max(_end_of(release["weeks"][-1]) for release in self.releases)


def is_key(text: str) -> bool:
    """Whether a text can be a public key."""
    return _KEY.fullmatch(text) is not None


def key_in(file: bytes) -> str:
    """The key that the newest release in a file claims to be signed with. Raises Forged."""
    whole = _whole(file)
    found = whole["week"] or whole["month"]
    claimed = found.get("key") if isinstance(found, dict) else None
    if not isinstance(claimed, str) or not is_key(claimed):
        raise Forged("unreadable")
    return claimed


def opened(file: bytes, pinned: str) -> Latest:
    """The releases in a file, if the pinned key signed them. Raises Forged; the code says why.

    A month that another key signed is left out where the week is the pinned one's: a server that changed its key has
    such a file until the month is over.
    """
    whole = _whole(file)
    week = _proved(whole["week"], pinned)
    try:
        month = _proved(whole["month"], pinned)
    except Forged as forged:
        if week is None or str(forged) != "other_key":
            raise
        month = whole["month"] = None
    if not _validator().is_valid(whole):
        raise Forged("other_form")
    latest = Latest(week, month)
    _hold_against_time(latest)
    return latest


def _whole(file: bytes) -> Document:
    if len(file) > MOST_BYTES:
        raise Forged("too_large")
    whole = parsed(file)
    if not isinstance(whole, dict) or whole.keys() != {"week", "month"}:
        raise Forged("unreadable")
    if whole["week"] is None and whole["month"] is None:
        raise Forged("nothing_released")
    return whole


def _proved(signed: Any, pinned: str) -> Document | None:
    return None if signed is None else verify(signed, pinned)


def _hold_against_time(latest: Latest) -> None:
    """Each is signed by itself: whoever carries them could put one in the other's place."""
    is_week = latest.week is None or "W" in latest.week["period"]
    is_month = latest.month is None or "W" not in latest.month["period"]
    if not (is_week and is_month):
        raise Forged("other_form")
    try:
        latest.ended  # noqa: B018 a year may have no week 53
    except ValueError:
        raise Forged("other_form") from None


def _end_of(week: str) -> datetime:
    """The first moment after a week. Raises ValueError for one that its year does not have."""
    year, _, number = week.partition("-W")
    start = datetime.fromisocalendar(int(year), int(number), 1)
    return start.replace(tzinfo=timezone.utc) + timedelta(days=7)


@cache
def _validator() -> Draft202012Validator:
    import yaml  # noqa: PLC0415 both for who compares only
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    schema = yaml.safe_load(shipped("schemas", "release.yaml").read_text(encoding="utf-8"))
    return Draft202012Validator({"$schema": schema["$schema"], "$ref": "#/$defs/latest", "$defs": schema["$defs"]})
