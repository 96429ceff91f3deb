"""The real API and the real worker, killed under load over HTTP: every report is counted exactly once, none is lost.

tests/community/test_faults.py does the same to the code below HTTP, where nearly every instant lies in a transaction.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from threading import Event, Thread

import pytest

from telemetry.community import serving
from telemetry.community.contributions import contribution_of
from telemetry.community.explaining import report_schema
from telemetry.community.main import main
from telemetry.community.sqlite.database import Database, open_database
from telemetry.community.verbs import api, worker
from tests.community.servers import PATIENCE, command
from tests.community.strangers_at_work import Sharer
from tests.crash.children import MAY_FORK, End, forked, killed_at, to_its_end

INSTANTS = int(os.environ.get("AGENTSPEC_TEST_CRASHES", "200"))  # read before the tests' own environment is emptied
SEED = int(os.environ.get("AGENTSPEC_TEST_SEED", "20261122"))
SHARERS = 2
LONGEST_LIFE = 0.15  # seconds, at first
FRESH = 40  # one in so many starts as a new interpreter
PORTS = range(20_000, 32_000)  # below those of clients: one that finds nobody there would meet itself
VERBS = ("api", "worker")
WARM = (serving, api, worker)  # imported: a fork begins where the work begins

Sums = Counter[tuple[str, str, str]]


@MAY_FORK
def test_api_and_worker_killed_under_load_lose_and_double_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INSTANTS times, `agentspec-community api` and `worker` are started on one folder, from the first file on, and
    both are killed (SIGKILL), each at an instant of its own, while strangers share, send again and take back. One start
    in forty is a new interpreter, which is let come up; the others are forks that have all imported, and kills also
    hit the opening of the file, the sweep at the start and the door. In how many of the lives something was answered
    is printed: about two thirds.
    """
    chance, said = random.Random(SEED), tmp_path / "said"
    port = _free(chance)
    sharers = [Sharer(SEED + number, port) for number in range(SHARERS)]
    _settings(monkeypatch, tmp_path / "data", port)
    longest, busy = LONGEST_LIFE, 0
    for number in range(INSTANTS):
        answered = _answered(sharers)
        ends = _ended(sharers, port, said, [chance.uniform(0, longest) for _ in VERBS], number % FRESH == FRESH - 1)
        assert all(one.killed for one in ends), said.read_text()
        is_busy = _answered(sharers) > answered
        busy += is_busy
        longest *= 0.95 if is_busy else 1.1  # on whatever machine: some die in work, some before it
    _settles(sharers, port, said)
    with closing(open_database(tmp_path / "data" / "community.db")) as database:
        assert _wrong_with(database, sharers) == []
    taken_back = sum(len(one.unwanted) for one in sharers)
    print(
        f"{INSTANTS} times both killed, {busy} of them at work; {_answered(sharers)} answered, {taken_back} taken back"
    )
    assert busy > INSTANTS / 3
    assert "a bug" not in said.read_text()


def _settings(monkeypatch: pytest.MonkeyPatch, data: Path, port: int) -> None:
    report_schema()  # of what is read once, too
    settings = {"data": data, "port": port, "requests_per_minute": 0, "reports_per_hour": 0, "shutdown_seconds": 600}
    for name, value in settings.items():
        monkeypatch.setenv(f"AGENTSPEC_COMMUNITY_{name.upper()}", str(value))


def _free(chance: random.Random) -> int:
    for port in iter(lambda: chance.choice(PORTS), None):
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError


# --- processes


def _forked(verb: str, said: Path) -> int:
    """The command, in a process that has imported everything."""

    def live() -> int:
        logging.getLogger().handlers.clear()  # pytest's
        return main([verb])

    return forked(live, said)


def _fresh(verb: str, said: Path) -> int:
    """The command, as a shell starts it."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    out = [(os.POSIX_SPAWN_OPEN, fd, str(said), flags, 0o600) for fd in (1, 2)]
    return os.posix_spawn(sys.executable, command(verb), os.environ, file_actions=out)


def _ended(sharers: Iterable[Sharer], port: int, said: Path, instants: list[float], is_fresh: bool) -> list[End]:
    """One life of both, and how each ended. Strangers begin after the fork, so that it copies no thread of theirs."""
    lives = [(_fresh if is_fresh else _forked)(verb, said) for verb in VERBS]
    over = Event()
    threads = [Thread(target=one.works, args=(over,)) for one in sharers]
    for thread in threads:
        thread.start()
    if is_fresh:
        _wait_for(port)
    ends = killed_at(dict(zip(lives, instants, strict=True)))
    over.set()
    for thread in threads:
        thread.join()
    return list(ends.values())


def _settles(sharers: Iterable[Sharer], port: int, said: Path) -> None:
    """The quiet end: both live, everybody gets an answer, and told to end, they do."""
    lives = [_forked(verb, said) for verb in VERBS]
    _wait_for(port)
    for one in sharers:
        one.settles()
    for process in lives:
        os.kill(process, signal.SIGTERM)
        assert to_its_end(process).code == 0, said.read_text()


def _wait_for(port: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
        except ConnectionRefusedError:
            assert time.monotonic() < until, "it never listened"


# --- the account


def _answered(sharers: Iterable[Sharer]) -> int:
    return sum(len(one.answered) for one in sharers)


def _wrong_with(database: Database, sharers: list[Sharer]) -> list[str]:
    """What is not as it must be. Reports differ in times and counts: sums are only right where each is in once."""
    found, expected = _sums(database), Sums()
    for one in sharers:
        expected.update(_of_all(one))
    lost = [report for one in sharers for report in one.answered if not _is_known(database, one.sent[report].token)]
    twice = [report for one in sharers for report, times in Counter(one.accepted).items() if times > 1]
    (sound,) = database.readers.run(lambda connection: connection.execute("PRAGMA integrity_check").fetchone())
    return [
        *(f"answered wrongly: {said}" for one in sharers for said in one.wrong),
        *(f"owed: {report}" for one in sharers for report in one.owed),
        *(f"lost: {report}" for report in lost),
        *(f"accepted twice: {report}" for report in twice),
        *(
            f"{place}: {found[place]}, not {expected[place]}"
            for place in found | expected
            if found[place] != expected[place]
        ),
        *[f"{database.queue.depth()} still wait"] * (database.queue.depth() != 0),
        *(f"in quarantine: {report}" for report in database.queue.quarantined()),
        *[f"the file is damaged: {sound}"] * (sound != "ok"),
    ]


def _sums(database: Database) -> Sums:
    found = Sums()
    for cell in database.aggregates.cells(database.aggregates.weeks()):
        found[cell[1:4]] += cell.value
    return found


def _of_all(sharer: Sharer) -> Sums:
    """What the reports add that somebody has sent, and still wants."""
    found = Sums()
    for name in sharer.sent.keys() - sharer.unwanted:
        report = json.loads(sharer.sent[name].line)["report"]
        for part in contribution_of(report, name, "").increments:
            found[part[:3]] += part.amount
    return found


def _is_known(database: Database, token: str) -> bool:
    return database.queue.find([hashlib.sha256(token.encode()).hexdigest()])[0] is not None
