"""The cache of a long journal: its blocks' heads, then their runs, in one file of sealed lines.

Only a cache: whatever is missing, torn, altered, made by other code or of another journal is thrown
away and made anew from the events. It holds nothing that events do not hold. A block's runs are read
and checked only when a question is about them.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from _blake2 import blake2b  # without hashlib's start-up
from functools import cache
from typing import BinaryIO
from zlib import crc32

from telemetry.contract import event_check, layout, vocabulary
from telemetry.features import blocks, clock, runs
from telemetry.features.blocks import Cut, Head
from telemetry.journal import read
from telemetry.journal.months import Month
from telemetry.journal.store import Store, StoreRefused, open_store

DRAFT = layout.CACHE + ".new"
FORGOTTEN_AFTER_SECONDS = 600  # a draft this old was left by a process that died
SETTLED_AFTER_NS = 2_000_000_000  # a file touched later than this can be touched again within one tick of its clock


class Remembered:
    """What the cache knows: heads, and runs by the number of their block."""

    def __init__(self, heads: list[Head], lengths: list[int], file: BinaryIO | None = None) -> None:
        self.heads = heads
        self._file = file
        self._places: dict[int, tuple[int, int]] = {}  # block -> offset, length
        offset = file.tell() if file else 0
        for number, length in enumerate(lengths):
            if length:
                self._places[number] = offset, length
            offset += length

    def has(self, number: int) -> bool:
        """Whether the runs of a block are said to be here; `body` sees whether they still are."""
        return number in self._places

    def body(self, number: int) -> bytes | None:
        """The runs of a block (blocks.folded), or None where they are not, or not as they were."""
        place = self._places.get(number)
        if place is None or self._file is None:
            return None
        try:
            self._file.seek(place[0])
            return _checked(self._file.read(place[1]))
        except (OSError, ValueError):
            return None

    def close(self) -> None:
        """Let go of the file."""
        if self._file:
            self._file.close()


def load(store: str, months: list[Month]) -> Remembered:
    """The saved blocks, where all of them still stand for these months; else nothing."""
    with contextlib.ExitStack() as cleaning:
        try:
            with _opened(store) as opened:
                file = cleaning.enter_context(os.fdopen(opened.open_file(layout.CACHE, os.O_RDONLY), "rb"))
            found = _parse(file, months)
        except (OSError, StoreRefused, ValueError, TypeError, KeyError, RecursionError):
            return Remembered([], [])
        cleaning.pop_all()
        return found


def save(store: str, months: list[Month], heads: list[Head], bodies: list[bytes]) -> None:
    """Write the blocks and their runs (empty: not folded); on a disk that refuses there is simply no cache."""
    settled = time.time_ns() - SETTLED_AFTER_NS
    touched = {month.name: month.touched for month in months if month.touched < settled}
    lengths = [len(body) + _FRAME if body else 0 for body in bodies]
    meta = {"code": _code(), "touched": touched, "lengths": lengths}
    with contextlib.suppress(OSError, StoreRefused), _opened(store) as opened:
        _forget_old_draft(opened)
        fd = opened.open_file(DRAFT, os.O_WRONLY | os.O_CREAT | os.O_EXCL)  # there already: somebody else is at it
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(_line(json.dumps(meta).encode()))
                file.writelines(_line(head.as_json()) for head in heads)
                file.writelines(_line(body) for body in bodies if body)
            os.rename(DRAFT, layout.CACHE, src_dir_fd=opened.fd, dst_dir_fd=opened.fd)
        except BaseException:
            os.unlink(DRAFT, dir_fd=opened.fd)
            raise


def _opened(store: str) -> Store:
    return open_store(os.path.dirname(os.path.dirname(store)), create=False)


def _forget_old_draft(opened: Store) -> None:
    with contextlib.suppress(FileNotFoundError):
        touched = os.stat(DRAFT, dir_fd=opened.fd, follow_symlinks=False).st_mtime
        if not 0 <= time.time() - touched < FORGOTTEN_AFTER_SECONDS:
            os.unlink(DRAFT, dir_fd=opened.fd)


def _parse(file: BinaryIO, months: list[Month]) -> Remembered:
    """Raises ValueError, TypeError or KeyError where it is not what `save` wrote, or not of this journal."""
    meta = json.loads(_checked(file.readline()))
    if meta["code"] != _code():
        raise ValueError("other code")
    heads = [Head.from_json(_checked(file.readline())) for _ in meta["lengths"]]
    if not _stand(heads, months, meta["touched"]):
        raise ValueError("another journal")
    return Remembered(heads, meta["lengths"], file)


def _stand(heads: list[Head], months: list[Month], touched: dict[str, int]) -> bool:
    """Whether the months still begin with what was indexed: no month gone, none rewritten."""
    known = {month.name: month for month in months}
    ends: dict[str, int] = {}
    for head in heads:
        if head.month not in known or head.start != ends.get(head.month, 0):
            return False
        ends[head.month] = head.end
    changed = {name for name in ends if known[name].touched != touched.get(name)}
    return all(
        crc32(Cut(known[head.month].path, head.start, head.end).read()) == head.mark
        for head in heads
        if head.month in changed
    )


_FRAME = len("0123456789abcdef \n")  # what a line adds to its content


def _line(content: bytes) -> bytes:
    return b"%b %b\n" % (_seal(content), content)


def _checked(line: bytes) -> bytes:
    """The content of a line. Raises ValueError where it is not what was written, or not written by this person."""
    content = line[17:-1]
    if line[:17] != _seal(content) + b" " or line[-1:] != b"\n":
        raise ValueError("seal")
    return content


def _seal(content: bytes) -> bytes:
    return blake2b(content, key=_secret(), digest_size=8).hexdigest().encode()


def corner() -> str:
    """Our folder among this person's caches."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return os.path.join(base if os.path.isabs(base) else os.path.expanduser("~/.cache"), "agentspec-telemetry")


@cache
def _secret() -> bytes:
    """Random bytes of this person's, outside every project: a cache that came with a clone is not believed.

    Raises OSError where they can be neither read nor made.
    """
    folder = corner()
    path = os.path.join(folder, "seal")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with contextlib.suppress(FileExistsError), open(path, "xb", opener=_private) as file:
        file.write(os.urandom(32))
    with open(path, "rb") as file:
        secret = file.read(33)
    if len(secret) != 32:
        raise OSError("no seal")
    return secret


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _code() -> int:
    """Checksum of the code that makes blocks: another version indexes and folds anew."""
    sources = (vocabulary, event_check, read, clock, runs, blocks)
    checksum = 0
    for module in sources:
        with open(str(module.__file__), "rb") as file:
            checksum = crc32(file.read(), checksum)
    return checksum
