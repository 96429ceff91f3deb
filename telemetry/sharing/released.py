"""Whether a file is the community's benchmarks, and whose. Pure; believes nothing it has not looked at.

In this order: is it small, is it canonical, did the pinned key sign each release in it, is it as schemas/release.yaml
says, can its figures be (telemetry/sharing/sane.py), and is each of a time that it can be of. Only then is there
anything to show. What is kept goes the same way at each reading: what was once believed wrongly is not for long.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from telemetry.contract.resources import shipped
from telemetry.contract.signature import Forged, parsed, verify
from telemetry.contract.weeks import end_of, month_of, start_of
from telemetry.sharing.sane import Document, is_sane

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

MOST_BYTES = 1 << 20  # five times what the server makes at most

TOLERANCE = timedelta(days=1)  # of clocks; a true release comes a week after its end

_KEY = re.compile("[0-9a-f]{64}")


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
        return max(end_of(release["weeks"][-1]) for release in self.releases)


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


def opened(file: bytes, pinned: str, now: datetime) -> Latest:
    """The releases in a file, if the pinned key signed them, and they can be now. Raises Forged; the code says why.

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
    if not all(map(is_sane, latest.releases)):
        raise Forged("other_form")
    _hold_against_time(latest, now)
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


def _hold_against_time(latest: Latest, now: datetime) -> None:
    """Each is signed by itself: whoever carries them could put one in the other's place.

    And each is over: one of the future would hold up every true one until then, as what is newer is kept.
    """
    is_week = latest.week is None or "W" in latest.week["period"]
    is_month = latest.month is None or "W" not in latest.month["period"]
    if not (is_week and is_month and all(map(_is_of_its_weeks, latest.releases))):
        raise Forged("other_form")
    if any(_reached(release) > now + TOLERANCE for release in latest.releases):
        raise Forged("future")


def _is_of_its_weeks(release: Document) -> bool:
    """A week is of itself; a month of weeks whose Thursday lies in it, each once, in order."""
    period, weeks = release["period"], release["weeks"]
    try:
        months = {month_of(week) for week in weeks}
    except ValueError:  # a year may have no week 53
        return False
    if "W" in period:
        return bool(weeks == [period])
    return months == {period} and weeks == sorted(set(weeks))


def _reached(release: Document) -> datetime:
    """What must have come before a release can be made: its end; of exact figures, made at any time, its beginning."""
    return start_of(release["weeks"][0]) if release["development"] else end_of(release["weeks"][-1])


@cache
def _validator() -> Draft202012Validator:
    import yaml  # noqa: PLC0415 both for who compares only
    from jsonschema import Draft202012Validator  # noqa: PLC0415

    schema = yaml.safe_load(shipped("schemas", "release.yaml").read_text(encoding="utf-8"))
    return Draft202012Validator({"$schema": schema["$schema"], "$ref": "#/$defs/latest", "$defs": schema["$defs"]})
