"""No raw report is older than seven days anywhere: the clock is moved, and every byte of every file is looked at."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from queue import SimpleQueue as Queue
from threading import Event

import pytest

from telemetry.community import background, retention
from telemetry.community.background import Background, Listener
from telemetry.community.ports import Quarantined
from telemetry.community.records import Accepted, Contribution, Increment
from telemetry.community.retention import Swept
from telemetry.community.sqlite.database import Database, open_database
from telemetry.community.worker import Worked
from tests.community.memory import batch, whole
from tests.community.ports.opened import NOW, WEEK, later, places_of, reports, withdrawal_of
from tests.community.servers import serving
from tests.sharing.lines import id_of, line_of, token_of


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Open, in a folder of its own, with NOW as its clock."""
    found = open_database(tmp_path / "data" / "community.db", clock=lambda: NOW)
    yield found
    found.close()


@pytest.fixture
def everything(tmp_path: Path) -> Callable[[], bytes]:
    """Every byte of every file there is."""
    return lambda: b"".join(file.read_bytes() for file in sorted((tmp_path / "data").iterdir()))


def test_a_report_is_raw_for_seven_days_and_not_an_hour_longer(database: Database) -> None:
    """What would be too old before the next sweep goes with this one."""
    database.queue.put(reports(1), NOW)
    almost = later(days=7) - retention.EVERY
    assert retention.sweep(database, almost) == (0, 0, 0, True)
    assert retention.sweep(database, almost + timedelta(microseconds=1)) == (1, 1, 0, True)
    assert retention.sweep(database, later(days=8)) == (0, 0, 0, True)


def test_after_seven_days_no_byte_of_a_report_is_left(database: Database, everything: Callable[[], bytes]) -> None:
    """Nor of its token, nor of what it added; in the file, its freed pages and its WAL. The sums stay."""
    _fill(database, range(400))
    full = everything()
    assert all(trace in full for number in (7, 399) for trace in _traces(number)[:2])
    assert retention.sweep(database, later(days=8)) == (400, 160, 200, True)
    left = everything()
    assert [number for number in range(400) for trace in _traces(number) if trace in left] == []
    assert len(left) < len(full) / 3
    assert sum(cell.value for cell in database.aggregates.cells([WEEK])) == 200


def test_the_bytes_go_however_reports_came_and_went(database: Database, everything: Callable[[], bytes]) -> None:
    """Days of random arrivals, states, withdrawals and sweeps: what is gone is gone at once, what is held is whole."""
    chance, held = random.Random(20261122), dict[int, int]()  # number: day
    for day in range(20):
        numbers = range(day * 60, day * 60 + chance.randrange(60))
        _put(database, numbers, day, chance)
        held.update(dict.fromkeys(numbers, day))
        for number in chance.sample(sorted(held), len(held) // 5):
            database.aggregates.subtract(id_of(number))
            database.queue.remove([id_of(number)])
            del held[number]
        retention.sweep(database, later(days=day))
        held = {number: came for number, came in held.items() if came > day - 7}
        left = everything()
        assert {number for number in range(day * 60 + 60) if _marks(number) in left} == set(held)
        assert [number for number in range(day * 60 + 60) if number not in held and _added(number) in left] == []


def test_what_is_taken_back_is_erased_at_once(database: Database, everything: Callable[[], bytes]) -> None:
    """No sweep is needed; its neighbours stay."""
    _fill(database, range(50))
    database.aggregates.subtract(id_of(24))
    database.queue.remove([id_of(24)])
    left = everything()
    assert not any(trace in left for trace in _traces(24))
    assert all(line_of(number) in left for number in (23, 25))


def test_the_hash_of_a_token_lies_there_only_in_the_form_that_answers(
    database: Database, everything: Callable[[], bytes]
) -> None:
    """What stays of a report is its random id and that hash, both needed to count nothing twice and to answer."""
    database.queue.put(reports(1), NOW)
    retention.sweep(database, later(days=8))
    left = everything()
    assert token_of(1).encode() not in left
    assert bytes.fromhex(token_of(1)) not in left
    assert bytes.fromhex(withdrawal_of(1)) in left
    assert database.queue.find([withdrawal_of(1)])[0] == (id_of(1), "expired")


def test_that_something_was_taken_back_is_forgotten_with_the_seven_days(database: Database) -> None:
    """Counted from when the report came; afterwards nothing tells it from others that are too old."""
    database.queue.put(reports(1, 2), NOW)
    database.queue.remove([id_of(1)])
    retention.sweep(database, later(days=6))
    assert database.queue.find([withdrawal_of(1)])[0] == (id_of(1), "removed")
    retention.sweep(database, later(days=7))
    rows = database.readers.run(lambda connection: connection.execute("SELECT count(*) FROM removed").fetchone())
    assert rows == (0,)
    assert places_of(database.queue, 1, 2) == ["expired", "expired"]


def test_a_server_that_was_off_for_long_sweeps_what_it_finds(tmp_path: Path, everything: Callable[[], bytes]) -> None:
    """Killed with a full WAL, started weeks later: nothing is left after the sweep at the start."""
    first = open_database(tmp_path / "data" / "community.db")
    _fill(first, range(100))
    killed = {file.name: file.read_bytes() for file in (tmp_path / "data").iterdir()}
    first.close()
    for name, content in killed.items():
        (tmp_path / "data" / name).write_bytes(content)
    (tmp_path / "data" / "community.db-shm").unlink()
    second = open_database(tmp_path / "data" / "community.db")
    assert retention.sweep(second, later(days=30)).is_clean
    left = everything()
    assert not any(trace in left for number in range(100) for trace in _traces(number))
    second.close()


def test_what_is_too_old_is_gone_before_anything_is_added_up(
    database: Database, everything: Callable[[], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    """No worker for two weeks: what waited may not be added now and be kept for seven more days, and is told of."""
    database.queue.put([_marked(number) for number in range(300)], NOW)
    told, swept = list[Worked](), Event()
    running = Background(database, lambda: later(days=14), 60, Listener(told.append, lambda done: swept.set()))
    running.start()
    assert swept.wait(60)
    running.stop()
    assert told == []
    assert database.aggregates.weeks() == []
    assert "300 reports were too old" in caplog.text
    left = everything()
    assert not any(trace in left for number in range(300) for trace in _traces(number))


def test_without_a_worker_it_is_swept_all_the_same(
    database: Database,
    everything: Callable[[], bytes],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """At the start and from then on: what came meanwhile goes, too, when its time is over, and is told of as lost."""
    monkeypatch.setattr(background, "EVERY", timedelta(0))
    moments, sweeps = [later(days=14)], Queue[Swept]()
    database.queue.put(reports(1), NOW)
    running = Background(database, lambda: moments[-1], 60, Listener(swept=sweeps.put), works=False)
    running.start()
    assert sweeps.get(timeout=60) == (1, 1, 0, True)
    database.queue.put(reports(2), moments[-1])
    assert line_of(2) in everything()
    moments.append(later(days=22))
    while not (swept := sweeps.get(timeout=60)).expired:
        pass
    running.stop()
    assert swept == (1, 1, 0, True)
    assert caplog.text.count("1 reports were too old") == 2
    assert not any(trace in everything() for number in (1, 2) for trace in _traces(number))


def test_the_api_alone_keeps_no_report_for_longer(tmp_path: Path) -> None:
    """The real process, on a clock of its own, with no worker anywhere: nine days later every byte is gone at its
    start, but what comes then stays.
    """
    with serving(tmp_path, "api") as api:
        api.ask("POST", "/v1/reports", *batch(whole(1, 2)))
        assert api.ends() == 0
    assert {number for number in (1, 2) if id_of(number).encode() in _files(api.data)} == {1, 2}
    with serving(tmp_path, "api", ahead=9 * 24, requests_per_minute=0) as api:
        api.counts('agentspec_swept_total{what="expired"}', 2)
        left = _files(api.data)
        assert not any(trace.strip() in left for number in (1, 2) for trace in (*_traces(number)[2:4], whole(number)))
        api.ask("POST", "/v1/reports", *batch(whole(3)))
        assert id_of(3).encode() in _files(api.data)
        assert api.ends() == 0
    assert "2 reports were too old" in api.log.read_text()
    assert id_of(3).encode() in _files(api.data)


def _files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_a_reader_in_the_way_is_said_and_made_up_for(tmp_path: Path, everything: Callable[[], bytes]) -> None:
    """The WAL cannot be emptied under somebody who reads it: the sweep says so, the next one does it."""
    database = open_database(tmp_path / "data" / "community.db", patience=0.01)
    database.queue.put(reports(1), NOW)
    reader = sqlite3.connect(tmp_path / "data" / "community.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM report").fetchall()
    assert retention.sweep(database, later(days=8)) == (1, 1, 0, False)
    assert database.queue.claim(1) == []
    reader.execute("COMMIT")
    reader.close()
    assert retention.sweep(database, later(days=8)) == (0, 0, 0, True)
    assert line_of(1) not in everything()
    database.close()


def test_no_file_is_made_anywhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary files would have bytes of reports: a folder for them that nobody can write is not missed."""
    monkeypatch.setenv("SQLITE_TMPDIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    database = open_database(tmp_path / "data" / "community.db")
    _fill(database, range(300))
    retention.sweep(database, later(days=8))
    database.close()
    assert {file.name for file in (tmp_path / "data").iterdir()} == {"community.db", "community.db-turn"}


def _fill(database: Database, numbers: range) -> None:
    """Half of them settled, and a tenth in quarantine."""
    database.queue.put([_marked(number) for number in numbers], NOW)
    database.aggregates.add([_own(number) for number in numbers if number % 2])
    database.queue.settle([id_of(number) for number in numbers if number % 2])
    database.queue.quarantine([Quarantined(id_of(number), "odd") for number in numbers if number % 10 == 0])


def _put(database: Database, numbers: range, day: int, chance: random.Random) -> None:
    for number in numbers:
        database.queue.put([_marked(number)], later(days=day, seconds=chance.randrange(3600)))
        if chance.random() < 0.6:
            database.aggregates.add([_own(number)])
            database.queue.settle([id_of(number)])


def _marked(number: int) -> Accepted:
    """A report whose bytes are long, of any length, and nobody else's from their beginning to their end."""
    whole = line_of(number) + b"".join(_marks(number) for _ in range(number % 97))
    return Accepted(id_of(number), withdrawal_of(number), whole + _marks(number))


def _own(number: int) -> Contribution:
    """What it adds: one, under no name of its own, but in an order that is its own."""
    return Contribution(id_of(number), WEEK, (Increment("all", "all", "n", 1), *_order(number)))


def _order(number: int) -> tuple[Increment, ...]:
    """Sums to which it adds nothing in the end: only what is kept of the single report has them."""
    return (Increment("all", "all", "n", 10**9 + number), Increment("all", "all", "n", -(10**9) - number))


def _added(number: int) -> bytes:
    return f'["all","all","n",{10**9 + number}]'.encode()


def _marks(number: int) -> bytes:
    return f"<{number}.{token_of(number)[:12]}>".encode()


def _traces(number: int) -> tuple[bytes, ...]:
    return line_of(number), _marks(number), id_of(number).encode(), withdrawal_of(number).encode(), _added(number)


def test_the_marks_are_what_they_are_taken_for() -> None:
    """Of the test itself: no report has another's."""
    assert _marks(1) not in _marked(11).body
