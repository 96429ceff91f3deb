"""What the parts of the server hand to each other: plain, immutable, without behaviour."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

Answered = Literal["accepted", "duplicate"]
TakenBack = Literal["withdrawn", "aggregated_only", "unknown"]


# Where the report of a token is: raw; taken out of everything lately, by its owner or an operator; or neither: too old.
Place = Literal["raw", "removed", "expired"]


class Found(NamedTuple):
    """A report that the queue knows by the hash of its token."""

    id: str
    place: Place


class Accepted(NamedTuple):
    """A report that fits the schema: its random id, the hash of its withdrawal token, the line as it came."""

    id: str
    withdrawal: str
    body: bytes


class Delivery(NamedTuple):
    """A report that the queue hands out. `came`: when, to the hour; it counts in that week.

    `released`: an operator took it out of quarantine; the rules of plausibility do not speak of it any more.
    """

    id: str
    body: bytes
    came: datetime
    released: bool = False


class Expired(NamedTuple):
    """How many raw reports were too old, and how many of them still waited: those are in no sum, and never will be."""

    reports: int
    unsettled: int


class Increment(NamedTuple):
    """One whole number to add to one cell of a week: `slice` says by what is counted, `cell` which, `measure` what."""

    slice: str
    cell: str
    measure: str
    amount: int


class Contribution(NamedTuple):
    """All that one report adds. Whole numbers only, so that taking it back leaves exactly what was.

    `came`: when the report did, which is how old this is; None: just now.
    """

    report_id: str
    week: str
    increments: tuple[Increment, ...]
    came: datetime | None = None


class Cell(NamedTuple):
    """One number of a week's sums."""

    week: str
    slice: str
    cell: str
    measure: str
    value: int
