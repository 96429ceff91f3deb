"""Connections that only read: as many as read at once, kept for the next.

A reader sees what was committed when it began, and never waits for the writer.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from threading import Lock
from typing import TypeVar

from telemetry.community.ports import Unavailable

T = TypeVar("T")


class Readers:
    """`connect` opens one more."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._door, self._idle, self._closed = Lock(), list[sqlite3.Connection](), False

    def run(self, look: Callable[[sqlite3.Connection], T]) -> T:
        """Look at one state of the file. Raises Unavailable."""
        try:
            with self._borrowed() as connection:
                connection.execute("BEGIN")
                try:
                    return look(connection)
                finally:
                    connection.execute("COMMIT")  # a look that goes on would keep the WAL from being emptied
        except sqlite3.Error as error:
            raise Unavailable(str(error)) from error

    def close(self) -> None:
        """No looks any more."""
        with self._door:
            self._closed = True
            while self._idle:
                self._idle.pop().close()

    @contextlib.contextmanager
    def _borrowed(self) -> Iterator[sqlite3.Connection]:
        with self._door:
            if self._closed:
                raise Unavailable("closed")
            connection = self._idle.pop() if self._idle else None
        connection = connection or self._connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        with self._door:
            if self._closed:
                connection.close()
            else:
                self._idle.append(connection)
