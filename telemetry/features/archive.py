"""A journal too long to fold at every question: its blocks, indexed once and folded where needed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar
from zlib import crc32

from telemetry.features import cache
from telemetry.features.blocks import Head, body_of, runs_in
from telemetry.features.clock import milliseconds
from telemetry.features.fold import feature_key
from telemetry.features.runs import Run, runs_of
from telemetry.journal.months import Month
from telemetry.journal.read import Index, lines_of, read_block, read_index

Cut = tuple[Month, int, int]  # a stretch of a month's file: from byte, to byte
_Result = TypeVar("_Result")
MANY_BLOCKS = 16  # from here on the work is shared among processes


class Archive:
    """The blocks of a journal. Make one with `open`."""

    def __init__(self, store: Path, months: list[Month]) -> None:
        self.store = store
        self.months = {month.name: month for month in months}
        self.heads: list[Head] = []
        self.bodies: list[bytes] = []  # the runs of the sessions a block owns; empty until folded
        self.owner: dict[str, int] = {}  # session -> the last block with events of it
        self.is_news = False  # whether there is more to remember than was remembered
        self.unfinished: set[int] = set()  # blocks that still grow: never remembered

    @classmethod
    def open(cls, store: Path, months: list[Month], block_bytes: int) -> Archive:
        """What is remembered of the journal, and an index of what is new."""
        archive = cls(store, months)
        for head, body in cache.load(store, months):
            archive._add(head, body)
        archive._index_news(block_bytes)
        return archive

    @property
    def events(self) -> int:
        """How many events the journal has."""
        return sum(head.events for head in self.heads)

    @property
    def set_aside(self) -> int:
        """How many lines of the journal are no events."""
        return sum(head.set_aside for head in self.heads)

    def runs_since(self, earliest: int) -> dict[str, list[Run]]:
        """All runs of every feature that has one at or after a moment in milliseconds."""
        recent = {number for number, head in enumerate(self.heads) if head.latest >= earliest}
        found: dict[str, list[Run]] = {}
        for number in sorted(recent):
            self._collect(number, found)
        if not earliest:
            return found
        found = {key: runs for key, runs in found.items() if any(run.start >= earliest for run in runs)}
        wanted = {key for key in found if key[0] != "?"}
        sessions = {key[1:] for key in found if key[0] == "?"}
        for number, head in enumerate(self.heads):
            if number not in recent and not (wanted.isdisjoint(head.features) and sessions.isdisjoint(head.sessions)):
                self._collect(number, found, found.keys())
        return found

    def save(self) -> None:
        """Remember what was not yet remembered."""
        if self.is_news:
            blocks = zip(self.heads, self.bodies, strict=True)
            kept = [block for number, block in enumerate(blocks) if number not in self.unfinished]
            cache.save(self.store, list(self.months.values()), kept)

    def _index_news(self, block_bytes: int) -> None:
        """Index what no remembered block covers."""
        ends = {head.month: head.end for head in self.heads}
        cuts = [cut for month in self.months.values() for cut in _cuts(month, ends.get(month.name, 0), block_bytes)]
        current = next(reversed(self.months), "")
        for (month, start, end), (index, mark, is_whole) in zip(cuts, _mapped(_indexed, cuts), strict=True):
            still_grows = month.name == current and end - start < block_bytes // 2
            if still_grows or not is_whole:
                self.unfinished.add(len(self.heads))
            else:
                self.is_news = True
            self._index(month.name, start, end, mark, index)

    def _index(self, month: str, start: int, end: int, mark: int, index: Index) -> None:
        carried = index.sessions & self.owner.keys()
        named = set(index.features)
        for session in carried:
            named |= read_index(self._lines_before(session, len(self.heads))).features
        moment = milliseconds(index.latest) if index.latest else 0
        plain = frozenset(feature[1:-1] for feature in named)
        counts = index.events, index.set_aside, moment
        self._add(Head(month, start, end, mark, *counts, index.sessions, frozenset(carried), plain), b"")

    def _add(self, head: Head, body: bytes) -> None:
        self.owner.update(dict.fromkeys(head.sessions, len(self.heads)))
        self.heads.append(head)
        self.bodies.append(body)

    def _collect(self, number: int, found: dict[str, list[Run]], keys: object = None) -> None:
        """Add the runs of a block to those found; with `keys`, only runs of these features."""
        body = self.bodies[number]
        folded = runs_in(body) if body else self._folded(number)
        for session, runs in folded.items():
            if self.owner[session] != number:
                continue
            for run in runs:
                key = feature_key(run, session)
                if keys is None or key in keys:  # type: ignore[operator]
                    found.setdefault(key, []).append(run)

    def _folded(self, number: int) -> dict[str, list[Run]]:
        """The runs of the sessions a block owns, folded from all their events."""
        head = self.heads[number]
        folded = {}
        for session, events in read_block(self._data(head))[0].items():
            if self.owner[session] == number:
                before = read_block(self._lines_before(session, number))[0] if session in head.carried else {}
                folded[session] = runs_of(before.get(session, []) + events)
        if number not in self.unfinished:
            self.bodies[number] = body_of(folded)
            self.is_news = True
        return folded

    def _lines_before(self, session: str, number: int) -> bytes:
        """The lines of a session in the blocks before one."""
        earlier = (head for head in self.heads[:number] if session in head.sessions)
        return b"\n".join(lines_of(self._data(head), session) for head in earlier)

    def _data(self, head: Head) -> bytes:
        return _bytes_of((self.months[head.month], head.start, head.end))


def _cuts(month: Month, start: int, block_bytes: int) -> list[Cut]:
    """Where to cut the rest of a month: whole lines, about a block each; a line without end apart."""
    cuts = []
    with month.path.open("rb") as file:
        while start < month.size:
            file.seek(min(start + block_bytes, month.size) - 1)
            line = file.readline()
            end = min(file.tell(), month.size)
            if not line.endswith(b"\n"):
                file.seek(start)
                whole = start + file.read(end - start).rfind(b"\n") + 1
                cuts += [(month, start, whole)] if whole > start else []
                start = whole
            cuts.append((month, start, end))
            start = end
    return cuts


def _bytes_of(cut: Cut) -> bytes:
    month, start, end = cut
    with month.path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


def _indexed(cut: Cut) -> tuple[Index, int, bool]:
    """A block's index, the checksum of its last bytes, and whether it ends with a whole line."""
    data = _bytes_of(cut)
    return read_index(data), crc32(data[-4096:]), data.endswith(b"\n")


def _mapped(work: Callable[[Cut], _Result], cuts: list[Cut]) -> Iterable[_Result]:
    """The work on each cut, in order; by several processes where there is enough of it."""
    processes = min(os.cpu_count() or 1, 4)
    if len(cuts) < MANY_BLOCKS or processes < 2:
        return map(work, cuts)
    from multiprocessing import Pool  # noqa: PLC0415 its import costs more than most questions

    with Pool(processes) as pool:
        return pool.map(work, cuts, chunksize=4)
