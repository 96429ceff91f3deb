"""The person's own state folder, outside every project: where a yes is kept, and what goes with it.

Found through the password database, never through HOME or any other variable: those may come from a project. What is
a link, somebody else's, or open to others is refused, not mended: nobody else may have had a hand in it.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import pwd
import secrets
import stat
from functools import lru_cache
from hashlib import sha256
from types import TracebackType

from telemetry.contract import durable
from telemetry.contract.faults import reached

PLACE = (".local", "state", "agentspec-telemetry")  # below the home folder that the password database names
KEY = "key"
KEY_BYTES = 32
MAX_BYTES = 64 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class StateRefused(Exception):
    """The folder, or a file in it, cannot be trusted; `code` is one of the gate's reasons."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class State:
    """The open folder. Make one with `open_state`."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def __enter__(self) -> State:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.fd)

    def read(self, name: str, names: int = 1, most: int = MAX_BYTES) -> bytes | None:
        """A file's contents, None where there is none. Raises StateRefused for one that others may have touched.

        `names`: how many names the file may have; `most`: of how many bytes.
        """
        try:
            fd = os.open(name, _FILE, dir_fd=self.fd)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StateRefused("state_untrusted") from error
        try:
            found = os.fstat(fd)
            if not stat.S_ISREG(found.st_mode) or found.st_nlink > names or not _is_private(found):
                raise StateRefused("state_untrusted")
            return os.read(fd, most)
        finally:
            os.close(fd)

    def write(self, name: str, data: bytes) -> None:
        """Write a file, whole or not at all."""
        durable.write(self.fd, name, data, step="state")

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        try:
            os.unlink(name, dir_fd=self.fd)
        except FileNotFoundError:
            return
        os.fsync(self.fd)

    def names(self) -> list[str]:
        """The files in the folder, in order."""
        return sorted(os.listdir(self.fd))

    def key(self, create: bool = False) -> bytes:
        """The random key beside the receipts. Raises StateRefused where it is missing or damaged."""
        key = self.read(KEY, names=2)
        if key is None and create:
            self._make_key()
            key = self.read(KEY, names=2)
        if key is None or len(key) != KEY_BYTES:
            raise StateRefused("state_untrusted")
        return key

    def _make_key(self) -> None:
        """A link, not a rename: of two that make it at once, both must go on with the same.

        So the key has two names for an instant; where its maker is killed in it, until the draft is swept.
        """
        draft = durable.DRAFT + secrets.token_hex(8)
        durable.write(self.fd, draft, secrets.token_bytes(KEY_BYTES), step="state_key")
        try:
            os.link(draft, KEY, src_dir_fd=self.fd, dst_dir_fd=self.fd, follow_symlinks=False)
            reached("state_key_linked")
        except FileExistsError:
            pass
        finally:
            os.unlink(draft, dir_fd=self.fd)
            os.fsync(self.fd)


def state_path() -> str:
    """Where the folder lies, whether it is there or not. Raises StateRefused where the person has no home."""
    try:
        home = pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError as error:
        raise StateRefused("no_home") from error
    if not home.startswith("/") or home == "/":
        raise StateRefused("no_home")
    return os.path.join(home, *PLACE)


def open_state(create: bool = False) -> State | None:
    """Open the folder; None where it is not there. Raises StateRefused where it is not the person's alone."""
    path = state_path()
    if create:
        _make(path)
    try:
        fd = os.open(path, _FOLDER | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateRefused("state_untrusted") from error
    if not _is_private(os.fstat(fd)):
        os.close(fd)
        raise StateRefused("state_untrusted")
    if create:
        durable.sweep(fd, durable.IN_USE_SECONDS)
    return State(fd)


def keyed(key: bytes, purpose: str, data: bytes) -> str:
    """HMAC-SHA-256 in hex; each purpose has a key of its own (RFC 5869's expand step with one block)."""
    return hmac.digest(_key_for(key, purpose), data, sha256).hex()


@lru_cache(maxsize=16)
def _key_for(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode() + b"\x01", sha256)


def _make(path: str) -> None:
    try:
        _make_above(os.path.dirname(path))
        os.mkdir(path, 0o700)
    except FileExistsError:
        return
    except OSError as error:
        raise StateRefused("no_home") from error


def _make_above(path: str) -> None:
    """The folders on the way, closed to others whatever the umask: who may rename in one could swap the last."""
    if not os.path.isdir(path):
        _make_above(os.path.dirname(path))
        with contextlib.suppress(FileExistsError):  # a parallel command was faster
            os.mkdir(path, 0o700)


def _is_private(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077
