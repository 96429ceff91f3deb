"""Reading a file that somebody else may have put there, and showing a name that somebody else may have chosen.

Bounded: a link is not followed, a pipe is not waited for, a device is not drunk up. Imported by `agentspec insights`:
no pathlib, whose import takes a third of Python's start.
"""

from __future__ import annotations

import os
import stat

from telemetry.contract import layout, settings


def bytes_of(path: os.PathLike[str] | str, limit: int) -> bytes | None:
    """The first bytes of a plain file; None where there is none that may be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        with os.fdopen(fd, "rb", closefd=False) as file:
            return file.read(limit)
    except OSError:
        return None
    finally:
        os.close(fd)


def config_bytes_of(store: os.PathLike[str] | str) -> bytes | None:
    """What config.yaml holds, at most one byte more than it may; None where there is none that may be read."""
    return bytes_of(f"{os.fspath(store)}/{layout.CONFIG}", settings.MAX_BYTES + 1)


def config_of(store: os.PathLike[str] | str) -> str:
    """The text of a store's config.yaml, as the hook understands it; one that may not be read does not say on."""
    data = config_bytes_of(store)
    is_refused = data is None and os.path.lexists(f"{os.fspath(store)}/{layout.CONFIG}")
    return "\0" if is_refused else settings.text_of(data)


def is_recording(store: os.PathLike[str] | str) -> bool:
    """Whether a store's config.yaml allows recording."""
    return settings.is_recording(config_of(store))


def printable(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would obey."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
