"""Files that are whole or not there, also after a cut of power: temporary file, fsync, rename, fsync of the folder.

Measured: without the first fsync a cut of power loses everything of the last seconds, without the second the last
file. All names are relative to an open folder, so a link planted on the way leads nowhere.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time

from telemetry.contract.faults import reached

DRAFT = ".draft-"  # what a kill may leave behind; nobody reads it, `sweep` removes it
IN_USE_SECONDS = 3600.0  # a younger draft may be another process's, where a folder has writers without a lock


def write(folder: int, name: str, data: bytes, step: str = "file", mode: int = 0o600) -> None:
    """Write a file, over one of the same name. `step` names the places where a test may cut the power.

    `mode`: whose it is to read once it is whole, whatever the umask says; until then its owner's alone.

    Raises OSError; then the old file, or none, is there.
    """
    draft = DRAFT + secrets.token_hex(8)
    try:
        _fill(folder, draft, data, step, mode)
        reached(f"{step}_drafted")
        os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(draft, dir_fd=folder)
        raise
    reached(f"{step}_renamed")
    os.fsync(folder)
    reached(f"{step}_written")


def append(fd: int, line: bytes) -> None:
    """Add one line, framed by newlines on both sides so that a torn tail never eats it, and let it reach the disk.

    Raises OSError, also where the disk took only a part.
    """
    framed = b"\n" + line + b"\n"
    if os.write(fd, framed) != len(framed):
        raise OSError(28, os.strerror(28))  # ENOSPC: what else
    os.fsync(fd)


def sweep(folder: int, spared_seconds: float = 0.0) -> None:
    """Remove the drafts that a kill left behind, but for those touched so lately.

    Without `spared_seconds` only for who holds a lock that every writer of the folder takes.
    """
    for name in os.listdir(folder):
        if name.startswith(DRAFT):
            with contextlib.suppress(OSError):
                age = time.time() - os.stat(name, dir_fd=folder, follow_symlinks=False).st_mtime
                if not 0 <= age < spared_seconds:
                    os.unlink(name, dir_fd=folder)


def _fill(folder: int, name: str, data: bytes, step: str, mode: int) -> None:
    fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        reached(f"{step}_opened")
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        if mode != 0o600:
            os.fchmod(fd, mode)
        os.fsync(fd)
    finally:
        os.close(fd)
