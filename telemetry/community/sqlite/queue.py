"""The queue's port in the file: what came, in which state it is, and its bytes on the shelf `raw`."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from telemetry.community.ports import Full, Quarantined
from telemetry.community.records import Accepted, Answered, Delivery, Expired, Found
from telemetry.community.sqlite.bulk import found, insert
from telemetry.community.sqlite.reading import Readers
from telemetry.community.sqlite.shelf import Shelf, stamp
from telemetry.community.sqlite.writer import Writer

WAITING, SETTLED, QUARANTINED, RELEASED = range(4)
LOOKED_AT = "INDEXED BY report_looked_at WHERE state > 1"
WAITS = f"NOT INDEXED WHERE seq >= (SELECT first FROM tally) AND state = {WAITING}"  # the newest, by their numbers
RAW = Shelf("raw")

_Row = tuple[bytes, bytes, bytes]  # id, withdrawal, body


class SqliteQueue:
    """telemetry.community.ports.Queue; `capacity`: how many reports may wait."""

    def __init__(self, writer: Writer, readers: Readers, capacity: int) -> None:
        self._writer, self._readers, self._capacity = writer, readers, capacity

    def put(self, reports: Sequence[Accepted], now: datetime) -> list[Answered]:
        """See the port. Callers in many threads share one wait for the disk."""
        rows = [(key_of(report.id), bytes.fromhex(report.withdrawal), report.body) for report in reports]
        return self._writer.run(lambda connection: _keep(connection, rows, now, self._capacity), len(rows))

    def claim(self, limit: int) -> list[Delivery]:
        """See the port."""
        return self._readers.run(lambda connection: list(_oldest(connection, limit)))

    def settle(self, ids: Sequence[str]) -> None:
        """See the port."""
        self._move(f"UPDATE report SET state = {SETTLED} WHERE id = ? AND state IN ({WAITING}, {RELEASED})", _keys(ids))

    def quarantine(self, reports: Sequence[Quarantined]) -> None:
        """See the port."""
        self._move(
            f"UPDATE report SET state = {QUARANTINED}, reason = ? WHERE id = ? AND state IN ({WAITING}, {RELEASED})",
            [(report.reason, key_of(report.id)) for report in reports],
        )

    def quarantined(self) -> list[Quarantined]:
        """See the port; oldest first."""
        query = f"SELECT id, reason FROM report {LOOKED_AT} AND state = {QUARANTINED} ORDER BY seq"
        rows = self._readers.run(lambda connection: connection.execute(query).fetchall())
        return [Quarantined(id_of(key), reason) for key, reason in rows]

    def release(self, ids: Sequence[str]) -> None:
        """See the port."""
        self._move(
            f"UPDATE report SET state = {RELEASED}, reason = NULL WHERE id = ? AND state = {QUARANTINED}", _keys(ids)
        )

    def read(self, report_id: str) -> bytes | None:
        """See the port."""
        key = key_of(report_id)
        return self._readers.run(lambda connection: _body(connection, key))

    def find(self, withdrawals: Sequence[str]) -> list[Found | None]:
        """See the port. Of several with one hash, which no honest client makes, one that is still here."""
        keys = [*map(bytes.fromhex, withdrawals)]
        known = self._readers.run(lambda connection: _places(connection, keys))
        return [known.get(key) for key in keys]

    def remove(self, ids: Sequence[str]) -> None:
        """See the port."""
        keys = _keys(ids)
        self._writer.run(lambda connection: _remove(connection, keys), len(keys), erases=True)

    def expire(self, before: datetime) -> Expired:
        """See the port."""
        return self._writer.run(lambda connection: _expire(connection, before), erases=True)

    def depth(self) -> int:
        """See the port."""
        return self._readers.run(_depth)

    def _move(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        def move(connection: sqlite3.Connection) -> None:
            connection.executemany(statement, rows)
            _mark_first(connection)

        self._writer.run(move, len(rows))


def key_of(report_id: str) -> bytes:
    """A report's id as it lies in the file."""
    return bytes.fromhex(report_id.replace("-", ""))


def id_of(key: bytes) -> str:
    """The id of a key."""
    return str(UUID(bytes=key))


def _mark_first(connection: sqlite3.Connection) -> None:
    """Remember from where on reports wait: who looks for them passes by no report twice that does not."""
    first = f"SELECT seq FROM report {WAITS} ORDER BY seq LIMIT 1"
    connection.execute(f"UPDATE tally SET first = ifnull(({first}), (SELECT ifnull(max(seq), 0) + 1 FROM report))")


def _keep(connection: sqlite3.Connection, rows: Sequence[_Row], now: datetime, capacity: int) -> list[Answered]:
    """All of a batch, or Full before anything is written."""
    known = {key for (key,) in found(connection, "SELECT id FROM report WHERE id IN", [key for key, _, _ in rows])}
    answers, fresh = list[Answered](), list[_Row]()
    for row in rows:
        is_known = row[0] in known
        answers.append("duplicate" if is_known else "accepted")
        if not is_known:
            known.add(row[0])
            fresh.append(row)
    depth, last = connection.execute("SELECT waiting, (SELECT ifnull(max(seq), 0) FROM report) FROM tally").fetchone()
    if depth + len(fresh) > capacity:
        raise Full(f"{capacity} reports are waiting")
    _lay_down(connection, fresh, last, now)
    return answers


def _lay_down(connection: sqlite3.Connection, rows: Sequence[_Row], last: int, now: datetime) -> None:
    """`last`: the largest number so far; rows are numbered in the order in which they came."""
    numbered = [*enumerate(rows, last + 1)]
    states = [(seq, key, withdrawal, WAITING) for seq, (key, withdrawal, _) in numbered]
    insert(connection, "report (seq, id, withdrawal, state)", states)
    RAW.put(connection, now, [(seq, body) for seq, (_, _, body) in numbered])


def _oldest(connection: sqlite3.Connection, limit: int) -> Iterator[Delivery]:
    """What an operator released first: it has waited longest."""
    released = f"SELECT seq, id FROM report {LOOKED_AT} AND state = {RELEASED} ORDER BY seq LIMIT ?"
    waiting = f"SELECT seq, id FROM report {WAITS} ORDER BY seq LIMIT ?"
    for query in (released, waiting):
        rows = connection.execute(query, (limit,)).fetchall()
        limit -= len(rows)
        for seq, key in rows:
            moment, body = _raw(connection, seq)
            yield Delivery(id_of(key), body, moment, query is released)


def _places(connection: sqlite3.Connection, keys: Sequence[bytes]) -> dict[bytes, Found]:
    """Where the reports with some hashes are; those that wait are in no index of them, but they are few."""
    others = (
        "SELECT withdrawal, id,"
        " CASE WHEN state IS NOT NULL THEN 'raw' WHEN removed.seq THEN 'removed' ELSE 'expired' END"
        " FROM report INDEXED BY report_withdrawal LEFT JOIN removed USING (seq)"
        f" WHERE state IS NOT {WAITING} AND withdrawal IN"
    )
    rows = [*found(connection, f"SELECT withdrawal, id, 'raw' FROM report {WAITS} AND withdrawal IN", keys)]
    rows += sorted(found(connection, others, keys), key=lambda row: row[2] != "raw")
    return {withdrawal: Found(id_of(key), place) for withdrawal, key, place in reversed(rows)}


def _raw(connection: sqlite3.Connection, seq: int) -> tuple[datetime, bytes]:
    kept = RAW.read(connection, seq)
    assert kept is not None, "a report with a state has a raw form"
    return kept


def _body(connection: sqlite3.Connection, key: bytes) -> bytes | None:
    row = connection.execute("SELECT seq FROM report WHERE id = ? AND state IS NOT NULL", (key,)).fetchone()
    return None if row is None else _raw(connection, row[0])[1]


def _remove(connection: sqlite3.Connection, keys: Sequence[tuple[bytes]]) -> None:
    place = "SELECT seq, came FROM raw_place WHERE seq = (SELECT seq FROM report WHERE id = ?)"  # none once it is gone
    connection.executemany(f"INSERT OR IGNORE INTO removed {place}", keys)
    query = "SELECT seq FROM report WHERE id = ? AND state IS NOT NULL"
    here = [row[0] for key in keys for row in connection.execute(query, key)]
    RAW.erase(connection, here)
    _are_gone(connection, here)


def _expire(connection: sqlite3.Connection, before: datetime) -> Expired:
    waiting = _depth(connection)
    gone = RAW.erase_before(connection, before)
    connection.execute("DELETE FROM removed WHERE came < ?", (stamp(before),))
    _are_gone(connection, gone)
    return Expired(len(gone), waiting - _depth(connection))


def _are_gone(connection: sqlite3.Connection, seqs: Iterable[int]) -> None:
    rows = ((seq,) for seq in seqs)
    connection.executemany("UPDATE report SET state = NULL, reason = NULL WHERE seq = ?", rows)
    _mark_first(connection)


def _depth(connection: sqlite3.Connection) -> int:
    waiting: int = connection.execute("SELECT waiting FROM tally").fetchone()[0]
    return waiting


def _keys(ids: Sequence[str]) -> list[tuple[bytes]]:
    return [(key_of(one),) for one in ids]
