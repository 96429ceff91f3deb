"""Opens the file: private, migrated, durable, and with nothing left in it of what was deleted."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from telemetry.community.ports import CAPACITY, Aggregates, Queue, Unavailable
from telemetry.community.sqlite.aggregates import SqliteAggregates
from telemetry.community.sqlite.bulk import STATEMENTS
from telemetry.community.sqlite.migrations import NotOurs, migrate, version_of
from telemetry.community.sqlite.queue import SqliteQueue
from telemetry.community.sqlite.reading import Readers
from telemetry.community.sqlite.writer import Writer, open_turn, taking_turns, transaction

PATIENCE = 5.0  # seconds to wait for another process

# Of the connection that writes. Checkpoints are the writer's own, so SQLite makes none by itself.
_PRAGMAS = (
    "PRAGMA synchronous = FULL",  # a commit is on the disk when it returns
    "PRAGMA fullfsync = ON",  # on macOS, where fsync alone does not say so
    "PRAGMA secure_delete = ON",
    "PRAGMA temp_store = MEMORY",  # no bytes of a report in a file we do not know
    "PRAGMA wal_autocheckpoint = 0",
    "PRAGMA trusted_schema = OFF",
)


class Database(NamedTuple):
    """Both ports in one file."""

    queue: Queue
    aggregates: Aggregates
    writer: Writer
    readers: Readers
    turn: int

    def scrub(self) -> bool:
        """Give free pages back and empty the WAL; whether no trace of anything deleted is left."""
        self.writer.run(_give_back, erases=True)
        return not self.writer.has_traces()

    def close(self) -> None:
        """Finish what was begun; no call after this."""
        self.readers.close()
        self.writer.close()
        os.close(self.turn)


def exists(path: Path) -> bool:
    """Whether anything was ever kept there. Makes nothing."""
    return path.exists()


def open_database(
    path: Path,
    *,
    capacity: int = CAPACITY,
    patience: float = PATIENCE,
    clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
) -> Database:
    """Open the file, make it where there is none, and bring it to the newest version.

    `capacity`: how many reports may wait; `patience`: seconds to wait for another process; `clock`: tells when
    something was added whose arrival nobody knows. Raises NotOurs for a file this program does not understand, and
    Unavailable.
    """
    try:
        _make(path)
        turn = open_turn(path)
    except OSError as error:
        raise Unavailable(os.strerror(error.errno or 0)) from error
    try:
        connection = _open_to_write(path, turn, patience)
    except BaseException:
        os.close(turn)
        raise
    writer, readers = Writer(connection, turn, patience), Readers(lambda: _open_to_read(path, patience))
    queue, aggregates = SqliteQueue(writer, readers, capacity), SqliteAggregates(writer, readers, clock)
    return Database(queue, aggregates, writer, readers, turn)


def _make(path: Path) -> None:
    """An empty file that nobody else can read, and that a cut of power does not take with it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _open_to_write(path: Path, turn: int, patience: float) -> sqlite3.Connection:
    connection = _connect(path, patience)
    try:
        with taking_turns(turn, patience):
            _prepare(connection)
    except sqlite3.OperationalError as error:
        connection.close()
        raise Unavailable(str(error)) from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise NotOurs(f"The database cannot be read: {error}.", "Restore it, or choose another file.") from error
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    if version_of(connection) == 0:  # asked first: what is not ours is not touched
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # only heeded by an empty file
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    with transaction(connection):
        migrate(connection)
    connection.execute("PRAGMA journal_mode = WAL")


def _open_to_read(path: Path, patience: float) -> sqlite3.Connection:
    connection = _connect(path, patience)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def _connect(path: Path, patience: float) -> sqlite3.Connection:
    return sqlite3.connect(
        path, timeout=patience, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS
    )


def _give_back(connection: sqlite3.Connection) -> None:
    (free,) = connection.execute("PRAGMA freelist_count").fetchone()
    for _ in range(free):  # Python's module takes one step of the statement, and one step is one page
        connection.execute("PRAGMA incremental_vacuum")
