"""The journal's files as a reader sees them: which months there are.

Reads only, and by plain paths: importing pathlib takes a third of Python's start. A store that a
link leads to, or a file that is a link, is not read: it is not ours.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from telemetry.contract import layout
from telemetry.journal.retain import is_month


class Month(NamedTuple):
    """One file of the journal, as it was when it was looked at.

    `touched`: when its contents or its inode last changed, in nanoseconds; nobody can set it back.
    """

    name: str
    path: str
    size: int
    touched: int


def months_of(store: str) -> list[Month]:
    """The months of a store, oldest first."""
    folder = os.path.join(store, layout.EVENTS)
    if any(os.path.islink(path) for path in (os.path.dirname(store), store, folder)):
        return []
    try:
        names = sorted(name for name in os.listdir(folder) if is_month(name))
    except OSError:
        return []
    return [month for name in names if (month := _month(folder, name))]


def _month(folder: str, name: str) -> Month | None:
    """None for what is no file of the journal, or gone by now."""
    path = os.path.join(folder, name)
    try:
        state = os.lstat(path)
    except OSError:
        return None
    return Month(name, path, state.st_size, state.st_ctime_ns) if stat.S_ISREG(state.st_mode) else None
