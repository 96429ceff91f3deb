"""Whatever happens to the machine: every report that was accepted is counted exactly once, and none is lost."""

from __future__ import annotations

import fcntl
import os
import random
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from telemetry.community.ports import Unavailable
from telemetry.community.sqlite.database import Database
from telemetry.community.sqlite.writer import open_turn
from tests.community.ports.lives import (
    Log,
    end,
    opened_at,
    receives,
    reports,
    send,
    settles,
    stop,
    work_off,
    works,
    wrong_with,
)
from tests.community.ports.opened import NOW, contribution, total, withdrawal_of
from tests.crash.children import MAY_FORK, forked, killed_at, to_its_end
from tests.sharing.lines import id_of

# A quarter of those in test_kills.py: here, nearly every one hits a transaction. Read before the tests empty it.
CRASHES = int(os.environ.get("AGENTSPEC_TEST_CRASHES", "200")) // 4
SEED = int(os.environ.get("AGENTSPEC_TEST_SEED", "20261122"))
CUTS = 4
LONGEST_LIFE = 0.12  # seconds, at first: from before the file is there to a few dozen batches


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "data" / "community.db"


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """What was sent and answered."""
    found = Log(tmp_path / "log")
    yield found
    found.close()


@MAY_FORK
def test_a_kill_at_any_instant_loses_and_doubles_nothing(tmp_path: Path, file: Path, log: Log) -> None:
    """Strangers at the queue, and the worker, in processes of their own, from the first file on. Each of CRASHES times
    both are killed, each at an instant of its own.
    """
    chance, killed, first, longest = random.Random(SEED), 0, 0, LONGEST_LIFE
    while killed < 2 * CRASHES:
        said = log.all("said")
        lives = [receives(file, log, first, log.all("sent") - said), works(file)]
        ends = killed_at({forked(one, tmp_path / "said"): chance.uniform(0, longest) for one in lives})
        assert all(one.killed for one in ends.values()), (tmp_path / "said").read_text()
        killed, first = killed + len(ends), max(log.all("sent"), default=-1) + 1
        longest *= 0.98 if log.all("said") > said else 1.1  # on whatever machine: some die in work, some before it
    with opened_at(file) as database:
        settles(database, log)
        assert wrong_with(database, log) == []
    print(
        f"{CRASHES} times both killed; {len(log.all('said'))} reports answered, {len(log.all('unwanted'))} taken back"
    )
    assert len(log.all("accepted")) > 2 * CRASHES


def test_a_crash_between_adding_and_settling_changes_no_figure(file: Path) -> None:
    """Through the ports alone: what is handed out again is known to the sums."""
    with opened_at(file) as database:
        database.queue.put(reports(*range(20)), NOW)
        assert database.aggregates.add([contribution(number) for number in range(20)]) == 20
    for _ in range(2):
        with opened_at(file) as database:
            assert work_off(database) in (20, 0)
            assert total(database) == 20
            assert database.queue.depth() == 0


def test_replays_of_all_there_ever_was_change_nothing(file: Path, log: Log) -> None:
    """Of waiting, settled, removed and expired reports, in any order."""
    chance = random.Random(SEED)
    with opened_at(file) as database:
        for start in range(0, 200, 20):
            send(database, log, list(range(start, start + 20)))
            if chance.random() < 0.6:
                work_off(database, chance.randrange(30))
            send(database, log, chance.choices(range(start + 20), k=50))
        settles(database, log)
        database.queue.remove([id_of(number) for number in range(50)])
        send(database, log, list(range(200)))
        settles(database, log)
        assert log.all("accepted") == set(range(200))
        assert wrong_with(database, log) == []


# --- the disk


def test_a_full_disk_takes_all_of_a_batch_or_nothing(tmp_path: Path, log: Log) -> None:
    """A real one of a megabyte. It says so, keeps what it has, and goes on once there is room, without a restart."""
    with _mounted(tmp_path, "-t", "tmpfs", "-o", "size=1m", "tmpfs") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(400_000))
        with opened_at(disk / "community.db") as database:
            _fill_up(database, log)
            ballast.unlink()
            assert send(database, log, sorted(log.all("sent") - log.all("said")))
            settles(database, log)
            assert wrong_with(database, log) == []


@MAY_FORK
def test_a_file_that_may_not_grow_takes_all_of_a_batch_or_nothing(tmp_path: Path, file: Path, log: Log) -> None:
    """The same where nothing can be mounted: the system refuses to write beyond a length."""

    def live() -> int:
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        with opened_at(file) as database:
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
            _fill_up(database, log)
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            assert send(database, log, sorted(log.all("sent") - log.all("said")))
        return 0

    assert to_its_end(forked(live, tmp_path / "said")).code == 0, (tmp_path / "said").read_text()
    with opened_at(file) as database:
        settles(database, log)
        assert wrong_with(database, log) == []


def test_a_disk_that_is_full_at_the_start_is_unavailable(tmp_path: Path) -> None:
    """Not a crash; and with room, it starts."""
    with _mounted(tmp_path, "-t", "tmpfs", "-o", "size=64k", "tmpfs") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(60_000))
        with pytest.raises(Unavailable), opened_at(disk / "community.db"):
            pass
        ballast.unlink()
        subprocess.run(["mount", "-o", "remount,size=2m", str(disk)], check=True)
        with opened_at(disk / "community.db") as database:
            assert database.queue.put(reports(1), NOW) == ["accepted"]


def _fill_up(database: Database, log: Log) -> None:
    """Until it says no: in the middle of taking in, or of adding up."""
    for start in range(0, 5000, 25):
        if not send(database, log, list(range(start, start + 25))):
            break
        if start % 100 == 0:
            work_off(database, 20)
    else:
        raise AssertionError("the disk never was full")
    assert database.queue.find([withdrawal_of(start)])[0] is None
    assert database.queue.find([withdrawal_of(0)])[0] is not None


# --- locks


def test_a_locked_database_is_unavailable_and_nothing_is_half_done(file: Path, log: Log) -> None:
    """Another program has it: writing fails within its patience, reading goes on, and afterwards all is well."""
    with opened_at(file, patience=0.02) as database:
        send(database, log, [1, 2])
        other = sqlite3.connect(file, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert not send(database, log, [3])
        for refused in _writes(database):
            with pytest.raises(Unavailable):
                refused()
        assert [one.id for one in database.queue.claim(10)] == [id_of(1), id_of(2)]
        other.execute("ROLLBACK")
        other.close()
        settles(database, log)
        assert wrong_with(database, log) == []


def test_a_process_that_does_not_end_its_turn_is_unavailable(file: Path, log: Log) -> None:
    """The lock beside the file, which keeps two processes from writing at one moment."""
    with opened_at(file, patience=0.02) as database:
        turn = open_turn(file)
        fcntl.flock(turn, fcntl.LOCK_EX)
        assert not send(database, log, [1])
        os.close(turn)
        settles(database, log)
        assert wrong_with(database, log) == []


def _writes(database: Database) -> list[Callable[[], object]]:
    queue, aggregates = database.queue, database.aggregates
    return [
        lambda: aggregates.add([contribution(1)]),
        lambda: aggregates.subtract(id_of(1)),
        lambda: aggregates.forget(NOW),
        lambda: queue.settle([id_of(1)]),
        lambda: queue.quarantine([]),
        lambda: queue.release([id_of(1)]),
        lambda: queue.remove([id_of(1)]),
        lambda: queue.expire(NOW),
        database.scrub,
    ]


# --- a torn WAL


def test_a_torn_wal_costs_only_what_was_never_answered(tmp_path: Path, file: Path, log: Log) -> None:
    """Overwritten, or with a flipped bit, anywhere behind the last answer: what was answered is there, and what was on
    its way is whole or not there, and sent again.
    """
    with opened_at(file) as database:
        send(database, log, list(range(10)))
        work_off(database, 5)
        answered = _wal(file).stat().st_size
        database.queue.put(reports(*range(10, 20)), NOW)  # no answer: the crash comes first
        log.note("sent", range(10, 20))
        end_of_wal = _wal(file).stat().st_size
        torn = [_torn(file, tmp_path / str(n), place, n % 2 == 0) for n, place in _places(answered, end_of_wal)]
        torn.append(_torn(file, tmp_path / "behind", end_of_wal, True))  # the batch is whole, and something follows it
    assert {_recovered(one, log) for one in torn} == {0, 10}


def _places(start: int, stop_: int) -> Iterator[tuple[int, int]]:
    chance = random.Random(SEED)
    return enumerate([start, start + 1, *chance.choices(range(start, stop_), k=60), stop_ - 1])


def _torn(file: Path, folder: Path, place: int, is_overwritten: bool) -> Path:
    """A copy of what a kill leaves, with the WAL damaged in this place: half a frame of anything, or a bit."""
    folder.mkdir()
    copy = folder / file.name
    shutil.copy(file, copy)
    wal = bytearray(_wal(file).read_bytes())
    if is_overwritten:
        wal[place:] = random.Random(place).randbytes(2048)
    else:
        wal[place] ^= 0x41
    _wal(copy).write_bytes(wal)
    return copy


def _recovered(file: Path, log: Log) -> int:
    """How many of the unanswered batch came through; after the end of all, every figure is as it must be."""
    own = Log(file.parent / "log")
    for word in ("sent", "said"):
        own.note(word, log.all(word))
    with opened_at(file) as database:
        found = sum(one is not None for one in database.queue.find([*map(withdrawal_of, range(10, 20))]))
        settles(database, own)
        assert wrong_with(database, own) == []
    own.close()
    return found


def _wal(file: Path) -> Path:
    return file.with_name(file.name + "-wal")


# --- a cut of power


@MAY_FORK
def test_a_cut_of_power_loses_nothing_that_was_answered(tmp_path: Path, log: Log) -> None:
    """A file system in a file: what it holds while all processes are stopped is what a disk would hold after a cut.
    It models what was never pushed down to the disk, not a disk that lies.
    """
    image, first = tmp_path / "image", 0
    with image.open("wb") as empty:
        empty.truncate(64 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    for cut in range(CUTS):
        with _mounted(tmp_path, "-o", "loop", str(image)) as disk:
            owed = log.all("sent") - log.all("said")
            lives = [receives(disk / "community.db", log, first, owed), works(disk / "community.db")]
            processes = [forked(one, tmp_path / "said") for one in lives]
            _wait_for(log, first + 300)
            for process in processes:
                stop(process)
            shutil.copy(image, tmp_path / f"after{cut}")
            for process in processes:
                end(process)
        image, first = tmp_path / f"after{cut}", max(log.all("sent")) + 1
    with _mounted(tmp_path, "-o", "loop", str(image)) as disk, opened_at(disk / "community.db") as database:
        settles(database, log)
        assert wrong_with(database, log) == []


def _wait_for(log: Log, number: int) -> None:
    while max(log.all("said"), default=0) < number:
        os.sched_yield()


@contextmanager
def _mounted(tmp_path: Path, *what: str) -> Iterator[Path]:
    """Something mounted; the test is skipped where that is not allowed."""
    disk = tmp_path / "disk"
    disk.mkdir(exist_ok=True)
    tried = subprocess.run(["mount", *what, str(disk)], capture_output=True, check=False)
    if tried.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)
