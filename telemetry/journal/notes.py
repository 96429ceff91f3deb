"""debug.log: what went wrong, as codes. Never a path, a message or a content; small for ever.

Runs in the hook: standard library only.
"""

from __future__ import annotations

import posix

from telemetry.contract import layout
from telemetry.journal.store import Store, StoreRefused

_TIME = frozenset("0123456789-:.TZ")


def note(store: Store, at: str, code: str) -> None:
    """Add `TIME CODE` to debug.log. Gives up silently: there is no one to tell."""
    if len(at) > 24 or not _TIME.issuperset(at):
        return  # the clock of tests is an environment variable: free text
    try:
        fd = store.open_file(layout.DEBUG, posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT)
    except (OSError, StoreRefused):
        return
    try:
        if posix.fstat(fd).st_size > layout.MAX_DEBUG_BYTES:
            posix.ftruncate(fd, 0)
        posix.write(fd, f"{at} {code}\n".encode("ascii", "replace"))
    except OSError:
        pass
    finally:
        posix.close(fd)
