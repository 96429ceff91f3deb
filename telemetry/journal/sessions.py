"""Which sessions have AgentSpec work in them: one empty file each, named by the session's ref.

Runs in the hook: standard library only. The shell looks at these folders before it starts Python for
the end of a turn, so that a session without AgentSpec work pays for no Python at all. A session that
ends moves from `open/` to `closed/`, and back when it is resumed.
"""

from __future__ import annotations

import posix
import time

from telemetry.contract import layout
from telemetry.journal.store import Store, StoreRefused

FORGET_AFTER_SECONDS = 3 * 24 * 3600
LATECOMERS_SECONDS = 60  # background hooks, and those of API errors, may arrive after the session's end


def is_open(store: Store, session: str) -> bool:
    """Whether AgentSpec work was seen in this session, and it has not ended before a moment ago."""
    try:
        opened, closed = store.folder(layout.OPEN), store.folder(layout.CLOSED)
    except StoreRefused:
        return False
    try:
        if _touch(opened, session):
            return True
        _forget(opened, session)  # or one killed session would cost all later ones a Python at every turn
        return _age(closed, session) < LATECOMERS_SECONDS
    finally:
        posix.close(opened)
        posix.close(closed)


def mark_open(store: Store, session: str) -> None:
    """Remember that AgentSpec work was seen in this session; forget sessions long silent."""
    folder = store.folder(layout.OPEN)
    try:
        posix.close(store.open_file(session, posix.O_WRONLY | posix.O_CREAT, folder))
        _forget(folder, session)
    finally:
        posix.close(folder)


def close(store: Store, session: str) -> None:
    """The session has ended; forget ended sessions that nobody resumed for days."""
    _move(store, session, layout.OPEN, layout.CLOSED)


def reopen(store: Store, session: str) -> None:
    """The session is resumed, if it is one with AgentSpec work in it."""
    _move(store, session, layout.CLOSED, layout.OPEN)


def _move(store: Store, session: str, source: str, target: str) -> None:
    first, second = store.folder(source), store.folder(target)
    try:
        posix.rename(session, session, src_dir_fd=first, dst_dir_fd=second)
        _touch(second, session)
    except OSError:
        pass  # not there, a parallel hook was faster, or the disk is read-only: marks are a convenience
    finally:
        _forget(first, session)
        _forget(second, session)
        posix.close(first)
        posix.close(second)


def _touch(folder: int, session: str) -> bool:
    try:
        posix.utime(session, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return True


def _age(folder: int, name: str) -> float:
    """Seconds since a mark was touched; without end where there is none."""
    try:
        return time.time() - posix.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime
    except OSError:
        return float("inf")


def _forget(folder: int, session: str) -> None:
    """Remove the marks of all other sessions that have been silent for days."""
    for name in posix.listdir(folder):
        if name != session and _age(folder, name) > FORGET_AFTER_SECONDS:
            try:
                posix.unlink(name, dir_fd=folder)
            except OSError:
                continue  # another process swept, the disk is read-only, or it is a folder: marks are a convenience
