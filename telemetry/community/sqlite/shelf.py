"""Bytes that can be erased without a trace.

SQLite overwrites what is deleted (secure_delete), but not the copies that stay behind when it moves rows from page to
page. So no row ever moves here: a segment's table only grows at its end, a row is erased by zeros of the same length
in its place, and a segment in which nothing is left is emptied whole, page by page. `place` says what is there; it has
no bytes of anybody's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone

from telemetry.community.sqlite.bulk import insert
from telemetry.community.sqlite.migrations import SEGMENTS

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DAY = timedelta(days=1)


class Shelf:
    """One of the file's shelves, by its name in telemetry/community/sqlite/migrations.py."""

    def __init__(self, name: str) -> None:
        self._name = name

    def put(self, connection: sqlite3.Connection, came: datetime, bodies: Sequence[tuple[int, bytes]]) -> None:
        """Lay down what came at one moment, each under its number; each number is larger than all before."""
        moment = stamp(came)
        insert(connection, f"{self._name}_place", [(seq, moment) for seq, _ in bodies])
        insert(connection, f"{self._name}_{_segment(moment)}", bodies)

    def came(self, connection: sqlite3.Connection, seq: int) -> datetime | None:
        """When something came; None where it is not there any more."""
        row = connection.execute(f"SELECT came FROM {self._name}_place WHERE seq = ?", (seq,)).fetchone()
        return None if row is None else moment_of(row[0])

    def read(self, connection: sqlite3.Connection, seq: int) -> tuple[datetime, bytes] | None:
        """When something came, and its bytes."""
        came = self.came(connection, seq)
        if came is None:
            return None
        table = f"{self._name}_{_segment(stamp(came))}"
        (body,) = connection.execute(f"SELECT body FROM {table} WHERE seq = ?", (seq,)).fetchone()
        return came, body

    def erase(self, connection: sqlite3.Connection, seqs: Iterable[int]) -> None:
        """Put zeros in the place of some."""
        for seq in seqs:
            came = self.came(connection, seq)
            if came is not None:
                connection.execute(f"DELETE FROM {self._name}_place WHERE seq = ?", (seq,))
                self._blank(connection, seq, stamp(came))

    def erase_before(self, connection: sqlite3.Connection, before: datetime) -> list[int]:
        """Erase all that came before a moment; what that was."""
        limit = stamp(before)
        old = connection.execute(f"SELECT seq, came FROM {self._name}_place WHERE came < ?", (limit,)).fetchall()
        connection.execute(f"DELETE FROM {self._name}_place WHERE came < ?", (limit,))
        in_use = self._in_use(connection)
        for seq, came in old:
            if _segment(came) in in_use:
                self._blank(connection, seq, came)
        for segment in set(range(SEGMENTS)) - in_use:
            connection.execute(f"DELETE FROM {self._name}_{segment}")  # without WHERE: whole pages, not rows
        return [seq for seq, _ in old]

    def _blank(self, connection: sqlite3.Connection, seq: int, came: int) -> None:
        table = f"{self._name}_{_segment(came)}"
        connection.execute(f"UPDATE {table} SET body = zeroblob(length(body)) WHERE seq = ?", (seq,))

    def _in_use(self, connection: sqlite3.Connection) -> set[int]:
        days = f"SELECT DISTINCT came / ? FROM {self._name}_place"
        return {day % SEGMENTS for (day,) in connection.execute(days, (_DAY // timedelta(microseconds=1),))}


def stamp(moment: datetime) -> int:
    """Microseconds since 1970; of a moment with a time zone."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(number: int) -> datetime:
    """The moment, in UTC, of a `stamp`."""
    return EPOCH + timedelta(microseconds=number)


def _segment(came: int) -> int:
    """Where something lies that came then: every day has a segment, until its turn comes again."""
    return came // (_DAY // timedelta(microseconds=1)) % SEGMENTS
