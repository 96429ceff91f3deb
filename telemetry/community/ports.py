"""The two places where the server keeps anything, and what must hold of each; one suite runs over every adapter.

A queue of raw reports, which forgets them after seven days; and sums, which a report changes exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from telemetry.community.records import Accepted, Answered, Cell, Contribution, Delivery, Expired, Found

CAPACITY = 100_000  # reports that wait for the worker where nobody says otherwise: 150 MB or so


class Full(Exception):
    """No more reports can be taken now; try again later."""


class Unavailable(Exception):
    """What is kept cannot be reached now; nothing was lost, nothing half done."""


class Quarantined(NamedTuple):
    """A report that is kept out of the sums, and why, as a code."""

    id: str
    reason: str


class Inlet(Protocol):
    """Where reports go in."""

    def put(self, reports: Sequence[Accepted], now: datetime) -> list[Answered]:
        """Keep reports, each id once for as long as anybody may send it again; durable when this returns.

        Raises Full or Unavailable: then none of them was taken, or all of them count as duplicates the next time. Where
        nothing can be written, no reports at all are Unavailable, too.
        """
        ...


class Queue(Inlet, Protocol):
    """Raw reports, for seven days at most."""

    def claim(self, limit: int) -> list[Delivery]:
        """The oldest reports that were not settled yet. A claim that is never settled is handed out again."""
        ...

    def settle(self, ids: Sequence[str]) -> None:
        """These are in the sums; they stay, raw, until they expire or are taken back."""
        ...

    def quarantine(self, reports: Sequence[Quarantined]) -> None:
        """These are kept out of the sums until an operator has looked, or they expire."""
        ...

    def quarantined(self) -> list[Quarantined]:
        """What an operator has to look at."""
        ...

    def release(self, ids: Sequence[str]) -> None:
        """An operator has looked: to be handed out again, and settled whatever the rules say."""
        ...

    def read(self, report_id: str) -> bytes | None:
        """A raw report, byte for byte as it came, for an operator to judge; None where it is not here (any more)."""
        ...

    def find(self, withdrawals: Sequence[str]) -> list[Found | None]:
        """The reports with these hashes of tokens, in order, and where each is; None for unknown."""
        ...

    def remove(self, ids: Sequence[str]) -> None:
        """Delete raw reports so that no trace of their bytes is left; their ids stay known.

        That they were removed is known for as long as they would have stayed, so that who asks again is told the same.
        """
        ...

    def expire(self, before: datetime) -> Expired:
        """Delete all raw reports that came before a moment, in whatever state; how many, and what is lost with them.

        Of what was removed and came before it, forget that it was.
        """
        ...

    def depth(self) -> int:
        """How many reports wait to be settled."""
        ...


class Aggregates(Protocol):
    """Sums by week, and which reports are in them."""

    def add(self, contributions: Sequence[Contribution]) -> int:
        """Add what is not in the sums yet, each report's all or nothing; how many were new. Durable on return.

        What a report added is as old as the report (`came`), however late it is added.
        """
        ...

    def subtract(self, report_id: str) -> bool:
        """Take out exactly what a report added, once, and never let it in again; whether it was in."""
        ...

    def forget(self, before: datetime) -> int:
        """Forget what single reports added before a moment (their ids stay known); the sums stay. How many."""
        ...

    def cells(self, weeks: Sequence[str]) -> Iterator[Cell]:
        """The sums of these weeks, in order; cells that are zero are not there."""
        ...

    def weeks(self) -> list[str]:
        """The weeks that have sums, oldest first."""
        ...
