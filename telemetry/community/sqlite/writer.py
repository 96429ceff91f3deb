"""The one thread that writes: whatever many callers want at once becomes one transaction, and one wait for the disk.

SQLite up to 3.51.2 can damage a file to which two connections write or checkpoint at the same moment. So there is one
connection for both in a process, and a lock beside the file between processes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import queue
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any, NamedTuple, TypeVar

from telemetry.community.ports import Full, Unavailable

T = TypeVar("T")
LARGEST_GROUP = 512  # reports; more than that in one transaction gains next to nothing
CHECKPOINT_AFTER = 2048  # reports written since the last: some megabytes of WAL
CHECKPOINT_AT_LAST = 4 * CHECKPOINT_AFTER  # even if somebody is waiting
_LOOK_AGAIN = 0.002  # seconds, while another process has its turn
_BUGS = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.NotSupportedError)


class _Job(NamedTuple):
    work: Callable[[sqlite3.Connection], Any]
    weight: int
    erases: bool
    done: Future[Any]


class Writer:
    """Owns the connection from now on. `turn`: the open lock file. `patience`: seconds to wait for other processes."""

    def __init__(self, connection: sqlite3.Connection, turn: int, patience: float) -> None:
        self._connection, self._turn, self._patience = connection, turn, patience
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._door, self._closed = Lock(), False
        self._written = 0
        self._traces = False
        self._thread = Thread(target=self._serve, name="sqlite-writer", daemon=True)
        self._thread.start()

    def run(self, work: Callable[[sqlite3.Connection], T], weight: int = 1, erases: bool = False) -> T:
        """Do this in a transaction, together with what others want now; return when it is on the disk.

        `weight`: about how many reports. `erases`: leave no trace of what was there in the WAL either. What raises
        Full must not have written anything. Raises Unavailable, and what `work` raises: then nothing of it was done.
        """
        done: Future[T] = Future()
        with self._door:
            if self._closed:
                raise Unavailable("closed")
            self._jobs.put(_Job(work, weight, erases, done))
        return done.result()

    def has_traces(self) -> bool:
        """Whether something that was erased could not be wiped from the WAL yet, because somebody was reading it."""
        return self._traces

    def close(self) -> None:
        """Do what was asked for, then nothing any more."""
        with self._door:
            if self._closed:
                return
            self._closed = True
            self._jobs.put(None)
        self._thread.join()

    # --- in the thread

    def _serve(self) -> None:
        is_open = True
        while is_open:
            group, is_open = self._next_group()
            if group:
                self._commit(group)
                self._checkpoint_in_slack()
        with contextlib.suppress(sqlite3.Error, Unavailable), taking_turns(self._turn, self._patience):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.close()
        self._connection.close()

    def _next_group(self) -> tuple[list[_Job], bool]:
        """What is wanted now, at least one thing; whether there may be more."""
        group, weight, job = list[_Job](), 0, self._jobs.get()
        while job is not None:
            group.append(job)
            weight += job.weight
            if weight >= LARGEST_GROUP:
                return group, True
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _commit(self, group: Sequence[_Job]) -> None:
        """All of a group, and their answers."""
        try:
            with taking_turns(self._turn, self._patience):
                outcomes = self._transact(group)
                self._wipe(any(job.erases for job in group))
        except Unavailable as error:
            _fail(group, error)
        except sqlite3.Error as error:
            self._fail_or_split(group, error, isinstance(error, _BUGS))
        except Exception as error:
            self._fail_or_split(group, error, True)
        else:
            self._written += sum(job.weight for job in group)
            _answer(group, outcomes)

    def _transact(self, group: Sequence[_Job]) -> list[Any]:
        with transaction(self._connection):
            return [_done(job, self._connection) for job in group]

    def _fail_or_split(self, group: Sequence[_Job], error: Exception, is_bug: bool) -> None:
        """A bug in one of them is no reason to fail the others."""
        if not is_bug:
            _fail(group, Unavailable(str(error)))
        elif len(group) == 1:
            group[0].done.set_exception(error)
        else:
            for job in group:
                self._commit([job])

    def _wipe(self, is_wanted: bool) -> None:
        """Empty the WAL. Whoever reads it now hinders that: then with the next group."""
        if is_wanted or self._traces:
            self._traces = True
            with contextlib.suppress(sqlite3.Error):  # the transaction is on the disk: no reason to say it is not
                (busy, _, _) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                self._traces = bool(busy)
                self._written = 0

    def _checkpoint_in_slack(self) -> None:
        """Callers have their answers; a checkpoint costs them nothing while nobody waits."""
        if self._written < (CHECKPOINT_AFTER if self._jobs.empty() else CHECKPOINT_AT_LAST):
            return
        with contextlib.suppress(sqlite3.Error, Unavailable), taking_turns(self._turn, self._patience):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            self._written = 0


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with contextlib.suppress(sqlite3.Error):  # the first error is the one to know
                connection.execute("ROLLBACK")
        raise


@contextlib.contextmanager
def taking_turns(turn: int, patience: float) -> Iterator[None]:
    """Be the one process that writes. Raises Unavailable when another does for longer than `patience`."""
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if time.monotonic() >= until:
                raise Unavailable("another process is writing") from None
            time.sleep(_LOOK_AGAIN)
    try:
        yield
    finally:
        fcntl.flock(turn, fcntl.LOCK_UN)


def open_turn(path: str | os.PathLike[str]) -> int:
    """The lock file beside a database, open."""
    return os.open(f"{os.fspath(path)}-turn", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)


def _done(job: _Job, connection: sqlite3.Connection) -> Any:
    try:
        return job.work(connection)
    except Full as full:
        return full


def _answer(group: Sequence[_Job], outcomes: Sequence[Any]) -> None:
    for job, outcome in zip(group, outcomes, strict=True):
        if isinstance(outcome, Full):
            job.done.set_exception(outcome)
        else:
            job.done.set_result(outcome)


def _fail(group: Sequence[_Job], error: Unavailable) -> None:
    for job in group:
        job.done.set_exception(Unavailable(*error.args))
