"""Both ports over dictionaries, for tests of what stands above them, with a list of steps at which they fail once.

    queue.failing = ["settle"]   # the next call of settle raises Unavailable, and has done nothing

A step with an exclamation mark, `"add!"`, has done its work before it raises, as where only the answer was lost. The
suites of tests/community/ports run over them, too: what is shown with them holds of other adapters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone
from threading import RLock
from typing import TypeVar

from telemetry.community.ports import CAPACITY, Full, Quarantined, Unavailable
from telemetry.community.records import Accepted, Answered, Cell, Contribution, Delivery, Expired, Found, Place

Result = TypeVar("Result")
PLACES: dict[str, Place] = {"gone": "removed", "expired": "expired"}  # of states; all others are raw


class Failing:
    """Steps that fail as told: `add` before its work, `add!` after it. One at a time, whatever thread it comes from."""

    def __init__(self) -> None:
        self.failing: list[str] = []
        self.dies: type[BaseException] = Unavailable
        self._alone = RLock()

    def _step(self, name: str, work: Callable[[], Result]) -> Result:
        with self._alone:
            self._fail(name)
            result = work()
            self._fail(f"{name}!")
            return result

    def _fail(self, name: str) -> None:
        if name in self.failing:
            self.failing.remove(name)
            raise self.dies


class QueueInMemory(Failing):
    """Reports by id. A claim is handed out again at once, as to a worker that was started anew.

    `reports`: what is raw; `states`: of all that ever came: waiting, settled, quarantined REASON, gone, expired.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        super().__init__()
        self.reports: dict[str, Delivery] = {}
        self.states: dict[str, str] = {}
        self._capacity, self._can_write = capacity, True
        self._withdrawals: dict[str, list[str]] = {}
        self._came: dict[str, datetime] = {}

    @contextmanager
    def unwritable(self) -> Iterator[None]:
        """For a while, no put is possible."""
        self._can_write = False
        yield
        self._can_write = True

    def put(self, reports: Sequence[Accepted], now: datetime) -> list[Answered]:
        """Keep reports, each id once."""
        return self._step("put", lambda: self._put(reports, now))

    def _put(self, reports: Sequence[Accepted], now: datetime) -> list[Answered]:
        if not self._can_write:
            raise Unavailable
        fresh = {one.id for one in reports} - self.states.keys()
        if len(self._in("waiting")) + len(fresh) > self._capacity:
            raise Full
        return [self._kept(report, now) for report in reports]

    def _kept(self, report: Accepted, now: datetime) -> Answered:
        if report.id in self.states:
            return "duplicate"
        self.reports[report.id] = Delivery(report.id, report.body, now)
        self.states[report.id] = "waiting"
        self._came[report.id] = now
        self._withdrawals.setdefault(report.withdrawal, []).append(report.id)
        return "accepted"

    def claim(self, limit: int) -> list[Delivery]:
        """The oldest that wait."""
        return self._step("claim", lambda: [self.reports[name] for name in self._in("waiting")][:limit])

    def settle(self, ids: Sequence[str]) -> None:
        """Let them go."""
        self._step("settle", lambda: self._move(dict.fromkeys(ids, "settled"), "waiting"))

    def quarantine(self, reports: Sequence[Quarantined]) -> None:
        """Keep them out."""
        states = {one.id: f"quarantined {one.reason}" for one in reports}
        self._step("quarantine", lambda: self._move(states, "waiting"))

    def quarantined(self) -> list[Quarantined]:
        """Those kept out."""
        found = ((name, state.partition(" ")) for name, state in self.states.items())
        return [Quarantined(name, reason) for name, (state, _, reason) in found if state == "quarantined"]

    def release(self, ids: Sequence[str]) -> None:
        """An operator has looked."""
        for name in set(ids) & {one.id for one in self.quarantined()}:
            self.reports[name] = self.reports[name]._replace(released=True)
            self.states[name] = "waiting"

    def read(self, report_id: str) -> bytes | None:
        """The raw form."""
        found = self.reports.get(report_id)
        return None if found is None else found.body

    def find(self, withdrawals: Sequence[str]) -> list[Found | None]:
        """By the hashes of their tokens, what is still here first."""
        return self._step("find", lambda: [*map(self._found, withdrawals)])

    def _found(self, withdrawal: str) -> Found | None:
        found = [Found(name, self._place(name)) for name in self._withdrawals.get(withdrawal, ())]
        return min(found, key=lambda one: one.place != "raw", default=None)

    def _place(self, name: str) -> Place:
        return PLACES.get(self.states[name], "raw")

    def remove(self, ids: Sequence[str]) -> None:
        """Delete them."""
        self._step("remove", lambda: self._drop([name for name in ids if name in self.reports], "gone"))

    def expire(self, before: datetime) -> Expired:
        """Delete what is too old; of what is gone as long, only that is forgotten."""
        old = [name for name, came in self._came.items() if came < before]
        raw = [name for name in old if name in self.reports]
        waiting = [name for name in raw if self.states[name] == "waiting"]
        self._drop(raw, "expired")
        self.states.update(dict.fromkeys(old, "expired"))
        return Expired(len(raw), len(waiting))

    def depth(self) -> int:
        """How many wait."""
        return self._step("depth", lambda: len(self._in("waiting")))

    def _in(self, state: str) -> list[str]:
        return [name for name in self.reports if self.states[name] == state]

    def _move(self, states: dict[str, str], only: str) -> None:
        self.states.update({name: state for name, state in states.items() if self.states.get(name) == only})

    def _drop(self, names: Sequence[str], state: str) -> None:
        for name in set(names):
            del self.reports[name]
            self.states[name] = state


class AggregatesInMemory(Failing):
    """Sums by cell, and what each report added; None for what was taken back, or is forgotten."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc)) -> None:
        super().__init__()
        self.sums: Counter[tuple[str, str, str, str]] = Counter()
        self.known: dict[str, Contribution | None] = {}
        self._clock = clock

    def add(self, contributions: Sequence[Contribution]) -> int:
        """Add what is not known."""
        return self._step("add", lambda: sum(map(self._added, contributions)))

    def _added(self, one: Contribution) -> bool:
        if one.report_id in self.known:
            return False
        self.known[one.report_id] = one._replace(came=one.came or self._clock())
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
        """What single reports added; the sums stay."""
        old = [name for name, one in self.known.items() if one is not None and one.came and one.came < before]
        self.known.update(dict.fromkeys(old))
        return len(old)

    def cells(self, weeks: Sequence[str]) -> Iterator[Cell]:
        """All sums of these weeks that are not zero."""
        return (Cell(*key, value) for key, value in sorted(self.sums.items()) if key[0] in weeks and value)

    def weeks(self) -> list[str]:
        """The weeks that have sums."""
        return sorted({key[0] for key, value in self.sums.items() if value})
