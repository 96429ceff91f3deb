"""Purging one project: what is counted, and what is done where it cannot be done now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import pytest

from telemetry.consent.choice import say_yes
from telemetry.consent.receipt import read_receipt
from telemetry.consent.state import State, open_state
from telemetry.contract import layout
from telemetry.journal.store import open_store
from telemetry.sharing import purge as module
from telemetry.sharing.purge import look, purge
from telemetry.sharing.reports import Reports, sharing_lock
from telemetry.sharing.sealed import Sealed
from telemetry.sharing.takeback import pending_withdrawals
from tests.sharing.projects import project_in, ship

NOW = datetime(2026, 11, 22, 15, tzinfo=timezone.utc)
HERE, THERE = "https://reports.example.org", "https://other.example.org"


@pytest.fixture
def state() -> Iterator[State]:
    """The state folder of somebody."""
    opened = open_state(create=True)
    assert opened is not None
    with opened:
        opened.key(create=True)
        yield opened


@pytest.fixture
def project(tmp_path: Path, state: State) -> Path:
    """A project with a yes, and a report in every state."""
    project = project_in(tmp_path)
    ship(project, "ORDERS")
    with open_store(str(project)) as store:
        say_yes(store, path_of(project), HERE, 24, NOW)
        reports = Reports(store, state.key())
        for number, name in enumerate(reversed(layout.STATES)):
            reports.put(Sealed(f"id-{number}", "f", "t", "t", True, "t", str(number) * 64, b"{}"))
            if name in (layout.SENDING, layout.SENT):
                reports.under_way(reports.held(layout.OUTBOX), THERE if name == layout.SENT else HERE, NOW)
            mine = [one for one in reports.held(layout.OUTBOX, layout.SENDING) if one.id == f"id-{number}"]
            reports.move(mine, name, {f"id-{number}": {}})
    return project


def path_of(project: Path) -> str:
    """Where its store lies."""
    return str(project.joinpath(*layout.STORE))


def test_what_may_have_arrived_is_wanted_back_from_where_it_went(project: Path, state: State) -> None:
    """By the report's own file, where it was written before the request."""
    found = look(str(project), state)
    assert found.has_store and found.events > 0 and found.lost == 0
    assert sum(found.reports.values()) == 4
    places = {one.id: one.endpoint for one in found.wanted}
    assert set(places.values()) == {HERE, THERE}
    assert len(places) == found.reports[layout.SENDING] + found.reports[layout.SENT]


def test_looking_changes_nothing(project: Path, state: State) -> None:
    """It is what a person reads before they decide."""
    before = sorted((file, file.stat().st_mtime_ns) for file in project.rglob("*"))
    look(str(project), state)
    assert sorted((file, file.stat().st_mtime_ns) for file in project.rglob("*")) == before
    assert pending_withdrawals() == []


def test_without_the_key_no_report_is_taken_for_ours(project: Path, state: State) -> None:
    """Nobody can say how to take it back: that is counted."""
    assert look(str(project), None).wanted == []
    state.remove("key")
    found = look(str(project), state)
    assert found.wanted == []
    assert found.lost == found.reports[layout.SENDING] + found.reports[layout.SENT]


def test_where_another_is_busy_nothing_is_erased_and_nothing_can_leave(
    project: Path, state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The yes is a no already; the receipt stays for the next purge, which does the rest."""
    monkeypatch.setattr(module, "sharing_lock", partial(sharing_lock, patience=0.05))
    with open_store(str(project)) as store, sharing_lock(store):
        done = purge(str(project), state, NOW)
    assert done.problem is not None and "busy" in done.problem
    receipt = read_receipt(state, path_of(project))
    assert receipt is not None and receipt.choice == "no"
    noted = pending_withdrawals()
    assert purge(str(project), state, NOW).problem is None
    assert read_receipt(state, path_of(project)) is None
    assert sorted(pending_withdrawals()) == sorted(noted)
    assert not Path(path_of(project)).exists()


def test_a_project_that_is_gone_is_only_forgotten(project: Path, state: State) -> None:
    """Its store went with it, and what takes its reports back."""
    project.rename(project.parent / "moved")
    done = purge(str(project), state, NOW)
    assert (done.problem, done.left, done.found.has_store) == (None, [], False)
    assert read_receipt(state, path_of(project)) is None
    assert pending_withdrawals() == []
