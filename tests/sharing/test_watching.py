"""The watcher wakes the daemon for what may be work, and for nothing else; where it cannot, it asks again and again."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from watchdog.events import FileSystemEvent
from watchdog.observers import Observer
from watchdog.observers.polling import PollingObserver

from telemetry.contract import layout
from telemetry.journal.notes import note
from telemetry.journal.store import open_store
from telemetry.sharing import watching
from telemetry.sharing.patience import write_retry
from telemetry.sharing.reports import Reports, sharing_lock
from telemetry.sharing.watching import Watcher
from tests.sharing.homes import KEY, sealed
from tests.sharing.projects import project_in, ship

PATIENCE = 60.0


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with all its folders, a config.yaml and a report that waits."""
    project = project_in(tmp_path)
    with open_store(str(project)) as opened:
        opened.key()
        os.close(opened.folder(layout.EVENTS))
        Reports(opened, KEY).put(sealed(1))
        note(opened, "2026-11-22", "code")
    return project.joinpath(*layout.STORE)


@pytest.fixture
def woken(store: Path) -> Iterator[threading.Event]:
    """What the watcher sets."""
    event = threading.Event()
    watcher = Watcher(str(store), event)
    yield event
    watcher.stop()


def _move(store: Path, source: str, target: str) -> None:
    (store / source).rename(store / target)


WORK: dict[str, Callable[[Path], object]] = {
    "an event": lambda store: ship(store.parents[1], "ORDERS", ("define",)),
    "a report more": lambda store: (store / "outbox/new.report").write_text(""),
    "a report that was moved here": lambda store: _move(store, "config.yaml", "outbox/moved.report"),
    "a report that was deleted": lambda store: (store / "outbox" / sealed(1).name).unlink(),
    "a switch": lambda store: (store / "config.yaml").write_text("sharing: off\n"),
    "a switch that an editor replaced": lambda store: _move(store, "debug.log", "config.yaml"),
    "no switch": lambda store: (store / "config.yaml").unlink(),
    "the end of the outbox": lambda store: _move(store, "outbox", "elsewhere"),
}


@pytest.mark.parametrize("what", WORK)
def test_work_wakes(store: Path, woken: threading.Event, what: str) -> None:
    """Without being asked."""
    WORK[what](store)
    assert woken.wait(PATIENCE)


def test_looking_wakes_nobody(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the daemon's own looks would wake it for ever: its reading, its locks, its notes."""
    told: list[str] = []
    is_over = threading.Event()

    def noting(handler: watching._Handler, event: FileSystemEvent) -> None:
        handler._woken.clear()
        on_any_event(handler, event)
        if handler._woken.is_set():
            told.append(Path(os.fsdecode(event.src_path)).name)
            is_over.set()

    on_any_event = watching._Handler.on_any_event
    monkeypatch.setattr(watching._Handler, "on_any_event", noting)
    watcher = Watcher(str(store), threading.Event())
    with open_store(str(store.parents[1])) as opened:
        with sharing_lock(opened):
            Reports(opened, KEY).held(*layout.STATES)
        opened.read(layout.CONFIG, 100)
        for path in (store / layout.EVENTS).iterdir():
            path.read_bytes()
        note(opened, "2026-11-22", "code")
        write_retry(opened, None)
    (store / layout.CONFIG).write_text("sharing: off\n")  # comes after all that
    assert is_over.wait(PATIENCE)
    watcher.stop()
    assert set(told) == {layout.CONFIG}


def test_lost_changes_wake(woken: threading.Event) -> None:
    """Watchdog only says so in its log; whatever module of it says so."""
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed; filesystem events were lost")
    assert woken.is_set()


def test_nothing_is_heard_after_the_end(store: Path) -> None:
    """And no thread is left."""
    before = threading.active_count()
    event = threading.Event()
    watcher = Watcher(str(store), event)
    watcher.stop()
    logging.getLogger("watchdog.x").warning("late")
    assert not event.is_set()
    assert threading.active_count() == before


class NoMore(Observer):  # type: ignore[misc, valid-type]
    """A system that has no more watches to give: it says so only when it is asked to begin."""

    def start(self) -> None:
        """No."""
        raise OSError(28, "inotify watch limit reached")


def test_a_system_that_cannot_tell_is_asked_again_and_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No inotify, or no more watches: changes are still seen."""
    monkeypatch.setattr(watching, "Observer", NoMore)
    monkeypatch.setattr(watching, "POLL_SECONDS", 0.05)
    event = threading.Event()
    watcher = Watcher(str(store), event)
    try:
        assert watcher.polls
        (store / "outbox/new.report").write_text("")
        assert event.wait(PATIENCE)
    finally:
        watcher.stop()


def test_where_nothing_can_be_watched_there_is_no_watcher(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is an OSError, for the daemon to live with."""

    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(watching, "Observer", NoMore)
    monkeypatch.setattr(PollingObserver, "start", refuse)
    with pytest.raises(OSError, match="nothing can be watched"):
        Watcher(str(store), threading.Event())


def test_a_folder_that_is_missing_is_no_trouble(store: Path) -> None:
    """The store itself is watched; who makes the folder wakes the daemon."""
    (store / layout.EVENTS).rmdir()
    event = threading.Event()
    watcher = Watcher(str(store), event)
    try:
        (store / layout.EVENTS).mkdir()
        assert event.wait(PATIENCE)
    finally:
        watcher.stop()
