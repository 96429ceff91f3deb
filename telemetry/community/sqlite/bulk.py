"""Many rows by few statements.

Python gives up its one lock around each step of a statement, and asks for it back. While requests keep that lock busy,
asking for it back costs more than the step; within a statement, SQLite works beside the requests. A statement of each
size is prepared once and kept: the connection keeps STATEMENTS of them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

T = TypeVar("T")
STATEMENTS = 320  # of up to five kinds that are common
_LARGEST = 64  # rows of one


def insert(connection: sqlite3.Connection, into: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Rows of one width. `into`: a table, and its columns where not all are given."""
    for part in _parts(rows):
        row = f"({_marks(len(part[0]))})"
        connection.execute(f"INSERT INTO {into} VALUES {', '.join([row] * len(part))}", [*chain.from_iterable(part)])


def found(connection: sqlite3.Connection, query: str, values: Sequence[object]) -> Iterator[Any]:
    """The rows of a query that ends in `IN`, for some values."""
    for part in _parts(values):
        yield from connection.execute(f"{query} ({_marks(len(part))})", part)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _parts(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    at = 0
    while left := len(rows) - at:
        size = min(left, _LARGEST)
        yield rows[at : at + size]
        at += size
