"""The cache of a long journal: folded blocks in one file, each line with its checksum.

Only a cache: whatever is missing, torn, altered, made by other code or of another journal is thrown
away and made anew from the events. It holds nothing that events do not hold.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from zlib import crc32

from telemetry.contract import event_check, layout
from telemetry.features import assemble, blocks, clock, runs
from telemetry.features.blocks import Head
from telemetry.journal import read
from telemetry.journal.months import Month
from telemetry.journal.store import StoreRefused, open_store

Saved = tuple[Head, bytes]  # a block's head, and its runs (blocks.body_of), empty where not folded yet
_LIMIT = 1 << 30


def load(store: Path, months: list[Month]) -> list[Saved]:
    """The saved blocks, where all of them still stand for these months; else nothing."""
    try:
        with open_store(str(store.parents[1]), create=False) as opened:
            data = opened.read(layout.CACHE, _LIMIT) or b""
    except (OSError, StoreRefused):
        return []
    try:
        return _parse(data, months)
    except (ValueError, TypeError, KeyError, RecursionError):
        return []


def save(store: Path, months: list[Month], saved: list[Saved]) -> None:
    """Write the blocks; on a disk that refuses, there is simply no cache."""
    touched = {month.name: month.touched for month in months}
    lines = [_line(json.dumps({"code": _code(), "touched": touched}).encode())]
    for head, body in saved:
        lines += [_line(head.as_json()), _line(body)]
    draft = f"{layout.CACHE}.{os.getpid()}"
    with contextlib.suppress(OSError, StoreRefused), open_store(str(store.parents[1]), create=False) as opened:
        fd = opened.open_file(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        try:
            with os.fdopen(fd, "wb") as file:
                file.writelines(lines)
            os.rename(draft, layout.CACHE, src_dir_fd=opened.fd, dst_dir_fd=opened.fd)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(draft, dir_fd=opened.fd)


def _parse(data: bytes, months: list[Month]) -> list[Saved]:
    first, *lines = data.split(b"\n")[:-1]
    meta = json.loads(_checked(first))
    if meta["code"] != _code() or len(lines) % 2:
        return []
    saved = [
        (Head.from_json(_checked(head)), _checked(body)) for head, body in zip(lines[::2], lines[1::2], strict=True)
    ]
    return saved if _stands([head for head, _ in saved], months, meta["touched"]) else []


def _stands(heads: list[Head], months: list[Month], touched: dict[str, int]) -> bool:
    """Whether the months still begin with what was folded: no month gone, none rewritten."""
    known = {month.name: month for month in months}
    ends: dict[str, int] = {}
    for head in heads:
        if head.month not in known or head.start != ends.get(head.month, 0):
            return False
        ends[head.month] = head.end
    for name, end in ends.items():
        month = known[name]
        if month.size < end or (month.size == end and month.touched != touched[name]):
            return False
    return all(mark_before(known[head.month], head.end) == head.mark for head in heads if ends[head.month] == head.end)


def mark_before(month: Month, end: int) -> int:
    """Checksum of the last bytes before an offset: a rewritten file hardly keeps them."""
    with month.path.open("rb") as file:
        file.seek(max(end - 4096, 0))
        return crc32(file.read(min(end, 4096)))


def _line(content: bytes) -> bytes:
    return b"%08x %b\n" % (crc32(content), content)


def _checked(line: bytes) -> bytes:
    """The content of a line. Raises ValueError where it is not what was written."""
    content = line[9:]
    if line[:9] != b"%08x " % crc32(content):
        raise ValueError("checksum")
    return content


def _code() -> int:
    """Checksum of the code that makes blocks: another version folds anew."""
    sources = (event_check, read, clock, runs, blocks, assemble)
    return crc32(b"".join(Path(str(module.__file__)).read_bytes() for module in sources))
