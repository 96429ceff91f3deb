"""The running daemon of a store: found by the lock it holds, ended by a signal.

The lock says that it runs, the id in the file who it is. A store may be shared with a container, whose ids mean other
processes here: nothing is signalled that does not look like a daemon of ours.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import time
from pathlib import Path

from telemetry.contract import layout
from telemetry.sharing.locks import try_lock

_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_MOST = 2**31 - 1


def running_in(store: str) -> int | None:
    """The process id of the daemon that holds the store's lock, 0 if it does not say; None where none does."""
    try:
        fd = os.open(os.path.join(store, layout.DAEMON_LOCK), _FLAGS)
    except OSError:
        return None
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or try_lock(fd):
            return None
        text = os.read(fd, 32).strip()
    except OSError:  # a file system without locks: there can be no daemon
        return None
    finally:
        os.close(fd)
    return int(text) if text.isdigit() and 1 < int(text) <= _MOST else 0


def end(store: str, patience: float = 10.0) -> bool:
    """Ask the store's daemon to end, and wait; whether none runs now."""
    until = time.monotonic() + patience
    while (process := running_in(store)) is not None and time.monotonic() < until:
        if process and is_daemon(process):
            try:
                os.kill(process, signal.SIGTERM)
            except ProcessLookupError:
                continue
            except PermissionError:
                return False
        time.sleep(0.05)
    return running_in(store) is None


def is_daemon(process: int) -> bool:
    """Whether a process was started as `agentspec daemon`."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        words = _listed(process)
    return b"daemon" in words


def _listed(process: int) -> list[bytes]:
    """The words of its command line where there is no /proc."""
    command = ["ps", "-o", "args=", "-p", str(process)]
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=5).stdout.split()
    except (OSError, subprocess.SubprocessError):
        return []
