"""What the file looks like, from the first version on: a list of steps, each of which is done whole or not at all.

A step that was published is never changed; what comes later is a step more.
"""

from __future__ import annotations

import sqlite3

from telemetry.contract.errors import TelemetryError

APPLICATION = 0x41534354  # "ASCT", in the file's header: this file is ours
SEGMENTS = 9  # of a shelf, one for each day: more than the days that anything may stay


class NotOurs(TelemetryError):
    """The file is another program's, or of a version that is newer than this one."""


def _shelf(name: str) -> tuple[str, ...]:
    """A shelf's tables: where what is kept lies, and the segments with the bytes."""
    return (
        f"CREATE TABLE {name}_place (seq INTEGER PRIMARY KEY, came INTEGER NOT NULL)",
        *(f"CREATE TABLE {name}_{n} (seq INTEGER PRIMARY KEY, body BLOB NOT NULL)" for n in range(SEGMENTS)),
    )


# `state`: 0 waits, 1 settled, 2 quarantined, 3 released, NULL once the raw form is gone. Ids and hashes of tokens are
# random; they stay, so that nothing is counted twice however late it comes again.
_FIRST = (
    """
    CREATE TABLE report (
      seq INTEGER PRIMARY KEY,
      id BLOB NOT NULL UNIQUE,
      withdrawal BLOB NOT NULL,
      state INTEGER CHECK (state BETWEEN 0 AND 3),
      reason TEXT
    )
    """,
    "CREATE INDEX report_withdrawal ON report (withdrawal)",
    "CREATE INDEX report_state ON report (state) WHERE state IS NOT NULL",
    *_shelf("raw"),
    "CREATE TABLE tally (waiting INTEGER NOT NULL CHECK (waiting >= 0))",  # counting them anew takes longer and longer
    "INSERT INTO tally VALUES (0)",
    """
    CREATE TRIGGER report_came AFTER INSERT ON report
    BEGIN UPDATE tally SET waiting = waiting + (NEW.state IN (0, 3)); END
    """,
    """
    CREATE TRIGGER report_moved AFTER UPDATE OF state ON report
    BEGIN
      UPDATE tally SET waiting = waiting + (ifnull(NEW.state, 1) IN (0, 3)) - (ifnull(OLD.state, 1) IN (0, 3));
    END
    """,
    "CREATE TABLE counted (seq INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE)",
    *_shelf("part"),
    """
    CREATE TABLE sum (
      week TEXT NOT NULL,
      slice TEXT NOT NULL,
      cell TEXT NOT NULL,
      measure TEXT NOT NULL,
      value INTEGER NOT NULL CHECK (typeof(value) = 'integer'),
      PRIMARY KEY (week, slice, cell, measure)
    ) WITHOUT ROWID
    """,
)

# What was taken out before its time: the number of the report, and when it had come; forgotten with what came then.
_SECOND = ("CREATE TABLE removed (seq INTEGER PRIMARY KEY, came INTEGER NOT NULL)",)

# A report that waits is in no index but that of ids: it came among the newest, and settling it puts it into the others,
# many at a time. `first`: no report with a smaller number waits.
_THIRD = (
    "DROP INDEX report_withdrawal",
    "CREATE INDEX report_withdrawal ON report (withdrawal) WHERE state IS NOT 0",
    "DROP INDEX report_state",
    "CREATE INDEX report_looked_at ON report (state) WHERE state > 1",
    "ALTER TABLE tally ADD COLUMN first INTEGER NOT NULL DEFAULT 0",
)

MIGRATIONS = (_FIRST, _SECOND, _THIRD)


def migrate(connection: sqlite3.Connection, steps: tuple[tuple[str, ...], ...] = MIGRATIONS) -> int:
    """Bring a file to the newest version, inside the caller's transaction; the version it had (0: it was empty).

    Raises NotOurs; then nothing was changed.
    """
    had = version_of(connection, len(steps))
    for number, statements in enumerate(steps[had:], had + 1):
        for statement in statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    return had


def version_of(connection: sqlite3.Connection, newest: int = len(MIGRATIONS)) -> int:
    """The version of a file, 0 for an empty one. Raises NotOurs."""
    application, version, tables = (
        _number(connection, query)
        for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    )
    if tables and application != APPLICATION:
        raise NotOurs("The database is another program's.", "Choose another file for the server's data.")
    if version > newest:
        raise NotOurs(
            f"The database has version {version}; this program knows versions up to {newest}.",
            "Install the version of agentspec-community that wrote it, or a newer one.",
        )
    return version


def _number(connection: sqlite3.Connection, query: str) -> int:
    found: int = connection.execute(query).fetchone()[0]
    return found
