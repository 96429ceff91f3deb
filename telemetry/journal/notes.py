"""debug.log: what went wrong, as codes. Never a path, a message or a content; small for ever.

Runs in the hook: standard library only.
"""

from __future__ import annotations

import os

from telemetry.contract import layout
from telemetry.journal.store import Store, StoreRefused


def note(store: Store, at: str, code: str) -> None:
    """Add `TIME CODE` to debug.log. Gives up silently: there is no one to tell."""
    try:
        fd = store.open_file(layout.DEBUG, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    except (OSError, StoreRefused):
        return
    try:
        if os.fstat(fd).st_size > layout.MAX_DEBUG_BYTES:
            os.ftruncate(fd, 0)
        os.write(fd, f"{at} {code}\n".encode("ascii", "replace"))
    except OSError:
        pass
    finally:
        os.close(fd)
