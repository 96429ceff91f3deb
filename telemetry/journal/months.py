"""The journal's files as a reader sees them: which months there are.

Reads only. A store that a link leads to, or a file that is a link, is not read: it is not ours.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from telemetry.contract import layout
from telemetry.journal.retain import is_month


@dataclass(frozen=True)
class Month:
    """One file of the journal, as it was when it was looked at.

    `touched`: when its contents or its inode last changed, in nanoseconds; nobody can set it back.
    """

    name: str
    path: Path
    size: int
    touched: int


def months_of(store: Path) -> list[Month]:
    """The months of a store, oldest first."""
    folder = store / layout.EVENTS
    if any(path.is_symlink() for path in (store.parent, store, folder)):
        return []
    try:
        paths = sorted(path for path in folder.iterdir() if is_month(path.name))
    except OSError:
        return []
    return [month for path in paths if (month := _month(path))]


def _month(path: Path) -> Month | None:
    """None for what is no file of the journal, or gone by now."""
    try:
        state = path.lstat()
    except OSError:
        return None
    if not stat.S_ISREG(state.st_mode):
        return None
    return Month(path.name, path, state.st_size, state.st_ctime_ns)
