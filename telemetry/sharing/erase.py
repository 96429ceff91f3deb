"""Erasing what is ours: a store, the person's state folder, our corner of the cache folder.

What is ours has a known name in a known place; whatever else lies there is left, and named. Every step down is by file
descriptor: a link is removed like a file, and nothing is ever followed out of the folder. Overwrites nothing cleverly:
a disk keeps what it likes.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from telemetry.consent.choice import PROGRAM
from telemetry.consent.receipt import SUFFIX as RECEIPT
from telemetry.consent.receipt import TOLD
from telemetry.consent.state import KEY, State
from telemetry.contract import durable, layout
from telemetry.contract.faults import reached
from telemetry.features.cache import DRAFT as CACHE_DRAFT
from telemetry.journal.retain import is_month
from telemetry.journal.store import Store, code_of
from telemetry.sharing.allowance import PLACES
from telemetry.sharing.believed import SUFFIXES as OF_SERVERS
from telemetry.sharing.sealed import SUFFIX as REPORT
from telemetry.sharing.takeback import SUFFIX as WITHDRAWAL

# Why something is left; any other word is the system's.
STRANGER = "stranger"  # not ours
INSTALLED = "installed"  # `agentspec uninstall` needs it
PENDING = "pending"  # reports that are still to be taken back
BUSY = "busy"  # a session makes new files faster than they go

PASSES = 3  # a session that records at this moment may make a file anew
LAST = (layout.CONFIG, layout.README)  # a kill in between leaves a store that obeys its switch, and says what it is
FILES = frozenset(
    (layout.KEY, layout.DEBUG, layout.CACHE, CACHE_DRAFT, layout.SEALED, layout.RETRY, layout.SWITCHED_OFF,
     layout.SHARING_LOCK, layout.DAEMON_LOCK, *LAST)
)  # fmt: skip
IN_STATE = (KEY, PROGRAM, PLACES)
IN_CACHE = ("seal", "bug.log", "python")  # of features/cache.py, cli/bug_log.py, hooks/run
_DRAFT = re.compile(r"key\.[0-9a-f]{16}|\.draft-[0-9a-f]{16}|(installed\.json|\.gitignore)\.\w+\.tmp")
_REF = re.compile(r"[0-9a-f]+")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

IsOurs = Callable[[str], bool]


class Left(NamedTuple):
    """What was not erased: its name below the folder, and why."""

    name: str
    why: str


def erase_store(store: Store, claude: str) -> list[Left]:
    """Erase a store's contents, and its folder where nothing has to stay; what stays.

    `claude`: the folder that the store lies in. The .gitignore goes last, and only with the folder: as long as
    anything is there, git shall not see it.
    """
    left: list[Left] = []
    for _ in range(PASSES):
        left = _erase_contents(store.fd)
        if not left and _drop_folder(store.fd, claude):
            return []
        if left and all(one.why != BUSY for one in left):
            return left
    return left or [Left(layout.STORE[-1], BUSY)]


def erase_state(state: State, path: str) -> list[Left]:
    """Erase the person's state folder, but for what is still to be taken back; what stays.

    As long as the server may count reports that are to be taken back, a new yes has no new places for others.
    The key goes last: without it no report could be told to be ours.
    """
    left: list[Left] = []
    names = sorted(state.names(), key=lambda name: name == KEY)
    is_pending = any(name.endswith(WITHDRAWAL) for name in names)
    for name in names:
        if name.endswith(WITHDRAWAL) or (name == PLACES and is_pending):
            left.append(Left(name, PENDING))
        elif name in IN_STATE or name.endswith((RECEIPT, TOLD, *OF_SERVERS)) or name.startswith(durable.DRAFT):
            left += _unlink(state.fd, name)
            reached("state_erased")
        else:
            left.append(Left(name, STRANGER))
    os.fsync(state.fd)
    if not left:
        os.rmdir(path)
    return left


def erase_cache(folder: str) -> None:
    """Erase our corner of the cache folder. No figure and no report is in it, and all of it is made anew."""
    with contextlib.suppress(OSError):
        fd = os.open(folder, _FOLDER)
        try:
            for name in IN_CACHE:
                _unlink(fd, name)
        finally:
            os.close(fd)
        os.rmdir(folder)  # fails where something else is in it


def _erase_contents(store: int) -> list[Left]:
    left: list[Left] = []
    names = os.listdir(store)
    for name in sorted(names, key=lambda name: (name in LAST, name)):
        if name in _FOLDERS:
            left += _erase_folder(store, name, _FOLDERS[name])
        elif name in FILES or _DRAFT.fullmatch(name):
            left += _unlink(store, name)
        elif name != layout.IGNORE:
            left.append(Left(name, INSTALLED if name == layout.INSTALLED else STRANGER))
        reached("purge_erased")
    os.fsync(store)
    return left


def _erase_folder(store: int, name: str, is_ours: IsOurs) -> list[Left]:
    try:
        folder = os.open(name, _FOLDER, dir_fd=store)
    except FileNotFoundError:
        return []
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            return _unlink(store, name)  # a link, or a file with a folder's name
        return [Left(name, code_of(error))]
    try:
        left = list(_erase_files(folder, is_ours))
    finally:
        os.close(folder)
    if left:
        return [Left(f"{name}/{one.name}", one.why) for one in left]
    try:
        os.rmdir(name, dir_fd=store)
    except OSError as error:
        return [Left(name, BUSY if error.errno == errno.ENOTEMPTY else code_of(error))]
    return []


def _erase_files(folder: int, is_ours: IsOurs) -> Iterable[Left]:
    for name in sorted(os.listdir(folder)):
        if is_ours(name) or name.startswith(durable.DRAFT):
            yield from _unlink(folder, name)
        else:
            yield Left(name, STRANGER)
        reached("purge_unlinked")
    os.fsync(folder)


def _unlink(folder: int, name: str) -> list[Left]:
    """Remove a file, a link, a pipe; a folder under that name is none of ours."""
    try:
        os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return []
    except IsADirectoryError:
        return [Left(name, STRANGER)]
    except OSError as error:
        return [Left(name, code_of(error))]
    return []


def _drop_folder(store: int, claude: str) -> bool:
    """Whether the folder is gone: not where a session wrote into it just now."""
    _unlink(store, layout.IGNORE)
    reached("purge_emptied")
    parent = os.open(claude, _FOLDER)
    try:
        os.rmdir(layout.STORE[-1], dir_fd=parent)
        os.fsync(parent)
    except OSError:
        return False
    finally:
        os.close(parent)
    reached("purge_dropped")
    return True


def _is_ref(name: str) -> bool:
    return _REF.fullmatch(name) is not None


def _is_report(name: str) -> bool:
    return name.endswith(REPORT)


_FOLDERS: dict[str, IsOurs] = {
    layout.EVENTS: is_month,
    layout.OPEN: _is_ref,
    layout.CLOSED: _is_ref,
    **dict.fromkeys(layout.STATES, _is_report),
}
