"""The journal's files as a reader sees them: which months there are.

Reads only. A store that a link leads to, or a file that is a link, is not read: it is not ours.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from telemetry.contract import layout
from telemetry.journal.retain import is_month


@dataclass(frozen=True)
class Month:
    """One file of the journal, as it was when it was looked at; `touched` in nanoseconds."""

    name: str
    path: Path
    size: int
    touched: int


def months_of(store: Path) -> list[Month]:
    """The months of a store, oldest first."""
    folder = store / layout.EVENTS
    found = []
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
    for entry in entries:
        try:
            state = entry.stat(follow_symlinks=False)
        except OSError:
            continue  # retention was faster
        if is_month(entry.name) and stat.S_ISREG(state.st_mode):
            found.append(Month(entry.name, Path(entry.path), state.st_size, state.st_mtime_ns))
    return found
