"""What is recorded while sharing is off must never be shared: the store remembers that it was.

Runs in the hook: standard library only. One look at a folder that only a person's yes makes, and nothing more where
nobody ever said yes, or sharing is on.
"""

from __future__ import annotations

import posix

from telemetry.contract import layout, settings
from telemetry.journal.store import Store


def note_switched_off(store: Store, config: str) -> None:
    """Leave a mark if sharing was once said yes to here, and config.yaml does not say on now.

    With the mark the old yes is worth nothing (telemetry/consent/gate.py): `on` by hand leads to the dialog.
    """
    try:
        posix.stat(layout.OUTBOX, dir_fd=store.fd, follow_symlinks=False)
    except OSError:
        return
    if not settings.is_sharing(config):
        posix.close(store.open_file(layout.SWITCHED_OFF, posix.O_WRONLY | posix.O_CREAT))
