"""Locks on open files: a killed holder frees them, and no child of ours holds them on."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

REST_SECONDS = 0.02
_held: set[int] = set()  # open files of locks that this process holds, or waits for


@contextmanager
def lockable(fd: int) -> Iterator[int]:
    """An open file to lock; closing it frees the lock. No child has it: one that outlives a kill would hold it on."""
    _held.add(fd)
    try:
        yield fd
    finally:
        _held.discard(fd)
        os.close(fd)


def try_lock(fd: int) -> bool:
    """Take the lock of an open file if nobody has it. Raises OSError where the file system has no locks."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def locked_within(fd: int, patience: float) -> bool:
    """Wait for the lock for so many seconds; whether it was taken."""
    end = time.monotonic() + patience
    while not try_lock(fd):
        if time.monotonic() > end:
            return False
        time.sleep(REST_SECONDS)
    return True


def _let_go() -> None:
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_let_go)
