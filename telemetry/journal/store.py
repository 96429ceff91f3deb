"""The store of one project, opened so that nothing outside it can be written.

Runs in the hook: standard library only, and `posix` instead of `os`, whose import alone would cost
a tenth of Python's start. Every step down from the project's folder is taken by
file descriptor and refuses symbolic links, so a link planted in a clone leads nowhere. A store
that another person owns is not ours. What is refused has a code; a code is all that is ever said.
"""

from __future__ import annotations

import posix
from _stat import S_ISREG

from telemetry.contract import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

KEY_BYTES = 32
IGNORE_TEXT = b"*\n"
_NOFOLLOW = posix.O_NOFOLLOW | posix.O_CLOEXEC
_FOLDER = posix.O_RDONLY | posix.O_DIRECTORY | _NOFOLLOW
_NONBLOCK = posix.O_NONBLOCK  # a planted pipe must not hold the session
_WRITES = posix.O_WRONLY | posix.O_RDWR


class StoreRefused(Exception):
    """The store cannot be used; `code` says why (docs/failures.md lists them)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Store:
    """An open store. Make one with `open_store`."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        posix.close(self.fd)

    def folder(self, name: str) -> int:
        """File descriptor of a private folder of the store, made where it is missing."""
        return _private(_enter(self.fd, name, 0o700))

    def open_file(self, name: str, flags: int, folder: int | None = None) -> int:
        """Open a plain file of ours; refuses links, pipes, devices and other people's files.

        A file that has a second name may lie outside, too: it is read (a new key has two names for
        an instant), but never written, and no file is emptied before it is known to be ours.
        Raises FileNotFoundError where it is not there and the flags do not create it.
        """
        opening = (flags & ~posix.O_TRUNC) | _NOFOLLOW | _NONBLOCK
        try:
            fd = posix.open(name, opening, 0o600, dir_fd=self.fd if folder is None else folder)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreRefused(code_of(error)) from error
        found = posix.fstat(fd)
        shared = found.st_nlink != 1
        if not S_ISREG(found.st_mode) or found.st_uid != posix.geteuid() or (shared and flags & _WRITES):
            posix.close(fd)
            raise StoreRefused("foreign_file")
        if found.st_mode & 0o077 and not shared:
            _make_private(fd, 0o600)
        if flags & posix.O_TRUNC:
            posix.ftruncate(fd, 0)
        return fd

    def read(self, name: str, limit: int) -> bytes | None:
        """The first `limit` bytes of a file; None where there is none."""
        try:
            fd = self.open_file(name, posix.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            return posix.read(fd, limit)
        finally:
            posix.close(fd)

    def key(self) -> bytes:
        """The store's random key; made, with the store's other furniture, at the first use."""
        key = self.read(layout.KEY, KEY_BYTES + 1)
        if key is None or not self._is_furnished():
            from telemetry.journal import furnish  # noqa: PLC0415 once in a store's life

            furnish.furnish(self)
            key = self.read(layout.KEY, KEY_BYTES + 1)
        if key is None or len(key) != KEY_BYTES:
            raise StoreRefused("bad_key")
        return key

    def _is_furnished(self) -> bool:
        return self.read(layout.IGNORE, len(IGNORE_TEXT) + 1) == IGNORE_TEXT


def open_store(project: str, create: bool = True) -> Store:
    """Open the store of a project's folder. Raises StoreRefused, or FileNotFoundError without `create`."""
    try:
        fd = posix.open(project, _FOLDER & ~posix.O_NOFOLLOW)
    except (OSError, ValueError) as error:  # ValueError: a NUL, or half a surrogate pair
        raise StoreRefused("no_project") from error
    if _is_home(fd):
        posix.close(fd)
        raise StoreRefused("home_folder")
    for name in layout.STORE:
        try:
            inner = _enter(fd, name, 0o700 if name == layout.STORE[-1] else 0o777, create)
        finally:
            posix.close(fd)
        fd = inner
    return Store(_private(fd))


def _is_home(project: int) -> bool:
    """Whether the project's .claude is Claude Code's own folder, which has a `telemetry` of its own in it."""
    home, config = posix.environ.get(b"HOME"), posix.environ.get(b"CLAUDE_CONFIG_DIR")
    return _is_same(posix.fstat(project), home) or (bool(config) and _is_same(_stat(layout.STORE[0], project), config))


def _is_same(found: posix.stat_result | None, place: bytes | None) -> bool:
    other = _stat(place or b"")
    return found is not None and other is not None and (found.st_dev, found.st_ino) == (other.st_dev, other.st_ino)


def _stat(place: bytes | str, folder: int | None = None) -> posix.stat_result | None:
    try:
        return posix.stat(place, dir_fd=folder)
    except OSError:
        return None


def code_of(error: OSError) -> str:
    """A word for an error of the operating system, without its message (messages hold paths)."""
    import errno  # noqa: PLC0415 only when something went wrong

    name = errno.errorcode.get(error.errno or 0, "EUNKNOWN")
    return {"ELOOP": "symlink", "ENOTDIR": "symlink", "ENOSPC": "disk_full", "EDQUOT": "disk_full"}.get(
        name, name.lower()
    )


def _private(fd: int) -> int:
    """The same folder, if it is ours; nobody else may look into it from now on."""
    found = posix.fstat(fd)
    if found.st_uid != posix.geteuid():
        posix.close(fd)
        raise StoreRefused("foreign_store")
    if found.st_mode & 0o077:
        _make_private(fd, 0o700)
    return fd


def _make_private(fd: int, mode: int) -> None:
    try:
        posix.fchmod(fd, mode)
    except OSError:
        return  # a read-only mount, or a file system without modes


def _enter(parent: int, name: str, mode: int, create: bool = True) -> int:
    """Step into a folder without following a link; make it where it is missing."""
    try:
        return posix.open(name, _FOLDER, dir_fd=parent)
    except FileNotFoundError:
        if not create:
            raise
    except OSError as error:
        raise StoreRefused(code_of(error)) from error
    try:
        posix.mkdir(name, mode, dir_fd=parent)
    except FileExistsError:
        pass  # a parallel session was faster
    except OSError as error:
        raise StoreRefused(code_of(error)) from error
    try:
        return posix.open(name, _FOLDER, dir_fd=parent)
    except OSError as error:
        raise StoreRefused(code_of(error)) from error
