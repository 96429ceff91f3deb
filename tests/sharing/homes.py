"""Sharing made ready for tests: a project whose person said yes, a store with sealed reports, a scripted server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from telemetry.consent.choice import say_yes
from telemetry.consent.edit import set_in_store
from telemetry.consent.facts import Gatherer
from telemetry.consent.state import open_state
from telemetry.contract import layout
from telemetry.contract.promises import REPORTS_A_WEEK
from telemetry.journal.store import open_store
from telemetry.sharing.allowance import Allowance
from telemetry.sharing.answer import Answer
from telemetry.sharing.household import Household, opened
from telemetry.sharing.reports import Reports
from telemetry.sharing.sealed import Sealed, text_of
from telemetry.sharing.sealing import hold_back_all
from telemetry.sharing.sending import Leave
from tests.people import PLENTY
from tests.sharing.lines import id_of, line_of, token_of
from tests.sharing.projects import project_in

NOW = datetime(2026, 11, 22, 10, tzinfo=timezone.utc)
KEY = bytes(range(32))
LONG_AGO = timedelta(days=60)


def now() -> datetime:
    """This instant."""
    return datetime.now(timezone.utc)


def consenting(
    folder: Path,
    endpoint: str | None = None,
    since: timedelta = LONG_AGO,
    name: str = "project",
    before: Callable[[Path], None] = lambda project: None,
) -> Path:
    """A project in which the person of this test said yes, so long ago. `before`: what happened in it until then."""
    project = project_in(folder, name)
    before(project)
    with open_store(str(project)) as store:
        store.key()
        hold_back_all(store, str(project.joinpath(*layout.STORE)), now() - since)
        if endpoint is not None:
            set_in_store(store, endpoint=endpoint)
        say_yes(store, os.path.realpath(project.joinpath(*layout.STORE)), endpoint, 24, now() - since)
    return project


@contextmanager
def household_in(project: Path, most: int = REPORTS_A_WEEK) -> Iterator[Household]:
    """The project's sharing, as the daemon and the commands have it. `most`: how many reports a week holds."""
    with open_store(str(project), create=False) as store:
        yield opened(Gatherer(str(project), {}), store, most)


@contextmanager
def reports_in(folder: Path, most: int = REPORTS_A_WEEK) -> Iterator[Reports]:
    """The reports of an empty store."""
    keep_key()
    with open_store(str(project_in(folder))) as store:
        yield Reports(store, KEY, Allowance(KEY, most))


def with_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on a week holds many reports, also for a daemon in this process."""
    monkeypatch.setattr(opened, "__defaults__", (PLENTY,))


def keep_key() -> None:
    """Give the person of this test a state folder with KEY in it."""
    state = open_state(create=True)
    assert state is not None
    with state:
        state.write("key", KEY)


def sealed(number: int, at: datetime = NOW - timedelta(days=2), data: bytes | None = None) -> Sealed:
    """A sealed report with valid bytes, of a feature that was worked on in the hour before."""
    first, last = text_of(at - timedelta(hours=1)), text_of(at)
    line = line_of(number) if data is None else data
    return Sealed(id_of(number), f"{number:032x}/0", first, last, True, text_of(at), token_of(number), line)


def waiting(reports: Reports, *numbers: int) -> None:
    """Put reports of these numbers into the outbox."""
    for number in numbers:
        reports.put(sealed(number))


def found(reports: Reports) -> dict[str, list[int]]:
    """The numbers of the reports in each state."""
    listed = {state: [int(name[24:36], 16) for name in reports.names(state)] for state in layout.STATES}
    return {state: numbers for state, numbers in listed.items() if numbers}


def open_gate() -> Leave:
    """A yes that is older than all reports."""
    return Leave(None, NOW - LONG_AGO)


class Server:
    """What answers without a socket: these answers, one a request, then the last again; keeps what it was sent."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = list(answers)
        self.batches: list[bytes] = []

    def __call__(self, lines: bytes, now: datetime) -> Answer:
        """One request."""
        self.batches.append(lines)
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


def accepting(*numbers: int) -> Answer:
    """The answer of a server that takes these."""
    return Answer(202, "ok", [{"id": id_of(one), "status": "accepted", "receipt": "r"} for one in numbers])
