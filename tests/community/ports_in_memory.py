"""Both ports over dictionaries, for tests of what stands above them, with a list of steps at which they fail once.

    queue.failing = ["settle"]   # the next call of settle raises Unavailable, and has done nothing

A step with an exclamation mark, `"add!"`, has done its work before it raises, as where only the answer was lost.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from telemetry.community.ports import Quarantined, Unavailable
from telemetry.community.records import Accepted, Answered, Cell, Contribution, Delivery, Expired, Found

Result = TypeVar("Result")


class Failing:
    """Steps that fail as told: `add` before its work, `add!` after it."""

    def __init__(self) -> None:
        self.failing: list[str] = []
        self.dies: type[BaseException] = Unavailable

    def _step(self, name: str, work: Callable[[], Result]) -> Result:
        if name in self.failing:
            self.failing.remove(name)
            raise self.dies
        result = work()
        if f"{name}!" in self.failing:
            self.failing.remove(f"{name}!")
            raise self.dies
        return result


class QueueInMemory(Failing):
    """Reports by id. A claim is handed out again at once, as to a worker that was started anew."""

    def __init__(self) -> None:
        super().__init__()
        self.reports: dict[str, Delivery] = {}
        self.states: dict[str, str] = {}

    def put(self, reports: Sequence[Accepted], now: datetime) -> list[Answered]:
        """Keep reports, each id once."""
        return [self._put(report, now) for report in reports]

    def _put(self, report: Accepted, now: datetime) -> Answered:
        if report.id in self.states:
            return "duplicate"
        self.reports[report.id] = Delivery(report.id, report.body, now)
        self.states[report.id] = "waiting"
        return "accepted"

    def claim(self, limit: int) -> list[Delivery]:
        """The oldest that wait."""
        return self._step("claim", lambda: [self.reports[name] for name in self._in("waiting")][:limit])

    def settle(self, ids: Sequence[str]) -> None:
        """Let them go."""
        self._step("settle", lambda: self.states.update(dict.fromkeys(ids, "settled")))

    def quarantine(self, reports: Sequence[Quarantined]) -> None:
        """Keep them out."""
        self._step("quarantine", lambda: self.states.update({one.id: f"quarantined {one.reason}" for one in reports}))

    def quarantined(self) -> list[Quarantined]:
        """Those kept out."""
        found = ((name, state.partition(" ")) for name, state in self.states.items())
        return [Quarantined(name, reason) for name, (state, _, reason) in found if state == "quarantined"]

    def release(self, ids: Sequence[str]) -> None:
        """An operator has looked."""
        for name in ids:
            self.reports[name] = self.reports[name]._replace(released=True)
            self.states[name] = "waiting"

    def find(self, withdrawal: str) -> Found | None:
        """Nobody takes anything back here."""
        return None

    def remove(self, ids: Sequence[str]) -> None:
        """Delete them."""
        self.states.update(dict.fromkeys(ids, "gone"))

    def expire(self, before: datetime) -> Expired:
        """Nothing gets old here."""
        return Expired(0, 0)

    def depth(self) -> int:
        """How many wait."""
        return len(self._in("waiting"))

    def _in(self, state: str) -> list[str]:
        return [name for name in self.reports if self.states[name] == state]


class AggregatesInMemory(Failing):
    """Sums by cell, and what each report added; None for what was taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.sums: Counter[tuple[str, str, str, str]] = Counter()
        self.known: dict[str, Contribution | None] = {}

    def add(self, contributions: Sequence[Contribution]) -> int:
        """Add what is not known."""
        return self._step("add", lambda: sum(map(self._added, contributions)))

    def _added(self, one: Contribution) -> bool:
        if one.report_id in self.known:
            return False
        self.known[one.report_id] = one
        self._count(one, 1)
        return True

    def _count(self, one: Contribution, sign: int) -> None:
        for part in one.increments:
            self.sums[one.week, part.slice, part.cell, part.measure] += sign * part.amount

    def subtract(self, report_id: str) -> bool:
        """Take out what a report added."""
        one = self.known.get(report_id)
        self.known[report_id] = None
        if one is not None:
            self._count(one, -1)
        return one is not None

    def forget(self, before: datetime) -> int:
        """Nothing is forgotten here."""
        return 0

    def cells(self, weeks: Sequence[str]) -> Iterator[Cell]:
        """All sums of these weeks that are not zero."""
        return (Cell(*key, value) for key, value in sorted(self.sums.items()) if key[0] in weeks and value)

    def weeks(self) -> list[str]:
        """The weeks that have sums."""
        return sorted({key[0] for key, value in self.sums.items() if value})
