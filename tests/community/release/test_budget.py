"""What was drawn is drawn, what was paid is paid, and more than the budget is refused."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from telemetry.community.release.budget import Limits, opened, transaction
from telemetry.community.release.periods import weeks_between
from telemetry.contract.errors import TelemetryError

# A file of version 1, as that version made it.
FIRST_VERSION = """
CREATE TABLE kind (development INTEGER NOT NULL CHECK (development IN (0, 1)), one INTEGER UNIQUE CHECK (one = 1));
CREATE TABLE draw (week TEXT PRIMARY KEY, noised BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE ledger (week TEXT PRIMARY KEY REFERENCES draw (week), rho REAL NOT NULL CHECK (rho >= 0)) WITHOUT ROWID;
CREATE TABLE release (period TEXT PRIMARY KEY, file BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO kind VALUES (0, 1);
PRAGMA user_version = 1;
"""
LIMITS = Limits(week=0.25, year=1.0)  # four weeks in any 52


def test_weeks_are_paid_for_until_the_year_is_spent(tmp_path: Path) -> None:
    """The fifth is refused, and nothing of it is kept."""
    with opened(tmp_path / "releases.db", False) as store:
        for week in weeks_between("2026-W01", "2026-W04"):
            store.put_draw(week, b"noised", LIMITS)
        with pytest.raises(TelemetryError, match="does not allow 2026-W05"):
            store.put_draw("2026-W05", b"noised", LIMITS)
        assert store.spent() == 1.0
        assert store.draw_of("2026-W05") is None


def test_what_is_a_year_ago_no_longer_counts(tmp_path: Path) -> None:
    """52 weeks later there is room for one again; what was ever spent stays known."""
    with opened(tmp_path / "releases.db", False) as store:
        for week in weeks_between("2026-W01", "2026-W04"):
            store.put_draw(week, b"noised", LIMITS)
        with pytest.raises(TelemetryError):
            store.put_draw("2026-W52", b"noised", LIMITS)
        store.put_draw("2026-W53", b"noised", LIMITS)
        with pytest.raises(TelemetryError):
            store.put_draw("2026-W53", b"again", LIMITS)
        assert store.spent() == 1.25


def test_an_older_week_counts_in_the_years_of_the_later_ones(tmp_path: Path) -> None:
    """It cannot be slipped in before them."""
    with opened(tmp_path / "releases.db", False) as store:
        for week in weeks_between("2026-W05", "2026-W08"):
            store.put_draw(week, b"noised", LIMITS)
        with pytest.raises(TelemetryError):
            store.put_draw("2026-W01", b"noised", LIMITS)


def test_the_database_itself_holds_what_was_released(tmp_path: Path) -> None:
    """No statement of a later version's, however mistaken, draws again or pays back."""
    with opened(tmp_path / "releases.db", False) as store:
        store.put_draw("2026-W01", b"noised", LIMITS)
        store.put_release("2026-W01", b"file")
        for statement in (
            "UPDATE draw SET noised = 'other'",
            "UPDATE release SET file = 'other'",
            "UPDATE ledger SET rho = 0",
            "DELETE FROM ledger",
        ):
            with pytest.raises(sqlite3.IntegrityError):
                store.connection.execute(statement)
        with pytest.raises(sqlite3.IntegrityError):
            store.put_draw("2026-W01", b"other", LIMITS)
        with pytest.raises(sqlite3.IntegrityError):
            store.put_release("2026-W01", b"other")


def test_draw_and_price_are_there_together_or_not_at_all(tmp_path: Path) -> None:
    """Whatever fails on the way."""
    with opened(tmp_path / "releases.db", False) as store:
        with pytest.raises(ZeroDivisionError), transaction(store.connection):
            store.put_draw("2026-W01", b"noised", LIMITS)
            raise ZeroDivisionError
        assert store.draw_of("2026-W01") is None and store.spent() == 0


def test_exact_and_noised_releases_never_share_a_database(tmp_path: Path) -> None:
    """Their difference is the noise."""
    for first in (True, False):
        path = tmp_path / f"{first}.db"
        with opened(path, first) as store:
            store.put_draw("2026-W01", b"noised", LIMITS)
        with pytest.raises(TelemetryError, match="side by side"), opened(path, not first):
            pass


def test_an_empty_database_is_of_no_kind_yet(tmp_path: Path) -> None:
    """A run with nothing to do decides nothing."""
    for development in (False, True, False):
        with opened(tmp_path / "releases.db", development) as store:
            assert store.weeks() == []


def test_development_draws_as_often_as_it_likes_and_pays_nothing(tmp_path: Path) -> None:
    """Its figures are nobody's."""
    with opened(tmp_path / "releases.db", True) as store:
        for noised in (b"one", b"two"):
            store.put_draw("2026-W01", noised, LIMITS)
            store.put_release("2026-W01", noised)
        assert store.draw_of("2026-W01") == b"two" and store.spent() == 0


def test_the_database_is_its_owners_alone(tmp_path: Path) -> None:
    """It holds noised sums that were not shown."""
    with opened(tmp_path / "releases.db", False):
        assert stat.S_IMODE((tmp_path / "releases.db").stat().st_mode) == 0o600


def test_releases_begin_once(tmp_path: Path) -> None:
    """With the week that was said first; no statement changes it."""
    for week in ("2026-W05", "2026-W04", "2026-W06"):
        with opened(tmp_path / "releases.db", False) as store:
            assert store.begin(week) == "2026-W05"
            for statement in ("UPDATE start SET week = '2026-W01'", "DELETE FROM start"):
                with pytest.raises(sqlite3.IntegrityError):
                    store.connection.execute(statement)


@pytest.mark.parametrize(("drawn", "start"), [(["2026-W02", "2026-W03"], "2026-W02"), ([], "2026-W09")])
def test_a_database_of_the_first_version_begins_where_it_had_begun(
    tmp_path: Path, drawn: list[str], start: str
) -> None:
    """With the first week it drew, which everybody can see; without one, like a new database."""
    old = sqlite3.connect(tmp_path / "releases.db")
    old.executescript(FIRST_VERSION)
    old.executemany("INSERT INTO draw VALUES (?, 'noised')", [(week,) for week in drawn])
    old.executemany("INSERT INTO ledger VALUES (?, 0.25)", [(week,) for week in drawn])
    old.commit()
    old.close()
    for _ in range(2):
        with opened(tmp_path / "releases.db", False) as store:
            assert store.begin("2026-W09") == start
            assert store.weeks() == drawn and store.spent() == 0.25 * len(drawn)


def test_the_dearest_of_some_weeks_is_known(tmp_path: Path) -> None:
    """0 where none was paid for."""
    with opened(tmp_path / "releases.db", False) as store:
        for number, rho in enumerate((0.1, 0.3, 0.2), 1):
            store.put_draw(f"2026-W0{number}", b"noised", Limits(rho, 1.0))
        assert store.dearest("2026-W01", "2026-W03") == 0.3
        assert store.dearest("2026-W03", "2026-W04") == 0.2
        assert store.dearest("2026-W04", "2026-W05") == 0


def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    """With a word to the operator."""
    with opened(tmp_path / "releases.db", False) as store:
        store.connection.execute("PRAGMA user_version = 9")
    with pytest.raises(TelemetryError, match="version"), opened(tmp_path / "releases.db", False):
        pass
