"""An adapter, opened, as the suites see it; and the reports that they put into it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta, timezone

from telemetry.community.ports import Queue
from telemetry.community.records import Accepted, Cell, Contribution, Increment, Place
from telemetry.community.retention import Kept
from tests.sharing.lines import id_of, line_of, token_of

MONDAY = datetime(2026, 11, 16, 0, 0, tzinfo=timezone.utc)
NOW = datetime(2026, 11, 22, 12, 30, 15, 250_000, tzinfo=timezone.utc)
WEEK = "2026-W47"
CAPACITY = 20


class Opened:
    """`open_it` opens the same data each time; a queue of it takes `CAPACITY` waiting reports, and its clock says NOW.

    `unwritable`: while it lasts, nothing can be written.
    """

    def __init__(
        self,
        open_it: Callable[[], Kept],
        close: Callable[[Kept], None],
        unwritable: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self._open, self._close, self.unwritable = open_it, close, unwritable
        self.kept = open_it()

    def again(self) -> None:
        """Close, and open anew, as after a restart."""
        self._close(self.kept)
        self.kept = self._open()

    def close(self) -> None:
        """Only close."""
        self._close(self.kept)


def withdrawal_of(number: int) -> str:
    """The hash of the token of a report."""
    return hashlib.sha256(token_of(number).encode()).hexdigest()


def report(number: int) -> Accepted:
    """A report of that number, as the API takes it."""
    return Accepted(id_of(number), withdrawal_of(number), line_of(number))


def reports(*numbers: int) -> list[Accepted]:
    """Some."""
    return [report(number) for number in numbers]


def places_of(queue: Queue, *numbers: int) -> list[Place | None]:
    """Where the reports of these numbers are, by the hashes of their tokens; None for unknown."""
    return [found and found.place for found in queue.find([*map(withdrawal_of, numbers)])]


def contribution(number: int, week: str = WEEK, amount: int = 1) -> Contribution:
    """What the report of that number adds: one to what all have in common, and something of its own."""
    return Contribution(
        id_of(number),
        week,
        (
            Increment("all", "all", "n", 1),
            Increment("agent", f"agent-{number}", "n", amount),
            Increment("agent", f"agent-{number}", "seconds", 60 * amount),
        ),
    )


def cells_of(kept: Kept, *weeks: str) -> list[Cell]:
    """The sums, as a list."""
    return list(kept.aggregates.cells(weeks or (WEEK,)))


def total(kept: Kept, week: str = WEEK) -> int:
    """How many reports are in the sums of a week."""
    return sum(cell.value for cell in cells_of(kept, week) if (cell.slice, cell.measure) == ("all", "n"))


def later(**spans: float) -> datetime:
    """So long after NOW."""
    return NOW + timedelta(**spans)
