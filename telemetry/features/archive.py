"""A journal too long to fold at every question: its blocks, indexed once and folded where needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from telemetry.features import blocks, cache
from telemetry.features.blocks import Cut, Head, runs_in
from telemetry.features.clock import milliseconds
from telemetry.features.processes import mapped
from telemetry.features.runs import Run
from telemetry.journal.months import Month
from telemetry.journal.read import Index

_TAIL_BYTES = 64 * 1024


class Archive:
    """The blocks of a journal, by number. Make one with `open`."""

    def __init__(self, store: str, months: list[Month], remembered: cache.Remembered) -> None:
        self.store = store
        self.months = {month.name: month for month in months}
        self.heads: list[Head] = []
        self.homes: dict[str, tuple[int, ...]] = {}  # session -> the blocks with events of it; the last one owns it
        self.remembered = remembered
        self.folded: dict[int, bytes] = {}  # the runs of blocks that were folded now
        self.unfinished: set[int] = set()  # blocks that still grow, or end in a torn line: never remembered
        for head in remembered.heads:
            self._add(head)

    @classmethod
    def open(cls, store: str, months: list[Month], block_bytes: int) -> Archive:
        """What is remembered of the journal, and an index of what is new."""
        archive = cls(store, months, cache.load(store, months))
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

    def groups_since(self, earliest: int) -> Iterator[tuple[str, list[Run]]]:
        """All runs, put together by feature, of every feature with a run at or after a moment in milliseconds.

        A feature is handed over at the last block that names it, so that a long history need not be
        in memory as a whole.
        """
        recent = {number for number, head in enumerate(self.heads) if head.latest >= earliest}
        names = frozenset().union(*(self.heads[number].features for number in recent))
        numbers = [n for n, head in enumerate(self.heads) if n in recent or not names.isdisjoint(head.features)]
        last = {feature: number for number in numbers for feature in self.heads[number].features}
        growing: dict[str, list[Run]] = {}
        for number, runs in self._runs_by_block(numbers):
            for run in runs:
                if self.homes[run.session][-1] == number and (number in recent or run.key in names):
                    growing.setdefault(run.key, []).append(run)
            for key in [key for key in growing if last.get(key, number) == number]:
                group = growing.pop(key)
                if any(run.start >= earliest for run in group):
                    yield key, group

    def save(self) -> None:
        """Remember what was not yet remembered."""
        kept = [number for number in range(len(self.heads)) if number not in self.unfinished]
        if len(kept) > len(self.remembered.heads) or not self.folded.keys() <= self.unfinished:
            bodies = [self.folded.get(number) or self.remembered.body(number) or b"" for number in kept]
            cache.save(self.store, list(self.months.values()), [self.heads[number] for number in kept], bodies)

    def close(self) -> None:
        """Let go of the cache's file."""
        self.remembered.close()

    def _index_news(self, block_bytes: int) -> None:
        """Index what no remembered block covers."""
        ends = {head.month: head.end for head in self.heads}
        news = [
            (month.name, cut)
            for month in self.months.values()
            for cut in cuts_of(month, ends.get(month.name, 0), block_bytes)
        ]
        current = max(self.months, default="")
        for (name, cut), found in zip(news, mapped(blocks.indexed, [cut for _, cut in news]), strict=True):
            index, mark, is_whole = found
            still_grows = name == current and cut.end - cut.start < block_bytes // 2
            if still_grows or not is_whole:
                self.unfinished.add(len(self.heads))
            self._add(self._head(name, cut, mark, index))

    def _head(self, month: str, cut: Cut, mark: int, index: Index) -> Head:
        """The head of the next block."""
        carried = index.named.keys() & self.homes.keys()
        before = {session: self.heads[self.homes[session][-1]] for session in carried}
        moment = milliseconds(index.latest) if index.latest else 0
        return Head(
            month=month,
            start=cut.start,
            end=cut.end,
            mark=mark,
            events=index.events,
            set_aside=index.set_aside,
            latest=max([moment, *(head.latest for head in before.values())]),
            sessions={
                **index.named,
                **{name: list({*index.named[name], *head.sessions[name]}) for name, head in before.items()},
            },
            carried=frozenset(carried),
        )

    def _add(self, head: Head) -> None:
        number = len(self.heads)
        self.homes.update(dict.fromkeys(head.sessions.keys() - head.carried, (number,)))
        for session in head.carried:
            self.homes[session] += (number,)
        self.heads.append(head)

    def _runs_by_block(self, numbers: list[int]) -> Iterator[tuple[int, list[Run]]]:
        """The runs of these blocks, remembered or folded now."""
        missing = [number for number in numbers if not self.remembered.has(number)]
        new = mapped(blocks.folded, [self._work(number) for number in missing])
        for number in numbers:
            runs = self._remembered_runs(number)
            if runs is None:
                body = blocks.folded(self._work(number)) if self.remembered.has(number) else next(new)
                self.folded[number] = body
                runs = runs_in(body)
            yield number, runs

    def _remembered_runs(self, number: int) -> list[Run] | None:
        """None where they are not, or no longer as they were."""
        body = self.remembered.body(number)
        try:
            return None if body is None else runs_in(body)
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    def _work(self, number: int) -> tuple[Cut, list[tuple[Cut, list[str]]]]:
        """A block, and the earlier ones with the sessions it goes on with."""
        earlier: dict[int, list[str]] = {}
        for session in self.heads[number].carried:
            for home in self.homes[session]:
                if home < number:
                    earlier.setdefault(home, []).append(session)
        return self._cut(number), [(self._cut(home), names) for home, names in sorted(earlier.items())]

    def _cut(self, number: int) -> Cut:
        head = self.heads[number]
        return Cut(self.months[head.month].path, head.start, head.end)


def cuts_of(month: Month, start: int, block_bytes: int) -> list[Cut]:
    """Where to cut the rest of a month: whole lines, about a block each; a last line without end apart."""
    cuts = []
    with open(month.path, "rb") as file:
        whole = _end_of_last_line(file, start, month.size)
        while start < whole:
            file.seek(min(start + block_bytes, whole) - 1)
            file.readline()
            cuts.append(Cut(month.path, start, file.tell()))
            start = file.tell()
    if start < month.size:
        cuts.append(Cut(month.path, start, month.size))
    return cuts


def _end_of_last_line(file: BinaryIO, start: int, end: int) -> int:
    """The offset after the last line end between two offsets; `start` where there is none."""
    while end > start:
        begin = max(end - _TAIL_BYTES, start)
        file.seek(begin)
        found = file.read(end - begin).rfind(b"\n")
        if found >= 0:
            return begin + found + 1
        end = begin
    return start
