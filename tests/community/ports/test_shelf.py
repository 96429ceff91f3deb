"""What is erased from a shelf leaves no copy behind; a plain table with secure_delete does."""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from telemetry.community.sqlite.database import open_database
from telemetry.community.sqlite.shelf import Shelf
from tests.community.ports.opened import NOW, later

RAW = Shelf("raw")


def test_what_is_erased_leaves_no_copy_behind(tmp_path: Path) -> None:
    """Of any length, in any order, while others come and go."""
    assert _left_behind(tmp_path, lambda connection, seq: RAW.erase(connection, [seq])) == set()


def test_what_is_only_deleted_does(tmp_path: Path) -> None:
    """Why there are shelves: pages that are filled anew keep copies of what was in them, which nothing overwrites."""

    def delete(connection: sqlite3.Connection, seq: int) -> None:
        for table in ("raw_place", *(f"raw_{number}" for number in range(9))):
            connection.execute(f"DELETE FROM {table} WHERE seq = ?", (seq,))

    assert _left_behind(tmp_path, delete) != set()


def test_a_segment_whose_turn_comes_again_keeps_what_is_young(tmp_path: Path) -> None:
    """A sweeper that was away for long finds two days in one segment: the old one goes, the new one stays."""
    database = open_database(tmp_path / "community.db")
    days = (0, 9, 18)

    def erase(connection: sqlite3.Connection) -> list[int]:
        for seq, day in enumerate(days):
            RAW.put(connection, later(days=day), [(seq, b"day %d" % day)])
        return RAW.erase_before(connection, later(days=12))

    assert database.writer.run(erase, erases=True) == [0, 1]
    found = database.readers.run(lambda connection: [RAW.read(connection, seq) for seq in range(3)])
    assert found == [None, None, (later(days=18), b"day 18")]
    assert re.findall(rb"day \d+", (tmp_path / "community.db").read_bytes()) == [b"day 18"]
    database.close()


@pytest.mark.parametrize("moment", [NOW, later(microseconds=1), later(days=-30_000), later(days=100_000)])
def test_a_moment_is_kept_to_the_microsecond(tmp_path: Path, moment: object) -> None:
    """Before 1970 and far ahead, too: clocks may say anything."""
    database = open_database(tmp_path / "community.db")
    database.writer.run(lambda connection: RAW.put(connection, moment, [(1, b"body")]))  # type: ignore[arg-type]
    assert database.readers.run(lambda connection: RAW.read(connection, 1)) == (moment, b"body")
    database.close()


def _left_behind(tmp_path: Path, erase: Callable[[sqlite3.Connection, int], None]) -> set[int]:
    """Of what was erased in a day of random work: what some byte of the file still tells of, at any time."""
    found, gone = set[int](), set[int]()
    chance, live, file = random.Random(20261122), list[int](), tmp_path / "community.db"
    database = open_database(file)
    for step in range(25):
        fresh = range(60 * step, 60 * step + 60)
        taken = chance.sample([*live, *fresh], len(live) // 3)
        lengths = [chance.randrange(1, 60) for _ in fresh]

        def work(
            connection: sqlite3.Connection,
            fresh: range = fresh,
            taken: list[int] = taken,
            lengths: list[int] = lengths,
        ) -> None:
            for seq, length in zip(fresh, lengths, strict=True):
                RAW.put(connection, NOW, [(seq, b"<%d>" % seq * length)])
            for seq in taken:
                erase(connection, seq)

        database.writer.run(work, erases=True)
        gone |= set(taken)
        live = [seq for seq in (*live, *fresh) if seq not in gone]
        found |= gone & {int(number) for number in re.findall(rb"<(\d+)>", file.read_bytes())}
    database.close()
    return found
