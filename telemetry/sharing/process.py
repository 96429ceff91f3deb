"""The running daemon of a store: found by the lock it holds, ended by a signal."""

from __future__ import annotations

import os
import signal
import time

from telemetry.contract import layout
from telemetry.sharing.reports import try_lock

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def running_in(store: str) -> int | None:
    """The process id of the daemon that holds the store's lock; None where none does."""
    try:
        fd = os.open(os.path.join(store, layout.DAEMON_LOCK), _FLAGS)
    except OSError:
        return None
    try:
        if try_lock(fd):
            return None
        text = os.read(fd, 32).strip()
    finally:
        os.close(fd)
    return int(text) if text.isdigit() else None


def end(store: str, patience: float = 10.0) -> bool:
    """Ask the store's daemon to end, and wait; whether none runs now."""
    until = time.monotonic() + patience
    while (process := running_in(store)) is not None and time.monotonic() < until:
        try:
            os.kill(process, signal.SIGTERM)
        except ProcessLookupError:
            continue
        except PermissionError:
            return False
        time.sleep(0.05)
    return running_in(store) is None
