"""Which sessions have AgentSpec work in them: one empty file each, named by the session's ref.

Runs in the hook: standard library only. The shell looks at this folder before it starts Python for
the end of a turn, so that a project without AgentSpec work pays for no Python at all.
"""

from __future__ import annotations

import posix
import time

from telemetry.contract import layout
from telemetry.journal.store import Store, StoreRefused

FORGET_AFTER_SECONDS = 3 * 24 * 3600


def is_open(store: Store, session: str) -> bool:
    """Whether AgentSpec work was seen in this session; keeps the mark fresh."""
    try:
        folder = store.folder(layout.OPEN)
    except StoreRefused:
        return False
    try:
        posix.utime(session, dir_fd=folder, follow_symlinks=False)
    except OSError:
        _forget(folder, session)  # or one AgentSpec session would cost all later ones a Python at every turn
        return False
    finally:
        posix.close(folder)
    return True


def mark_open(store: Store, session: str) -> None:
    """Remember that AgentSpec work was seen in this session; forget sessions long silent."""
    folder = store.folder(layout.OPEN)
    try:
        posix.close(store.open_file(session, posix.O_WRONLY | posix.O_CREAT, folder))
        _forget(folder, session)
    finally:
        posix.close(folder)


def _forget(folder: int, session: str) -> None:
    """Remove the marks of all other sessions that have been silent for days."""
    oldest = time.time() - FORGET_AFTER_SECONDS
    for name in posix.listdir(folder):
        try:
            if name != session and posix.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime < oldest:
                posix.unlink(name, dir_fd=folder)
        except OSError:
            continue  # another process swept, the disk is read-only, or it is a folder: marks are a convenience
