"""The sums' port in the file: numbers by week; which reports are in them; and, on the shelf `part`, what each added."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial

from telemetry.community.records import Cell, Contribution, Increment
from telemetry.community.sqlite import queue
from telemetry.community.sqlite.reading import Readers
from telemetry.community.sqlite.shelf import Shelf
from telemetry.community.sqlite.writer import Writer

PART = Shelf("part")

_Place = tuple[str, str, str, str]  # week, slice, cell, measure
_Sums = Counter[_Place]


class SqliteAggregates:
    """telemetry.community.ports.Aggregates."""

    def __init__(self, writer: Writer, readers: Readers, clock: Callable[[], datetime]) -> None:
        self._writer, self._readers, self._clock = writer, readers, clock

    def add(self, contributions: Sequence[Contribution]) -> int:
        """See the port."""
        now = self._clock()
        return self._writer.run(lambda connection: _add(connection, contributions, now), len(contributions))

    def subtract(self, report_id: str) -> bool:
        """See the port."""
        key = queue.key_of(report_id)
        return self._writer.run(lambda connection: _subtract(connection, key), erases=True)

    def forget(self, before: datetime) -> int:
        """See the port. What a report added is as old as the report: adding it late does not keep it longer."""
        return self._writer.run(lambda connection: len(PART.erase_before(connection, before)), erases=True)

    def cells(self, weeks: Sequence[str]) -> Iterator[Cell]:
        """See the port; in the order of week, slice, cell and measure."""
        for week in sorted(set(weeks)):
            yield from self._readers.run(partial(_cells, week=week))

    def weeks(self) -> list[str]:
        """See the port."""
        query = "SELECT DISTINCT week FROM sum ORDER BY week"
        return [week for (week,) in self._readers.run(lambda connection: connection.execute(query).fetchall())]


def _add(connection: sqlite3.Connection, contributions: Sequence[Contribution], now: datetime) -> int:
    fresh = [one for one in contributions if _is_noted(connection, one, now)]
    _change(connection, _sums_of((one.week, one.increments) for one in fresh))
    return len(fresh)


def _is_noted(connection: sqlite3.Connection, one: Contribution, now: datetime) -> bool:
    """Write down that a report is in the sums, and what it adds; False where it was in before, or never may be."""
    key = queue.key_of(one.report_id)
    seq = _know(connection, key)
    if seq is None:
        return False
    part = json.dumps([one.week, one.increments], separators=(",", ":")).encode()
    PART.put(connection, one.came or now, [(seq, part)])
    return True


def _know(connection: sqlite3.Connection, key: bytes) -> int | None:
    """Remember a report for good; None where it was known."""
    done = connection.execute("INSERT INTO counted (id) VALUES (?) ON CONFLICT (id) DO NOTHING", (key,))
    return done.lastrowid if done.rowcount else None


def _subtract(connection: sqlite3.Connection, key: bytes) -> bool:
    if _know(connection, key) is not None:
        return False  # it was not in; now it is known, and never will be
    (seq,) = connection.execute("SELECT seq FROM counted WHERE id = ?", (key,)).fetchone()
    found = PART.read(connection, seq)
    if found is None:
        return False
    week, increments = json.loads(found[1])
    sums = _sums_of([(week, [Increment(*one) for one in increments])])
    _change(connection, Counter({place: -amount for place, amount in sums.items()}))
    zero = "DELETE FROM sum WHERE week = ? AND slice = ? AND cell = ? AND measure = ? AND value = 0"
    connection.executemany(zero, sums)
    PART.erase(connection, [seq])
    return True


def _sums_of(parts: Iterator[tuple[str, Sequence[Increment]]] | Sequence[tuple[str, Sequence[Increment]]]) -> _Sums:
    sums: _Sums = Counter()
    for week, increments in parts:
        for slice_, cell, measure, amount in increments:
            sums[(week, slice_, cell, measure)] += amount
    return sums


def _change(connection: sqlite3.Connection, sums: _Sums) -> None:
    """In the order of the table: neighbours share a page."""
    connection.executemany(
        "INSERT INTO sum VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (week, slice, cell, measure) DO UPDATE SET value = value + excluded.value",
        ((*place, amount) for place, amount in sorted(sums.items())),
    )


def _cells(connection: sqlite3.Connection, week: str) -> list[Cell]:
    query = "SELECT * FROM sum WHERE week = ? AND value <> 0 ORDER BY slice, cell, measure"
    return [Cell(*row) for row in connection.execute(query, (week,))]
