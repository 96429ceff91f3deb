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
        months = sorted(name for name in posix.listdir(folder) if is_month(name))
        sizes = {name: posix.stat(name, dir_fd=folder, follow_symlinks=False).st_size for name in months}
        total, gone = sum(sizes.values()), 0
        for name in months:
            if name[:7] >= today[:7]:
                break
            if _days_since(name[:7], today) <= days and total <= megabytes * MEGABYTE:
                break
            posix.unlink(name, dir_fd=folder)
            total -= sizes[name]
            gone += 1
        return gone
    except OSError:
        return 0  # another process was faster, or the disk is read-only
    finally:
        posix.close(folder)


def is_month(name: str) -> bool:
    """Whether a file's name is one of the journal's: YYYY-MM.jsonl."""
    return len(name) == 13 and name[4] == "-" and name[7:] == ".jsonl" and (name[:4] + name[5:7]).isdigit()


def _days_since(month: str, today: str) -> int:
    """Days from the end of a month to a day; close enough: months count as 30.44 days."""
    months = (int(today[:4]) - int(month[:4])) * 12 + int(today[5:7]) - int(month[5:7]) - 1
    return round(months * 30.44) + int(today[8:10])
