"""The SQLite adapter: what only holds of a file. The suites run over it from adapters.py."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import cast

import pytest

from telemetry.community.ports import Full, Quarantined, Unavailable
from telemetry.community.sqlite import migrations
from telemetry.community.sqlite.database import Database, open_database
from telemetry.community.sqlite.migrations import NotOurs, migrate
from telemetry.community.sqlite.queue import RAW, WAITS, key_of
from telemetry.community.sqlite.shelf import stamp
from telemetry.contract.errors import TelemetryError
from tests.community.ports.adapters import sqlite_at
from tests.community.ports.opened import CAPACITY, NOW, Opened, cells_of, contribution, report, reports, withdrawal_of
from tests.sharing.lines import id_of


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "data" / "community.db"


@pytest.fixture
def opened(file: Path) -> Iterator[Opened]:
    """The adapter, as the suites want it, and no other."""
    found = sqlite_at(file)
    yield found
    found.close()


def test_the_files_are_closed_to_others(file: Path, opened: Opened) -> None:
    """Also what SQLite puts beside them."""
    opened.kept.queue.put(reports(1), NOW)
    files = list(file.parent.iterdir())
    assert {one.name for one in files} >= {"community.db", "community.db-wal", "community.db-turn"}
    assert [stat.S_IMODE(one.stat().st_mode) for one in files] == [0o600] * len(files)
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_commit_waits_for_the_disk(opened: Opened) -> None:
    """What the file was opened with: these four make the promises."""
    writer = cast(Database, opened.kept).writer
    asked = ("journal_mode", "synchronous", "secure_delete", "auto_vacuum", "temp_store", "wal_autocheckpoint")
    found = writer.run(lambda c: [c.execute(f"PRAGMA {name}").fetchone()[0] for name in asked])
    assert found == ["wal", 2, 1, 2, 2, 0]


def test_a_new_file_has_the_newest_version_and_an_old_one_gets_it(tmp_path: Path) -> None:
    """Step by step, from any version on, with what was in it."""
    steps = (*migrations.MIGRATIONS, ("CREATE TABLE more (a)", "INSERT INTO more VALUES (1)"))
    with sqlite3.connect(tmp_path / "old.db", isolation_level=None) as connection:
        assert migrate(connection, migrations.MIGRATIONS[:1]) == 0
        connection.execute("INSERT INTO counted (id) VALUES (x'00')")
        assert [migrate(connection), migrate(connection)] == [1, 3]
        assert [migrate(connection, steps), migrate(connection, steps)] == [3, 4]
        assert connection.execute("SELECT count(*), a FROM counted, more").fetchall() == [(1, 1)]
    connection.close()


def test_a_server_of_the_first_version_goes_on_with_what_it_had(file: Path) -> None:
    """What it took can be taken back, now with the same answer twice; what it had removed is one of those too old."""
    file.parent.mkdir(mode=0o700)
    first = sqlite3.connect(file, isolation_level=None)
    first.execute("PRAGMA auto_vacuum = INCREMENTAL")
    migrate(first, migrations.MIGRATIONS[:1])
    rows = [(key_of(id_of(number)), bytes.fromhex(withdrawal_of(number))) for number in (1, 2)]
    first.executemany("INSERT INTO report (id, withdrawal, state) VALUES (?, ?, 1)", rows)
    first.execute("INSERT INTO raw_place VALUES (1, ?)", (stamp(NOW),))
    first.execute("UPDATE report SET state = NULL WHERE seq = 2")
    first.close()
    with closing(open_database(file)) as database:
        queue = database.queue
        assert queue.find([withdrawal_of(n) for n in (1, 2)]) == [(id_of(1), "raw"), (id_of(2), "expired")]
        queue.remove([id_of(1), id_of(2)])
        assert queue.find([withdrawal_of(n) for n in (1, 2)]) == [(id_of(1), "removed"), (id_of(2), "expired")]


def test_what_waits_in_a_file_of_the_second_version_goes_on_waiting(file: Path) -> None:
    """It is handed out in order, can be taken back, and is settled once."""
    file.parent.mkdir(mode=0o700)
    second = sqlite3.connect(file, isolation_level=None)
    second.execute("PRAGMA auto_vacuum = INCREMENTAL")
    migrate(second, migrations.MIGRATIONS[:2])
    states = [(1, 1), (2, 0), (3, 2), (4, 0), (5, 3)]  # settled, waits, quarantined, waits, released
    for number, state in states:
        row = (number, key_of(id_of(number)), bytes.fromhex(withdrawal_of(number)), state)
        second.execute("INSERT INTO report (seq, id, withdrawal, state) VALUES (?, ?, ?, ?)", row)
    RAW.put(second, NOW, [(number, report(number).body) for number, _ in states])
    second.close()
    with closing(open_database(file)) as database:
        queue = database.queue
        assert [one.id for one in queue.claim(10)] == [id_of(number) for number in (5, 2, 4)]
        assert [one.id for one in queue.quarantined()] == [id_of(3)]
        assert queue.find([withdrawal_of(n) for n in range(1, 7)]) == [*((id_of(n), "raw") for n in range(1, 6)), None]
        queue.settle([id_of(number) for number in (5, 2, 4)])
        assert (queue.claim(10), queue.depth()) == ([], 0)


def test_who_looks_for_what_waits_passes_by_nothing_that_does_not(file: Path) -> None:
    """However many were settled: it begins at the first that waits, by their numbers."""
    with closing(open_database(file)) as database, closing(sqlite3.connect(file, isolation_level=None)) as looking:
        queue = database.queue

        def first() -> int:
            return int(looking.execute("SELECT first FROM tally").fetchone()[0])

        queue.put(reports(1, 2, 3, 4, 5), NOW)
        queue.settle([id_of(1), id_of(2), id_of(4)])
        assert first() == 3
        queue.quarantine([Quarantined(id_of(3), "odd")])
        assert first() == 5
        queue.remove([id_of(5)])
        assert first() == 6
        queue.release([id_of(3)])
        queue.put(reports(6), NOW)
        assert ([one.id for one in queue.claim(10)], first()) == ([id_of(3), id_of(6)], 6)
        queue.expire(NOW + timedelta(days=1))
        assert (queue.claim(10), first()) == ([], 7)
        plan = looking.execute(f"EXPLAIN QUERY PLAN SELECT seq FROM report {WAITS}").fetchall()
        assert any("SEARCH report USING INTEGER PRIMARY KEY (rowid>?)" in row[-1] for row in plan)


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    """All its steps, or none."""
    file = tmp_path / "old.db"
    open_database(file).close()
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError):
        migrate(connection, (*migrations.MIGRATIONS, ("CREATE TABLE more (a)", "CREATE TABLE more (a)")))
    connection.execute("ROLLBACK")
    assert connection.execute("PRAGMA user_version").fetchone() == (len(migrations.MIGRATIONS),)
    assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'more'").fetchone() is None
    connection.close()


@pytest.mark.parametrize(
    ("damage", "word"),
    [
        ("PRAGMA user_version = 99", "newer"),
        ("PRAGMA application_id = 7", "another"),
    ],
)
def test_a_file_of_somebody_else_is_refused_with_a_hint(tmp_path: Path, damage: str, word: str) -> None:
    """And not touched: a newer version's, another program's."""
    file = tmp_path / "community.db"
    open_database(file).close()
    connection = sqlite3.connect(file)
    connection.execute(damage)
    connection.close()
    before = file.read_bytes()
    with pytest.raises(NotOurs) as refused:
        open_database(file)
    assert isinstance(refused.value, TelemetryError)
    assert word in (refused.value.message + refused.value.hint).lower()
    assert file.read_bytes() == before


def test_what_is_no_database_is_refused_with_a_hint(tmp_path: Path) -> None:
    """And not touched."""
    file = tmp_path / "community.db"
    file.write_bytes(b"notes of mine\n" * 500)
    with pytest.raises(NotOurs) as refused:
        open_database(file)
    assert refused.value.hint
    assert file.read_bytes() == b"notes of mine\n" * 500


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    """A file is in its place."""
    (tmp_path / "data").write_bytes(b"")
    with pytest.raises(Unavailable):
        open_database(tmp_path / "data" / "community.db")


def test_callers_that_wait_together_share_a_transaction_and_fail_apart(opened: Opened) -> None:
    """One of them is full, one has a bug, one is fine."""
    writer = cast(Database, opened.kept).writer
    opened.kept.queue.put(reports(*range(CAPACITY - 1)), NOW)
    begun, go = Event(), Event()
    outcomes: dict[str, object] = {}

    def note(name: str, work: object) -> None:
        try:
            outcomes[name] = work()  # type: ignore[operator]
        except Exception as error:
            outcomes[name] = type(error)

    def hold(_: sqlite3.Connection) -> None:
        begun.set()
        go.wait()

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM report")
        raise ZeroDivisionError

    callers = {
        "held": lambda: writer.run(hold),
        "full": lambda: opened.kept.queue.put(reports(50, 51), NOW),
        "broken": lambda: writer.run(broken),
        "fine": lambda: opened.kept.queue.put(reports(52), NOW),
    }
    threads = [Thread(target=note, args=item) for item in callers.items()]
    threads[0].start()
    begun.wait()
    for thread in threads[1:]:
        thread.start()
    go.set()
    for thread in threads:
        thread.join()
    assert outcomes == {"held": None, "full": Full, "broken": ZeroDivisionError, "fine": ["accepted"]}
    assert opened.kept.queue.depth() == CAPACITY


def test_after_closing_everything_is_unavailable(file: Path) -> None:
    """Closing finishes what was begun, once; then nothing hangs."""
    database = open_database(file)
    database.queue.put(reports(1), NOW)
    database.close()
    with pytest.raises(Unavailable):
        database.queue.put(reports(2), NOW)
    with pytest.raises(Unavailable):
        database.queue.depth()
    assert not file.with_name("community.db-wal").exists()


def test_two_processes_may_have_the_file_open(file: Path, opened: Opened) -> None:
    """API and worker apart: each sees what the other did, and they write in turns."""
    other = open_database(file)
    opened.kept.queue.put(reports(1, 2), NOW)
    assert len(other.queue.claim(10)) == 2
    other.aggregates.add([contribution(1)])
    other.queue.settle([id_of(1)])
    other.close()
    assert opened.kept.queue.depth() == 1
    assert len(cells_of(opened.kept)) == 3
