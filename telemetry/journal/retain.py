"""Retention: whole months go when they are too old, or when the events take too much room.

Runs in the hook at the end of a session: standard library only.
"""

from __future__ import annotations

import posix

from telemetry.contract import layout
from telemetry.journal.store import Store

MEGABYTE = 1024 * 1024


def retain(store: Store, today: str, days: int, megabytes: int) -> int:
    """Delete months that ended over `days` ago, then the oldest while over `megabytes`; never this one.

    `today` is YYYY-MM-DD. Returns how many files were deleted.
    """
    folder = store.folder(layout.EVENTS)
    try:
        sizes = {name: _size(folder, name) for name in sorted(posix.listdir(folder)) if is_month(name)}
        total, gone = sum(sizes.values()), 0
        for name, size in sizes.items():
            if name[:7] >= today[:7]:
                break
            if _days_since(name[:7], today) <= days and total <= megabytes * MEGABYTE:
                break
            if _unlink(folder, name):
                total -= size
                gone += 1
        return gone
    finally:
        posix.close(folder)


def _size(folder: int, name: str) -> int:
    try:
        return posix.stat(name, dir_fd=folder, follow_symlinks=False).st_size
    except OSError:
        return 0  # another process was faster


def _unlink(folder: int, name: str) -> bool:
    try:
        posix.unlink(name, dir_fd=folder)
    except OSError:
        return False  # another process was faster, the disk is read-only, or it is a folder: the others still go
    return True


def is_month(name: str) -> bool:
    """Whether a file's name is one of the journal's: YYYY-MM.jsonl."""
    digits = name[:4] + name[5:7]
    return len(name) == 13 and name[4] == "-" and name[7:] == ".jsonl" and digits.isascii() and digits.isdigit()


def _days_since(month: str, today: str) -> int:
    """Days from the end of a month to a day; close enough: months count as 30.44 days."""
    months = (int(today[:4]) - int(month[:4])) * 12 + int(today[5:7]) - int(month[5:7]) - 1
    return round(months * 30.44) + int(today[8:10])
