"""All adapters, for the suites: another one only has to be added to the list."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple, cast

from telemetry.community.retention import Kept
from telemetry.community.sqlite.database import Database, open_database
from tests.community.memory import AggregatesInMemory, QueueInMemory
from tests.community.ports.opened import CAPACITY, NOW, Opened


class Adapter(NamedTuple):
    """`opened`: opens it on a folder that is empty."""

    name: str
    opened: Callable[[Path], Opened]


class KeptInMemory:
    """What the tests of all that stands above the ports have behind them: held to the same."""

    def __init__(self) -> None:
        self.queue, self.aggregates = QueueInMemory(CAPACITY), AggregatesInMemory(lambda: NOW)

    def scrub(self) -> bool:
        """Nothing leaves a trace in dictionaries."""
        return True


def sqlite_at(file: Path) -> Opened:
    """The file."""

    def opens() -> Kept:
        return open_database(file, capacity=CAPACITY, patience=0.05, clock=lambda: NOW)

    @contextmanager
    def locked() -> Iterator[None]:
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield

    return Opened(opens, lambda kept: cast(Database, kept).close(), locked)


def _memory(folder: Path) -> Opened:
    kept = KeptInMemory()
    return Opened(lambda: kept, lambda kept: None, kept.queue.unwritable)


ADAPTERS = (
    Adapter("sqlite", lambda folder: sqlite_at(folder / "data" / "community.db")),
    Adapter("memory", _memory),
)
