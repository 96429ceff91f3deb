"""What was released and what it cost: one SQLite file, in which a draw, its price and its files appear together.

A week is drawn once. Whoever asks again gets what lies here, so no average over many draws can take the noise away;
and what was not paid for is not here. Exact and noised releases never share a file: their difference is the noise.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from telemetry.community.release.periods import year_to
from telemetry.contract.errors import TelemetryError

_FIRST = """
CREATE TABLE kind (development INTEGER NOT NULL CHECK (development IN (0, 1)), one INTEGER UNIQUE CHECK (one = 1));
CREATE TABLE draw (week TEXT PRIMARY KEY, noised BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE ledger (week TEXT PRIMARY KEY REFERENCES draw (week), rho REAL NOT NULL CHECK (rho >= 0)) WITHOUT ROWID;
CREATE TABLE release (period TEXT PRIMARY KEY, file BLOB NOT NULL) WITHOUT ROWID;
CREATE TRIGGER drawn_once BEFORE UPDATE ON draw WHEN (SELECT NOT development FROM kind)
    BEGIN SELECT RAISE(ABORT, 'a week is drawn once'); END;
CREATE TRIGGER released_once BEFORE UPDATE ON release WHEN (SELECT NOT development FROM kind)
    BEGIN SELECT RAISE(ABORT, 'a release does not change'); END;
CREATE TRIGGER paid_for_good BEFORE UPDATE ON ledger BEGIN SELECT RAISE(ABORT, 'what was paid was paid'); END;
CREATE TRIGGER never_repaid BEFORE DELETE ON ledger BEGIN SELECT RAISE(ABORT, 'what was paid was paid'); END;
"""
# The week that releases begin with; of a file that has drawn already, the first that it drew.
_SECOND = """
CREATE TABLE start (week TEXT NOT NULL, one INTEGER PRIMARY KEY CHECK (one = 1));
INSERT INTO start SELECT week, 1 FROM draw WHERE (SELECT NOT development FROM kind) ORDER BY week LIMIT 1;
CREATE TRIGGER begun_once BEFORE UPDATE ON start BEGIN SELECT RAISE(ABORT, 'releases begin once'); END;
CREATE TRIGGER begun_for_good BEFORE DELETE ON start BEGIN SELECT RAISE(ABORT, 'releases begin once'); END;
"""
_STEPS = (_FIRST, _SECOND)  # from each version to the next; a file of any of them is brought to the newest


class Limits(NamedTuple):
    """ρ that a week costs, and that any 52 weeks may."""

    week: float
    year: float


class Store(NamedTuple):
    """An open releases' database; use it within `transaction`."""

    connection: sqlite3.Connection
    development: bool

    def begin(self, week: str) -> str:
        """The week that releases begin with: this one, unless one was said before. It never changes."""
        self.connection.execute("INSERT OR IGNORE INTO start VALUES (?, 1)", (week,))
        (first,) = self.connection.execute("SELECT week FROM start").fetchone()
        return str(first)

    def draw_of(self, week: str) -> bytes | None:
        """The noised sums of a week, packed."""
        row = self.connection.execute("SELECT noised FROM draw WHERE week = ?", (week,)).fetchone()
        return row[0] if row else None

    def weeks(self) -> list[str]:
        """The weeks that were drawn, oldest first."""
        return [week for (week,) in self.connection.execute("SELECT week FROM draw ORDER BY week")]

    def spent(self, first: str = "", last: str = "9999") -> float:
        """ρ over some weeks, both ends included."""
        query = "SELECT coalesce(sum(rho), 0) FROM ledger WHERE week BETWEEN ? AND ?"
        return float(self.connection.execute(query, (first, last)).fetchone()[0])

    def dearest(self, first: str, last: str) -> float:
        """The largest ρ that one of these weeks cost."""
        query = "SELECT coalesce(max(rho), 0) FROM ledger WHERE week BETWEEN ? AND ?"
        return float(self.connection.execute(query, (first, last)).fetchone()[0])

    def put_draw(self, week: str, noised: bytes, limits: Limits) -> None:
        """Keep a draw and pay for it. Raises TelemetryError where the year's budget would not do."""
        if self.development:
            self.connection.execute("INSERT OR REPLACE INTO draw VALUES (?, ?)", (week, noised))
            return
        require_budget(self, week, limits)
        self.connection.execute("INSERT INTO draw VALUES (?, ?)", (week, noised))
        self.connection.execute("INSERT INTO ledger VALUES (?, ?)", (week, limits.week))

    def put_release(self, period: str, file: bytes) -> None:
        """Keep a signed file for good (in development mode, until the next)."""
        verb = "INSERT OR REPLACE" if self.development else "INSERT"
        self.connection.execute(f"{verb} INTO release VALUES (?, ?)", (period, file))

    def release_of(self, period: str) -> bytes | None:
        """The file of a week or a month."""
        row = self.connection.execute("SELECT file FROM release WHERE period = ?", (period,)).fetchone()
        return row[0] if row else None

    def releases(self) -> dict[str, bytes]:
        """All files by period, oldest first, weeks and months each by themselves."""
        return dict(self.connection.execute("SELECT period, file FROM release ORDER BY period"))


def require_budget(store: Store, week: str, limits: Limits) -> None:
    """Raise TelemetryError if a week more would cost too much, in any 52 weeks that it is one of."""
    rho = max(store.spent(*year_to(last)) for last in _years_with(store, week))
    if rho + limits.week > limits.year * (1 + 1e-9):
        raise TelemetryError(
            f"the privacy budget does not allow {week}: of ρ {limits.year:g} in 52 weeks {rho:g} is spent",
            "Wait until older weeks are out of the year, or let who answers for the figures decide on more.",
        )


def _years_with(store: Store, week: str) -> list[str]:
    """The last weeks of all years (of 52 weeks) that matter: those that end with it, or with one drawn later."""
    return [week, *(later for later in store.weeks() if later > week and year_to(later)[0] <= week)]


@contextmanager
def opened(path: Path, development: bool) -> Iterator[Store]:
    """the releases' database, made (0600) where there is none. Raises TelemetryError where it is of the other kind."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, timeout=30)
    try:
        for pragma in ("journal_mode = DELETE", "synchronous = EXTRA", "fullfsync = ON", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")
        with transaction(connection):
            _migrate(connection, development)
        yield Store(connection, development)
    finally:
        connection.close()


def _migrate(connection: sqlite3.Connection, development: bool) -> None:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(_STEPS):
        raise TelemetryError("the releases' database is of another version of this program")
    for number, step in enumerate(_STEPS[version:], version + 1):
        for statement in _statements(step):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    if version == 0:
        connection.execute("INSERT INTO kind VALUES (?, 1)", (development,))
    (is_of_the_other_kind,) = connection.execute(
        "SELECT development != ? AND EXISTS (SELECT 1 FROM draw) FROM kind", (development,)
    ).fetchone()
    connection.execute("UPDATE kind SET development = ? WHERE NOT EXISTS (SELECT 1 FROM draw)", (development,))
    if is_of_the_other_kind:
        raise TelemetryError(
            "exact and noised releases cannot lie side by side: their difference would be the noise",
            "Use a data folder of its own for development.",
        )


def _statements(step: str) -> Iterator[str]:
    statement = ""
    for line in step.splitlines():
        statement += line + "\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing, one at a time."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
