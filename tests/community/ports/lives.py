"""Lives of an API and a worker that can be ended at any instant, and the account that is settled after all of them.

What they did lies in a log that outlives them: `sent` before a put, `said` after its answer. Strangers send again what
they have no answer to, now and then also what they have, and take reports back. What adds up and what takes back is the
server's own code (worker.py, withdrawing.py); only strangers are made up here, and speak to the queue without HTTP.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from unittest import mock

from telemetry.community import worker
from telemetry.community.ports import Full, Unavailable
from telemetry.community.records import Accepted, Contribution
from telemetry.community.retention import Kept
from telemetry.community.sqlite.database import Database, open_database
from telemetry.community.withdrawing import take_back as takes_back
from tests.community.memory import whole
from tests.community.ports.opened import NOW, WEEK, cells_of, contribution, total, withdrawal_of
from tests.sharing.lines import id_of, token_of

SENDERS = 4
_WHOLE = "."  # the end of a line


class Log:
    """Lines of a word and numbers, each one write, framed: what a kill tears off is no line, and spoils no other.

    A write that crosses a page's end may be cut there by a kill. What was cut was not noted: of `sent` and `unwanted`
    nothing came yet, and what lost its `said` is sent once more.
    """

    def __init__(self, file: Path) -> None:
        self._file, self._read = file, 0
        self._found: defaultdict[str, set[int]] = defaultdict(set)
        self._fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, word: str, numbers: Iterable[int]) -> None:
        """One line more."""
        os.write(self._fd, f"\n{word} {' '.join(map(str, numbers))} {_WHOLE}\n".encode())

    def all(self, word: str) -> set[int]:
        """All numbers that were noted under a word."""
        self._catch_up()
        return set(self._found[word])

    def _catch_up(self) -> None:
        """Whole lines only, each once: the log is long, and asked often."""
        with self._file.open("rb") as file:
            file.seek(self._read)
            lines, _, _ = file.read().rpartition(b"\n")
        self._read += len(lines)
        for line in map(str.split, lines.decode().splitlines()):
            if line[1:] and line[-1] == _WHOLE:
                self._found[line[0]].update(map(int, line[1:-1]))

    def close(self) -> None:
        """No lines any more."""
        os.close(self._fd)


@contextmanager
def opened_at(file: Path, patience: float = 5.0) -> Iterator[Database]:
    """The database, for a while, in which each report adds something of its own."""
    database = open_database(file, patience=patience, clock=lambda: NOW)
    try:
        with mock.patch.object(worker, "contribution_of", _its_own):
            yield database
    finally:
        database.close()


def _its_own(report: object, report_id: str, week: str) -> Contribution:
    """In the place of what a report adds: cells that are its alone, so that who counts twice or not at all is seen."""
    return contribution(int(report_id[-12:], 16), week)


def reports(*numbers: int) -> list[Accepted]:
    """Reports of these numbers, which contradict nothing, as the API takes them."""
    lines = zip(numbers, whole(*numbers).splitlines(), strict=True)
    return [Accepted(id_of(number), withdrawal_of(number), line) for number, line in lines]


def receives(file: Path, log: Log, first: int, owed: set[int]) -> Callable[[], int]:
    """The life of an API: strangers send batch after batch until somebody ends it. `owed`: what has no answer yet."""

    def live() -> int:
        with opened_at(file) as database:
            send(database, log, sorted(owed))
            senders = [Thread(target=_sends, args=(database, log, first + n, n)) for n in range(SENDERS)]
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
        return 0

    return live


def _sends(database: Database, log: Log, first: int, seed: int) -> None:
    chance, mine = random.Random(first + seed), list[int]()
    for start in range(first, first + 100_000, 5 * SENDERS):
        fresh = list(range(start, start + 5 * SENDERS, SENDERS))
        send(database, log, fresh + chance.sample(mine, min(2, len(mine))))
        mine += fresh
        if chance.random() < 0.05:
            take_back(database, log, [chance.choice(mine)])


def send(database: Kept, log: Log, numbers: list[int]) -> bool:
    """A batch, and its answer if there is one."""
    if not numbers:
        return True
    log.note("sent", numbers)
    try:
        answers = database.queue.put(reports(*numbers), NOW)
    except (Full, Unavailable):
        return False
    log.note("said", numbers)
    log.note("accepted", (number for number, answer in zip(numbers, answers, strict=True) if answer == "accepted"))
    return True


def take_back(database: Kept, log: Log, numbers: Iterable[int]) -> None:
    """One after the other, as the API does it."""
    for number in numbers:
        log.note("unwanted", [number])
        takes_back(database.queue, database.aggregates, [token_of(number)])


def works(file: Path) -> Callable[[], int]:
    """The life of a worker: it adds and settles until somebody ends it."""

    def live() -> int:
        with opened_at(file) as database:
            while True:
                with suppress(Unavailable):
                    if not work_off(database):
                        time.sleep(0.001)

    return live


def work_off(database: Kept, limit: int = 50) -> int:
    """A batch, as the worker does it; how many."""
    return worker.work_off(database.queue, database.aggregates, limit).claimed


def settles(database: Database, log: Log) -> None:
    """The quiet end: strangers get their answers, the worker comes to its end, what is unwanted is taken back."""
    owed = sorted(log.all("sent") - log.all("said"))
    for start in range(0, len(owed), 50):
        assert send(database, log, owed[start : start + 50])
    take_back(database, log, log.all("unwanted"))
    while work_off(database, 500):
        pass


def wrong_with(database: Database, log: Log) -> list[str]:
    """What is not as it must be: every report that was accepted is counted exactly once, none is lost."""
    said, unwanted = log.all("said"), log.all("unwanted")
    counts = {cell.cell: cell.value for cell in cells_of(database) if cell[1:4:2] == ("agent", "n")}
    expected = {f"agent-{number}": 1 for number in said - unwanted}
    known = database.queue.find([*map(withdrawal_of, said)])
    lost = [number for number, found in zip(said, known, strict=True) if found is None]
    (sound,) = database.readers.run(lambda connection: connection.execute("PRAGMA integrity_check").fetchone())
    return [
        *(f"not counted once: {name}" for name in sorted(expected.keys() ^ counts.keys())),
        *(f"counted {count} times: {name}" for name, count in counts.items() if count != 1),
        *(f"lost: {number}" for number in lost),
        *[f"the sum is {total(database)}, not {len(expected)}"] * (total(database) != len(expected)),
        *[f"{database.queue.depth()} still wait"] * (database.queue.depth() != 0),
        *[f"the file is damaged: {sound}"] * (sound != "ok"),
        *[f"the queue gives {WEEK} out again"] * bool(database.queue.claim(1)),
        *[f"the sums know {one}" for one in sorted(unwanted)[:3] if database.aggregates.subtract(id_of(one))],
    ]


def stop(process: int) -> None:
    """Let it do nothing more, for now."""
    os.kill(process, signal.SIGSTOP)
    os.waitpid(process, os.WUNTRACED)


def end(process: int) -> None:
    """For good."""
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
