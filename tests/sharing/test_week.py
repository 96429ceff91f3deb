"""Real processes, two projects of one person: in no week do more than ten of their reports arrive."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from telemetry.contract import layout
from telemetry.contract.faults import VARIABLE
from telemetry.contract.promises import REPORTS_A_WEEK
from tests.hostile.ground import ships
from tests.people import Person, person
from tests.sharing.behaviours import cut_after_reading, ok, status
from tests.sharing.homes import consenting, household_in, now, sealed
from tests.sharing.projects import project_in, ship
from tests.sharing.receiver import Receiver, receiving

PATIENCE = 60.0
WEEK = 7 * 24 + 3  # hours; a place is held for a little more than a week
DAYS_AGO = timedelta(days=2)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server."""
    with receiving() as open_one:
        yield open_one
        assert open_one.ledger.violations == []


class Worker:
    """Somebody who works in two projects, and shares from both."""

    def __init__(self, place: Path, receiver: Receiver) -> None:
        self.owner, self.receiver = person(place), receiver
        self.projects = [project_in(place, name) for name in ("one", "two")]
        for project in self.projects:
            done = self.owner.run("telemetry", "--enable", "--yes", "--endpoint", receiver.url, project=project)
            assert done.returncode == 0, done.stderr

    def finishes(self, counts: tuple[int, int], at: Person, name: str) -> None:
        """Features in each of the projects."""
        for project, count in zip(self.projects, counts, strict=True):
            for number in range(count):
                ships(at, project, f"{name}_{number}")

    def sends(self, at: Person) -> None:
        """`--send-now` in both projects at once."""
        started = [at.starts("telemetry", "--send-now", project=project) for project in self.projects]
        for process in started:
            _, said = process.communicate(timeout=PATIENCE)
            assert process.returncode in (0, 1) and "Traceback" not in said, said

    def files(self, state: str) -> int:
        """How many reports are in a state, in both."""
        return sum(len(list(project.joinpath(*layout.STORE, state).glob("*.report"))) for project in self.projects)

    @property
    def received(self) -> int:
        """How many reports the server counts."""
        return len(self.receiver.ledger.counted)


@pytest.fixture
def worker(tmp_path: Path, receiver: Receiver) -> Worker:
    """One who said yes in both."""
    return Worker(tmp_path, receiver)


def test_of_25_features_of_a_week_ten_arrive_and_the_next_a_week_later(worker: Worker) -> None:
    """The others found the week full, and never leave; what is finished in the next week does."""
    worker.finishes((13, 12), worker.owner, "FIRST")
    worker.sends(worker.owner)
    assert worker.received == REPORTS_A_WEEK
    worker.sends(worker.owner.later(24))
    worker.sends(worker.owner.later(6 * 24))
    assert worker.received == REPORTS_A_WEEK

    later = worker.owner.later(WEEK)
    worker.sends(later)
    assert worker.received == REPORTS_A_WEEK
    worker.finishes((3, 3), later, "NEXT")
    worker.sends(later)
    assert worker.received == REPORTS_A_WEEK + 6
    assert worker.files(layout.OUTBOX) == worker.files(layout.SENDING) == 0


def test_what_waited_for_weeks_offline_does_not_arrive_in_one(worker: Worker) -> None:
    """Ten of each week were sealed; when the server can be reached again, they arrive ten a week."""
    worker.receiver.script(always=status(503))
    weeks = [worker.owner.later(number * WEEK) for number in range(5)]
    for number in range(3):
        worker.finishes((6, 4), weeks[number], f"WEEK_{number}")
        worker.sends(weeks[number])
    assert worker.files(layout.OUTBOX) + worker.files(layout.SENDING) == 3 * REPORTS_A_WEEK
    worker.receiver.script(always=cut_after_reading)  # counted, and the answer is lost
    worker.sends(weeks[2])
    worker.receiver.script(always=ok)
    for _ in range(2):
        worker.sends(weeks[2])
        assert worker.received == REPORTS_A_WEEK
    for number in (3, 4):
        worker.sends(weeks[number])
        assert worker.received == (number - 1) * REPORTS_A_WEEK
    assert worker.files(layout.SENT) == 3 * REPORTS_A_WEEK


def test_two_daemons_at_once_let_ten_leave(worker: Worker) -> None:
    """As sessions start them: with the real bound, which nothing that they are given can raise."""
    worker.finishes((9, 9), worker.owner, "FEATURE")
    later, environ = worker.owner.later(25), {"REPORTS_A_WEEK": "99", "AGENTSPEC_TELEMETRY_REPORTS_A_WEEK": "99"}
    for project in worker.projects:
        assert worker.owner.run("telemetry", "--preview", project=project).returncode == 0
    daemons = [later.starts("daemon", project=project, **environ) for project in worker.projects]
    end = time.monotonic() + PATIENCE
    while worker.files(layout.SENT) < REPORTS_A_WEEK and time.monotonic() < end:
        time.sleep(0.1)
    time.sleep(1)
    for daemon in daemons:
        daemon.terminate()
        daemon.communicate(timeout=PATIENCE)
    assert worker.received == worker.files(layout.SENT) == REPORTS_A_WEEK


CUTS = (
    "places_opened", "places_drafted", "places_renamed", "places_written", "places_taken", "sending_noted",
    "sending_moved#7", "sending_synced", "send_begun", "send_answered", "sent_moved#3", "sent_synced",
)  # fmt: skip


def test_a_kill_between_the_place_and_the_request_lets_no_more_leave(tmp_path: Path, receiver: Receiver) -> None:
    """Killed at one boundary after another, in two projects in turn; in the end it is ten, and none was wasted."""
    projects = [consenting(tmp_path, receiver.url, name=name) for name in ("one", "two")]
    for start, project in enumerate(projects):
        with household_in(project) as household:
            for number in range(8):
                household.reports.put(sealed(1 + 8 * start + number, at=now() - DAYS_AGO))
    for number, cut in enumerate((*CUTS, *CUTS)):
        assert _sends(projects[number % 2], cut) in (-9, 0, 1), cut
    for project in projects:
        _sends(project)
    assert len(receiver.ledger.counted) == REPORTS_A_WEEK


def test_a_kill_before_a_feature_is_sealed_wastes_one_place_at_most(tmp_path: Path, receiver: Receiver) -> None:
    """It is sealed by the next who looks, in another place."""
    project = consenting(tmp_path, receiver.url)
    for number in range(REPORTS_A_WEEK):
        ship(project, f"FEATURE_{number}")
    assert _sends(project, "places_taken#4") == -9
    _sends(project)
    assert len(receiver.ledger.counted) == REPORTS_A_WEEK - 1


def _sends(project: Path, cut: str = "") -> int:
    """`--send-now` in a process of its own, killed at a boundary; how it ended."""
    command = [sys.executable, "-m", "telemetry.cli.main", "telemetry", "--send-now", "--project", str(project)]
    environ = {**os.environ, VARIABLE: cut}
    return subprocess.run(command, env=environ, capture_output=True, check=False, timeout=PATIENCE).returncode
