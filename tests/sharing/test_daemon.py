"""The daemon: one per store, wakes for work, obeys at once, and ends quietly whatever happens."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from telemetry.consent.state import StateRefused
from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError
from telemetry.journal.store import StoreRefused, open_store
from telemetry.sharing import daemon
from telemetry.sharing.daemon import Rhythm
from telemetry.sharing.household import Household
from telemetry.sharing.process import running_in
from telemetry.sharing.reports import sharing_lock
from telemetry.sharing.watching import Watcher
from telemetry.sharing.wire import USUAL
from tests.sharing import behaviours
from tests.sharing.behaviours import status
from tests.sharing.exchange import Exchange
from tests.sharing.homes import consenting, found, household_in, now, sealed, with_room
from tests.sharing.lines import id_of
from tests.sharing.projects import project_in, ship
from tests.sharing.receiver import Receiver, receiving

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
WATCHFUL = Rhythm(idle=PATIENCE, look_around=PATIENCE, settle=0)
RESTLESS = Rhythm(idle=PATIENCE, look_around=0.05, settle=0)
ONCE = Rhythm(idle=0, look_around=0, settle=0)
DAY = timedelta(days=1)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server."""
    with receiving() as open_one:
        yield open_one


@pytest.fixture
def project(tmp_path: Path, receiver: Receiver) -> Path:
    """One whose person said yes to that server."""
    return consenting(tmp_path, receiver.url)


def store_of(project: Path) -> Path:
    """Its store."""
    return project.joinpath(*layout.STORE)


def due(project: Path, *numbers: int) -> None:
    """Put reports into the outbox that have rested for long enough; a daemon may be at work there."""
    with household_in(project) as household, sharing_lock(household.reports.store):
        for number in numbers:
            household.reports.put(sealed(number, at=now() - 2 * DAY))


def states(project: Path) -> dict[str, list[int]]:
    """The numbers of the reports in each state."""
    with household_in(project) as household:
        return found(household.reports)


class Days:
    """A clock on which a day goes by whenever somebody looks at it: what was sealed may leave at the next look."""

    def __init__(self) -> None:
        self._passed = -1

    def __call__(self) -> datetime:
        """The time."""
        self._passed += 1
        return now() + self._passed * DAY


class Running:
    """A daemon in a thread of this process."""

    def __init__(self, project: Path, rhythm: Rhythm, clock: Callable[[], datetime]) -> None:
        self._stop, self._resting = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._ended = self._pool.submit(self._run, project, rhythm, clock)

    def _run(self, project: Path, rhythm: Rhythm, clock: Callable[[], datetime]) -> str:
        def wait(*args: object) -> None:
            self._resting.set()
            as_ever(*args)

        as_ever: Callable[..., None] = daemon._wait
        with patch.object(daemon, "_wait", wait):
            return daemon.run(str(project), {}, clock, rhythm, self._stop)

    def rests(self) -> None:
        """Return when it has looked around for the first time."""
        assert self._resting.wait(PATIENCE)

    def why(self) -> str:
        """Wait for its end, and why it ended."""
        return self._ended.result(PATIENCE)

    def close(self) -> None:
        """Make it end at its next look, and no later than after a change."""
        self._stop.set()
        self._pool.shutdown(wait=False)


@contextmanager
def running(project: Path, rhythm: Rhythm = WATCHFUL, clock: Callable[[], datetime] = now) -> Iterator[Running]:
    """A daemon while the block runs; the block makes it end."""
    one = Running(project, rhythm, clock)
    try:
        yield one
    finally:
        one.close()


@contextmanager
def process(project: Path) -> Iterator[subprocess.Popen[str]]:
    """A daemon in a process of its own, as sessions start it."""
    command = [sys.executable, "-m", "telemetry.cli.main", "daemon", "--project", str(project)]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as started:  # fmt: skip
        try:
            yield started
        finally:
            started.kill()


def switch(project: Path, word: str) -> None:
    """As a person's editor does it."""
    config = store_of(project) / layout.CONFIG
    draft = config.with_name(".config.yaml.swp")
    draft.write_text(re.sub("(?m)^sharing: .*", f"sharing: {word}", config.read_text()))
    draft.rename(config)


# --- what it does


def test_what_is_due_leaves_and_then_there_is_nothing_to_do(project: Path, receiver: Receiver) -> None:
    """Then it ends."""
    due(project, 1, 2)
    assert daemon.run(str(project), {}, now, ONCE) == "idle"
    assert receiver.ledger.counted == {id_of(1), id_of(2)}
    assert states(project) == {layout.SENT: [1, 2]}


def test_a_new_event_wakes_it(project: Path, receiver: Receiver) -> None:
    """A feature that is shipped while it runs is sealed, and shared in its time."""
    with running(project, clock=Days()) as one:
        one.rests()
        ship(project, "ORDERS")
        receiver.wait_until(lambda: len(receiver.ledger.counted) == 1)
        switch(project, "off")
        assert one.why() == "sharing_off"


@pytest.mark.parametrize(("word", "reason"), [("off", "sharing_off"), ("maybe", "config_broken")])
def test_it_obeys_a_switch_that_is_turned_while_it_waits(project: Path, word: str, reason: str) -> None:
    """Off, or what cannot be understood."""
    with running(project, RESTLESS) as one:
        one.rests()
        switch(project, word)
        assert one.why() == reason


def test_a_switch_that_it_saw_turned_off_is_a_no(project: Path, receiver: Receiver) -> None:
    """Turned on again by whoever can edit a file, nothing leaves: it takes a person."""
    ship(project, "ORDERS")
    config = store_of(project) / layout.CONFIG
    on = config.read_text()
    config.write_text(on.replace("sharing: on", "sharing: off"))
    assert daemon.run(str(project), {}, now, RESTLESS) == "sharing_off"
    config.write_text(on)
    assert daemon.run(str(project), {}, now, RESTLESS) == "said_no"
    assert receiver.ledger.raw == []


def test_it_obeys_between_two_batches(project: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was on its way is told apart, and nothing more leaves."""
    with_room(monkeypatch)
    due(project, *range(1, 121))

    def turned_off(exchange: Exchange) -> None:
        switch(project, "off")
        behaviours.ok(exchange)

    receiver.script(turned_off)
    assert daemon.run(str(project), {}, now, WATCHFUL) == "sharing_off"
    assert len(receiver.ledger.raw) == 1
    assert states(project) == {layout.OUTBOX: list(range(51, 121)), layout.SENT: list(range(1, 51))}


def test_without_a_yes_it_does_nothing(tmp_path: Path) -> None:
    """And says why."""
    project = project_in(tmp_path)
    ship(project, "ORDERS")
    before = sorted(store_of(project).rglob("*"))
    assert daemon.run(str(project), {}, now, WATCHFUL) == "sharing_off"
    assert {path.name for path in set(store_of(project).rglob("*")) - set(before)} == {layout.DAEMON_LOCK}


def test_without_an_address_it_seals_and_waits(tmp_path: Path) -> None:
    """For the day on which there is one."""
    project = consenting(tmp_path)
    ship(project, "ORDERS")
    assert daemon.run(str(project), {}, now, ONCE) == "idle"
    with household_in(project) as household:
        assert len(household.reports.names(layout.OUTBOX)) == 1


def test_it_ends_when_its_store_goes(project: Path) -> None:
    """Or when another stands in its place."""
    for put_back in (False, True):
        with running(project, RESTLESS) as one:
            one.rests()
            aside = project / ".claude" / "aside"
            store_of(project).rename(aside)
            if put_back:
                shutil.copytree(aside, store_of(project))
            assert one.why() == "gone"
            shutil.rmtree(store_of(project), ignore_errors=True)
            aside.rename(store_of(project))


def test_it_lives_without_a_watcher(project: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then it looks around from time to time."""

    def refuse(self: Watcher, *_: object) -> None:
        raise OSError

    monkeypatch.setattr(Watcher, "__init__", refuse)
    with running(project, RESTLESS) as one:
        due(project, 1)
        receiver.wait_until(lambda: bool(receiver.ledger.counted))
        switch(project, "off")
        assert one.why() == "sharing_off"


# --- how long it waits


def waits(project: Path, monkeypatch: pytest.MonkeyPatch, looks: int = 3) -> list[float]:
    """For how many seconds it would wait after each of its first looks."""
    planned: list[float] = []
    stop = threading.Event()

    def plan(woken: threading.Event, stopped: threading.Event, seconds: float, settle: float) -> None:
        planned.append(seconds)
        if len(planned) == looks:
            stop.set()

    monkeypatch.setattr(daemon, "_wait", plan)
    assert daemon.run(str(project), {}, now, daemon.USUAL, stop) == "stopped"
    return planned


def test_with_nothing_to_do_it_looks_around_every_few_minutes(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not more often."""
    assert waits(project, monkeypatch) == [240, 240, 240]


def test_it_is_there_when_a_report_may_leave(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If that is before it would end."""
    with household_in(project) as household:
        household.reports.put(sealed(1, at=now() - DAY + timedelta(seconds=100)))
    assert all(50 < seconds <= 100 for seconds in waits(project, monkeypatch))


def test_a_failing_server_is_not_asked_before_its_time(
    project: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also with files in the outbox that are none of ours."""
    due(project, 1)
    receiver.script(always=status(503, 200))
    (store_of(project) / layout.OUTBOX / "planted.report").write_text("x")
    first, *more = waits(project, monkeypatch)
    assert 150 < first <= 200
    (store_of(project) / layout.OUTBOX / "another.report").write_text("x")
    assert all(100 < seconds <= 200 for seconds in (*more, *waits(project, monkeypatch)))
    assert len(receiver.ledger.raw) == 1


# --- one, and its end


def test_of_twenty_started_at_once_one_stays(project: Path) -> None:
    """The others see it, and leave it alone."""
    command = [sys.executable, "-m", "telemetry.cli.main", "daemon", "--project", str(project)]
    started = [
        subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(20)
    ]
    try:
        with ThreadPoolExecutor(20) as pool:
            ends = as_completed([pool.submit(one.communicate, None, PATIENCE) for one in started])
            for _ in range(19):
                assert next(ends).result() == ("", "running\n")
            [staying] = [one for one in started if one.poll() is None]
            assert running_in(str(store_of(project))) == staying.pid
            staying.terminate()
            assert next(ends).result() == ("", "stopped\n")
    finally:
        for one in started:
            one.kill()
    assert {one.returncode for one in started} == {0}


def test_a_killed_one_is_followed_by_another(project: Path) -> None:
    """The lock goes with it."""
    lock = store_of(project) / layout.DAEMON_LOCK
    for _ in range(2):
        with process(project) as one:
            while f"{one.pid}\n" != (lock.read_text() if lock.exists() else ""):
                assert one.poll() is None
            one.kill()


def test_a_wish_to_end_is_heard_in_the_middle_of_a_request(project: Path, receiver: Receiver) -> None:
    """A server that hangs holds up nobody; the report is told apart, and arrives once."""
    due(project, 1)
    receiver.script(behaviours.hang_after_taking)
    with process(project) as one:
        receiver.wait_until(lambda: receiver.hanging == 1)
        one.send_signal(signal.SIGTERM)
        assert one.communicate(timeout=USUAL.silence * 2 / 3) == ("", "stopped\n")  # it did not wait for the server
        assert one.returncode == 0
    assert states(project) == {layout.SENDING: [1]}
    receiver.release()
    assert daemon.run(str(project), {}, now, ONCE) == "idle"
    assert states(project) == {layout.SENT: [1]}
    assert receiver.ledger.times == {id_of(1): 2}
    assert receiver.ledger.violations == []


def test_at_rest_it_needs_little_memory(project: Path, receiver: Receiver) -> None:
    """Having sent, with all that this takes still loaded; what a system shows as resident, in megabytes."""
    due(project, *range(1, 11))
    with process(project) as one:
        receiver.wait_until(lambda: len(receiver.ledger.counted) == 10)
        while states(project) != {layout.SENT: list(range(1, 11))}:
            assert one.poll() is None
        status = Path(f"/proc/{one.pid}/status").read_text()
        assert 5 < int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024 <= 40


TROUBLE = [
    (OSError(28, "No space left on device"), "disk_full"),
    (OSError(5, "Input/output error"), "eio"),
    (StoreRefused("symlink"), "symlink"),
    (StateRefused("state_untrusted"), "state_untrusted"),
    (TelemetryError("another agentspec is busy", ""), "busy"),
    (KeyError("secret"), "bug_KeyError"),
]


@pytest.mark.parametrize(("error", "code"), TROUBLE, ids=[row[1] for row in TROUBLE])
def test_trouble_ends_it_with_a_code(
    project: Path, error: Exception, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In debug.log, without a message; and it does not try the same again at once."""
    looks = []

    def fail(self: Household, moment: datetime) -> None:
        looks.append(moment)
        raise error

    monkeypatch.setattr(Household, "seal", fail)
    assert daemon.run(str(project), {}, now, RESTLESS) == code
    [line] = (store_of(project) / layout.DEBUG).read_text().splitlines()
    assert line.split(" ")[1:] == [code]
    assert len(looks) == 1


def test_trouble_in_a_real_process_is_quiet(project: Path, tmp_path: Path) -> None:
    """Exit 0, no traceback; whoever started it by hand reads the code."""
    shutil.rmtree(store_of(project) / layout.OUTBOX, ignore_errors=True)
    (store_of(project) / layout.OUTBOX).symlink_to(tmp_path)
    with process(project) as one:
        assert one.communicate(timeout=PATIENCE) == ("", "symlink\n")
        assert one.returncode == 0
    assert (store_of(project) / layout.DEBUG).read_text().endswith(" symlink\n")


def test_a_lock_that_cannot_be_had_is_trouble_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without locks."""

    def refuse(fd: int) -> bool:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(daemon, "try_lock", refuse)
    assert daemon.run(str(project), {}, now, RESTLESS) == "enolck"


def test_its_lock_names_it_and_is_never_inherited(project: Path) -> None:
    """By no program that it starts."""
    with open_store(str(project)) as store, daemon.only_one(store) as is_ours:
        assert is_ours
        assert running_in(str(store_of(project))) == os.getpid()
        with daemon.only_one(store) as is_second:
            assert not is_second
        seen = subprocess.run(
            ["ls", "-l", "/proc/self/fd"], capture_output=True, text=True, check=True, close_fds=False
        )
        assert layout.DAEMON_LOCK not in seen.stdout
    assert running_in(str(store_of(project))) is None
